import { afterEach, describe, expect, test } from "bun:test";
import { openStore } from "../index.ts";
import { NO_POSTGRES, ownServer } from "../test-support/postgres.ts";

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

if (NO_POSTGRES !== null) console.log(`skipped: a database that may not be changed — ${NO_POSTGRES}`);
describe.skipIf(NO_POSTGRES !== null)("with ENABLE_DB_INIT=false", () => {
  test("tables are not made: what is lacking is said with the mend; where they are there, it is a store like any other", async () => {
    const server = await ownServer();
    cleanups.push(() => server.dispose());
    const address = { kind: "postgres", url: server.url } as const;
    await expect(openStore({ ...address, init: false }, "synthetic")).rejects.toMatchObject({
      code: "store_not_initialised",
      hint: expect.stringContaining("tapebell migrate"),
    });
    await (await openStore(address, "synthetic")).close();
    const store = await openStore({ ...address, init: false }, "synthetic");
    expect((await store.readAlerts({ limit: 1 })).items).toEqual([]);
    expect((await store.health()).ok).toBe(true);
    await store.close();
    // The other world's tables are still lacking.
    await expect(openStore({ ...address, init: false }, "live")).rejects.toMatchObject({
      code: "store_not_initialised",
    });
  }, 120_000);
});
