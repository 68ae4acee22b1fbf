import { findPostgres, type PostgresServer, startPostgres } from "./postgres-server.ts";
import type { Service, ServiceContext, ServiceReady } from "./service.ts";

let server: PostgresServer | null = null;

/** A real PostgreSQL: the one named by TEST_POSTGRES_URL, else a throw-away one of this run. */
export const postgres: Service = {
  name: "postgres",
  async ensure(context: ServiceContext): Promise<ServiceReady> {
    const named = process.env.TEST_POSTGRES_URL;
    if (named !== undefined && named !== "") return { ok: true, env: { TEST_POSTGRES_URL: named } };
    let bin = findPostgres();
    if (bin === null && context.provision) {
      context.say("installing postgresql");
      await context.aptInstall(["postgresql"]);
      bin = findPostgres();
    }
    if (bin === null)
      return {
        ok: false,
        reason: "no PostgreSQL server was found",
        howToGet:
          "install it (Debian: apt-get install postgresql; macOS: brew install postgresql) or set TEST_POSTGRES_URL",
      };
    server ??= await startPostgres(bin, { tempDir: context.tempDir });
    return { ok: true, env: { TEST_POSTGRES_URL: server.url } };
  },
  async stop() {
    const running = server;
    server = null;
    await running?.remove();
  },
};
