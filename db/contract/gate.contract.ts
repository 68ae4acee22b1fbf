import { expect, test } from "bun:test";
import { bar, refusal, T0 } from "../test-support/samples.ts";
import type { StoreWorld } from "../test-support/world.ts";

/** Rows and positions: both or neither, once. */
export function gateContract(world: StoreWorld): void {
  test("a batch sent again changes nothing and says so", async () => {
    world.fresh();
    const rows = [bar({ symbol: "TWICE" }), bar({ symbol: "TWICE", start_ts_ms: T0 + 60_000 })];
    expect(await world.store.writeBars(world.source(7), rows)).toEqual({ applied: true, written: 2, refused: 0 });
    const worse = [bar({ symbol: "TWICE", revision: 9, close: 5 })];
    expect(await world.store.writeBars(world.source(7), worse)).toEqual({ applied: false, written: 0, refused: 1 });
    expect(await world.store.writeBars(world.source(3), worse)).toEqual({ applied: false, written: 0, refused: 1 });
    expect(await world.barsOf("TWICE")).toEqual(rows);
    expect(await world.positions()).toEqual([7]);
  });

  test("a batch sent twice at once is applied once", async () => {
    world.fresh();
    const results = await Promise.all(
      [1, 2, 3, 4].map(() => world.store.writeBars(world.source(5), [bar({ symbol: "ATONCE" })])),
    );
    expect(results.filter((result) => result.applied)).toHaveLength(1);
  });

  test("rows and position move together: a row the store refuses moves neither", async () => {
    world.fresh();
    await world.store.writeBars(world.source(1), []);
    const broken = bar({ symbol: "BROKEN", start_ts_ms: 1.5 });
    expect(await refusal(world.store.writeBars(world.source(2), [bar({ symbol: "WHOLE" }), broken]))).toBe(
      "store_bad_row",
    );
    const nulled = { ...bar({ symbol: "BROKEN" }), open: null as unknown as number };
    expect(await refusal(world.store.writeBars(world.source(2), [bar({ symbol: "WHOLE" }), nulled]))).toBe(
      "store_rejected",
    );
    expect(await world.barsOf("WHOLE")).toEqual([]);
    expect(await world.positions()).toEqual([1]);
  });

  test("an empty batch moves the position", async () => {
    world.fresh();
    expect(await world.store.writeAlerts(world.source(4), [])).toEqual({ applied: true, written: 0, refused: 0 });
    expect(await world.positions()).toEqual([4]);
  });

  test("positions of readers, logs, topics and partitions do not see each other", async () => {
    world.fresh();
    await world.store.writeBars(world.source(10), []);
    for (const change of [{ log_id: "log-2" }, { topic: "tape.alerts" }, { partition: 3 }])
      expect((await world.store.writeBars(world.source(2, change), [])).applied).toBe(true);
    expect((await world.positions()).sort((a, b) => a - b)).toEqual([2, 2, 2, 10]);
    expect(await world.store.readOffsets("nobody")).toEqual([]);
  });

  test("a reader ahead of the store is refused before it makes a hole", async () => {
    world.fresh();
    expect(await refusal(world.store.writeBars(world.source(9, { from: 5 }), [bar({ symbol: "HOLE" })]))).toBe(
      "store_behind",
    );
    await world.store.writeBars(world.source(3, { from: 0 }), []);
    expect(await refusal(world.store.writeBars(world.source(9, { from: 5 }), [bar({ symbol: "HOLE" })]))).toBe(
      "store_behind",
    );
    expect(await world.barsOf("HOLE")).toEqual([]);
    expect(await world.positions()).toEqual([3]);
    expect((await world.store.writeBars(world.source(9, { from: 3 }), [bar({ symbol: "HOLE" })])).applied).toBe(true);
    // Behind the store it is only late, not wrong.
    expect((await world.store.writeBars(world.source(8, { from: 4 }), [])).applied).toBe(false);
  });

  test("a batch larger than one statement arrives whole, once", async () => {
    world.fresh();
    const rows = Array.from({ length: 1_234 }, (_, i) => bar({ symbol: "LARGE", start_ts_ms: T0 + i * 60_000 }));
    const large = world.source(1_234, { from: 0 });
    expect(await world.store.writeBars(large, rows)).toEqual({ applied: true, written: 1_234, refused: 0 });
    expect(await world.store.writeBars(large, rows)).toEqual({ applied: false, written: 0, refused: 1_234 });
    expect(await world.barsOf("LARGE")).toHaveLength(1_000);
  });

  test("readers do not keep a writer from its turn, and both come through", async () => {
    world.fresh();
    const reads = Array.from({ length: 12 }, () =>
      world.store.readBars({ symbol: "LARGE", interval: "1m", limit: 1_000 }),
    );
    const writes = Array.from({ length: 20 }, (_, i) =>
      world.store.writeBars(world.source(i + 1), [bar({ symbol: "MIXED", start_ts_ms: T0 + i * 60_000 })]),
    );
    const [pages] = await Promise.all([Promise.all(reads), Promise.all(writes)]);
    expect(pages.every((page) => page.items.length === 1_000)).toBe(true);
    expect(await world.positions()).toEqual([20]);
  });

  test("health says that all is well", async () => {
    expect(await world.store.health()).toMatchObject({ ok: true, problem: null, waiting: 0 });
  });
}
