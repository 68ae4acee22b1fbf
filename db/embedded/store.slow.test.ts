import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { embeddedIn, openStore, startEmbedded } from "../index.ts";
import { storeContract } from "../store.contract.ts";
import { lendStore } from "../test-support/made-store.ts";

storeContract("embedded", async () => {
  const dir = mkdtempSync(join(tmpdir(), "tapebell-store-"));
  lendStore(embeddedIn(dir).folder);
  const database = await startEmbedded({ ...embeddedIn(dir), backup_every_ms: 0 });
  return {
    store: await openStore({ kind: "embedded", port: database.port() }, "live"),
    async remove() {
      await database.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
});
