import { afterAll, beforeAll, describe } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectEmbedded } from "../../db/embedded/connect.ts";
import { type EmbeddedDatabase, embeddedIn, openDatabaseCheckpoints, startEmbedded } from "../../db/index.ts";
import { lendStore } from "../../db/test-support/made-store.ts";
import { NO_POSTGRES, ownServer, sideConnection, throwawayDatabase } from "../../db/test-support/postgres.ts";
import { checkpointsContract } from "./checkpoints.contract.ts";

const DAMAGE = `UPDATE checkpoints SET body = left(body, -7)
  WHERE key = $1 AND seq = (SELECT max(seq) FROM checkpoints WHERE key = $1)`;

describe("embedded", () => {
  const dir = mkdtempSync(join(tmpdir(), "tapebell-ckpt-"));
  let database: EmbeddedDatabase;
  beforeAll(async () => {
    lendStore(embeddedIn(dir).folder);
    database = await startEmbedded({ ...embeddedIn(dir), backup_every_ms: 0 });
  }, 60_000);
  afterAll(async () => {
    await database.close();
    rmSync(dir, { recursive: true, force: true });
  }, 20_000);

  checkpointsContract("embedded database", async () => {
    const side = connectEmbedded(database.port());
    return {
      open: () => openDatabaseCheckpoints({ kind: "embedded", port: database.port() }, "live"),
      damageNewest: async (key) => void (await side.write(DAMAGE, [key])),
      async remove() {
        await side.write("DELETE FROM checkpoints", []);
        await side.close();
      },
    };
  });
});

const named = process.env.TEST_POSTGRES_URL ?? "";

describe.skipIf(named === "" && NO_POSTGRES !== null)(NO_POSTGRES ?? "a real server", () => {
  let server: Awaited<ReturnType<typeof ownServer>> | null = null;
  beforeAll(async () => {
    if (named === "") server = await ownServer();
  }, 60_000);
  afterAll(async () => {
    await server?.dispose();
  }, 20_000);

  checkpointsContract("postgres", async () => {
    const { url, drop } = await throwawayDatabase(server?.url ?? named);
    const side = sideConnection(url);
    return {
      open: () => openDatabaseCheckpoints({ kind: "postgres", url }, "live"),
      damageNewest: async (key) => void (await side.unsafe(DAMAGE, [key])),
      async remove() {
        await side.end({ timeout: 2 });
        await drop();
      },
    };
  });
});
