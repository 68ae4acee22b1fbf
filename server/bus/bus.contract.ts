import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { BusWorld, Shared } from "./test-support/contract-case.ts";
import { followCases } from "./test-support/contract-follow.ts";
import { keepCases } from "./test-support/contract-keep.ts";
import { logCases } from "./test-support/contract-log.ts";
import { workCases } from "./test-support/contract-work.ts";

/** What every adapter of the bus port must do. A known gap is named with its reason, and fails once it is closed. */
export function busContract(
  adapter: string,
  makeWorld: () => Promise<BusWorld>,
  knownGaps: Readonly<Record<string, string>> = {},
): void {
  describe(`bus contract: ${adapter}`, () => {
    const shared = {} as Shared;
    const named = new Set<string>();
    const it = (name: string, run: () => Promise<void>) => {
      named.add(name);
      const gap = knownGaps[name];
      if (gap === undefined) test(name, run);
      else test.failing(`${name} (known gap: ${gap})`, run);
    };

    beforeEach(async () => {
      shared.world = await makeWorld();
      shared.bus = await shared.world.open();
    });
    afterEach(() => shared.world.dispose());

    for (const cases of [logCases, followCases, keepCases, workCases]) cases(it, shared);

    test("known gaps name cases that exist", () => {
      expect(Object.keys(knownGaps).filter((name) => !named.has(name))).toEqual([]);
    });
  });
}
