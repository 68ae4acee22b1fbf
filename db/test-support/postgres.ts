import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import {
  findPostgres,
  type PostgresServer,
  type PostgresServerOptions,
  startPostgres,
} from "../../scripts/services/postgres-server.ts";

const bin = findPostgres();
/** Why tests over a real server are skipped here, or null. */
export const NO_POSTGRES = bin === null ? "no PostgreSQL server was found (Debian: apt-get install postgresql)" : null;

/** A server of the test's own: it may be stopped, crashed and filled. */
export async function ownServer(
  options: Omit<PostgresServerOptions, "tempDir"> = {},
): Promise<PostgresServer & { dispose(): Promise<void> }> {
  const tempDir = mkdtempSync(join(tmpdir(), "tapebell-pg-"));
  const server = await startPostgres(bin ?? "", { ...options, tempDir });
  return {
    ...server,
    async dispose() {
      await server.remove();
      rmSync(tempDir, { recursive: true, force: true });
    },
  };
}

/** One connection beside the store's, for looking and for harm. */
export function sideConnection(url: string): postgres.Sql {
  return postgres(url, { max: 1, onnotice: () => undefined, connection: { application_name: "side" } });
}

/** A database of the test's own on a server that others use too. */
export async function throwawayDatabase(url: string): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `tapebell_test_${crypto.randomUUID().replaceAll("-", "").slice(0, 12)}`;
  const run = async (text: string): Promise<void> => {
    const side = sideConnection(url);
    await side.unsafe(text).finally(() => side.end({ timeout: 2 }));
  };
  await run(`CREATE DATABASE ${name}`);
  const own = new URL(url);
  own.pathname = `/${name}`;
  return { url: own.href, drop: () => run(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}
