import { describe } from "bun:test";
import { openStore } from "../index.ts";
import { storeContract } from "../store.contract.ts";
import { NO_POSTGRES, ownServer, throwawayDatabase } from "../test-support/postgres.ts";

const named = process.env.TEST_POSTGRES_URL ?? "";

describe.skipIf(named === "" && NO_POSTGRES !== null)(NO_POSTGRES ?? "over a real server", () => {
  storeContract("postgres", async () => {
    const server = named === "" ? await ownServer() : null;
    const database = await throwawayDatabase(server?.url ?? named);
    return {
      store: await openStore({ kind: "postgres", url: database.url }, "live"),
      async remove() {
        await database.drop();
        await server?.dispose();
      },
    };
  });
});
