import { describe, expect, test } from "bun:test";
import type { Checkpoint, Checkpoints } from "../../core/ports/checkpoints.ts";

export interface CheckpointsUnderTest {
  /** Opens the same storage again, as after a restart. */
  open(): Promise<Checkpoints>;
  /** Damages what was saved last under the key, as a torn write would. */
  damageNewest(key: string): Promise<void>;
  remove(): Promise<void>;
}

const checkpoint = (position: number, state: unknown = { open: { BTCUSDT: [1, 2.5, null] } }): Checkpoint => ({
  log_id: "log-1",
  position,
  code_version: "7",
  settings_hash: "abc",
  saved_ms: 1_700_000_000_000 + position,
  state,
});

/** What every adapter of `Checkpoints` must do. */
export function checkpointsContract(name: string, make: () => Promise<CheckpointsUnderTest>): void {
  describe(`Checkpoints: ${name}`, () => {
    const withStorage = async (run: (storage: CheckpointsUnderTest) => Promise<void>): Promise<void> => {
      const storage = await make();
      try {
        await run(storage);
      } finally {
        await storage.remove();
      }
    };

    test("nothing saved: nothing found, no problem", () =>
      withStorage(async (storage) => {
        const store = await storage.open();
        expect(await store.load("aggregate-0")).toEqual({ found: [], problems: [] });
        await store.close();
      }));

    test("keeps the last two, newest first, across a restart", () =>
      withStorage(async (storage) => {
        const store = await storage.open();
        for (const position of [10, 20, 30]) await store.save("aggregate-0", checkpoint(position));
        await store.close();
        const again = await storage.open();
        const { found, problems } = await again.load("aggregate-0");
        expect(found).toEqual([checkpoint(30), checkpoint(20)]);
        expect(problems).toEqual([]);
        await again.save("aggregate-0", checkpoint(40));
        expect((await again.load("aggregate-0")).found.map((c) => c.position)).toEqual([40, 30]);
        await again.close();
      }));

    test("keys do not see each other, even when one begins like another", () =>
      withStorage(async (storage) => {
        const store = await storage.open();
        await store.save("aggregate-1", checkpoint(1));
        await store.save("aggregate-11", checkpoint(11));
        expect((await store.load("aggregate-1")).found.map((c) => c.position)).toEqual([1]);
        expect((await store.load("aggregate-11")).found.map((c) => c.position)).toEqual([11]);
        await store.close();
      }));

    test("saves the state as it was at the call, whatever happens to it afterwards", () =>
      withStorage(async (storage) => {
        const store = await storage.open();
        const state = { count: 1 };
        const saved = store.save("aggregate-0", checkpoint(5, state));
        state.count = 2;
        await saved;
        expect((await store.load("aggregate-0")).found[0]?.state).toEqual({ count: 1 });
        await store.close();
      }));

    test("saves of one key made at once end in the order they were made", () =>
      withStorage(async (storage) => {
        const store = await storage.open();
        await Promise.all([1, 2, 3, 4, 5].map((position) => store.save("aggregate-0", checkpoint(position))));
        expect((await store.load("aggregate-0")).found.map((c) => c.position)).toEqual([5, 4]);
        await store.close();
      }));

    test("a damaged newest one is named and the one before it is found", () =>
      withStorage(async (storage) => {
        const store = await storage.open();
        await store.save("aggregate-0", checkpoint(10));
        await store.save("aggregate-0", checkpoint(20));
        await storage.damageNewest("aggregate-0");
        const { found, problems } = await store.load("aggregate-0");
        expect(found.map((c) => c.position)).toEqual([10]);
        expect(problems).toHaveLength(1);
        await store.close();
      }));

    test("numbers keep every digit and a large state comes back whole", () =>
      withStorage(async (storage) => {
        const store = await storage.open();
        const state = { values: Array.from({ length: 20_000 }, (_, i) => i * 0.1 + 1e-9), tiny: Number.MIN_VALUE };
        await store.save("aggregate-0", checkpoint(1, state));
        expect((await store.load("aggregate-0")).found[0]?.state).toEqual(state);
        await store.close();
      }));
  });
}
