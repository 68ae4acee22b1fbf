import { afterAll, beforeAll, describe } from "bun:test";
import type { Store } from "../core/ports/store.ts";
import { barsContract } from "./contract/bars.contract.ts";
import { forgetContract } from "./contract/forget.contract.ts";
import { gateContract } from "./contract/gate.contract.ts";
import { recordsContract } from "./contract/records.contract.ts";
import { StoreWorld } from "./test-support/world.ts";

/** What every store must do, whichever engine holds it. Each test uses names of its own in one shared database. */
export function storeContract(
  name: string,
  make: () => Promise<{ store: Store; remove(): Promise<void> }>,
  timeout_ms = 60_000,
): void {
  describe(`Store: ${name}`, () => {
    const world = new StoreWorld();
    let remove: () => Promise<void>;
    beforeAll(async () => {
      const made = await make();
      world.store = made.store;
      remove = made.remove;
    }, timeout_ms);
    afterAll(async () => {
      await world.store.close();
      await remove();
    }, timeout_ms);

    gateContract(world);
    barsContract(world);
    recordsContract(world);
    forgetContract(world);
  });
}
