import { expect, test } from "bun:test";
import { type Bar, barId } from "../../core/messages/index.ts";
import { bar, T0 } from "../test-support/samples.ts";
import type { StoreWorld } from "../test-support/world.ts";

/** Which bar stays, and how bars are read. */
export function barsContract(world: StoreWorld): void {
  test("a bar comes back with every digit and field", async () => {
    world.fresh();
    const plain = bar({ symbol: "DIGITS", origin: "live" });
    expect(await world.store.writeBars(world.source(1), [plain])).toEqual({ applied: true, written: 1, refused: 0 });
    expect(await world.barsOf("DIGITS")).toEqual([plain]);
    const { last_ts_ms: _last, ingest_ts_ms: _ingest, origin: _origin, ...bare } = bar({ symbol: "BARE" });
    await world.store.writeBars(world.source(2), [bare]);
    expect(await world.barsOf("BARE")).toEqual([{ ...bare, origin: "live" }]);
  });

  test("a bar has the id that its symbol, start and interval make", async () => {
    const ids = ["1s", "1m", "90m"].map((interval) => barId("IDS", T0, interval));
    const rows = ["1s", "1m", "90m"].map((interval, i) => bar({ symbol: "IDS", interval, bar_id: ids[i]! }));
    await world.store.writeBars(null, rows);
    const read = async (interval: string) =>
      (await world.store.readBars({ symbol: "IDS", interval, limit: 5 })).items.map((item) => item.bar_id);
    expect((await Promise.all(["1s", "1m", "90m"].map(read))).flat()).toEqual(ids);
  });

  test("columns that say the same in every row, and those that say nothing, come back as they were", async () => {
    const rows = [0, 1, 2].map((i) => {
      const { last_ts_ms: _last, ...row } = bar({ symbol: "SAME", start_ts_ms: T0 + i * 60_000, provider: 'a "b"' });
      return i === 1 ? { ...row, last_ts_ms: T0 } : row;
    });
    await world.store.writeBars(null, rows);
    expect(await world.barsOf("SAME")).toEqual(rows);
  });

  test("the better bar stays: more trades, then the higher revision", async () => {
    const write = async (change: Partial<Bar>): Promise<number[]> => {
      await world.store.writeBars(null, [bar({ symbol: "BETTER", ...change })]);
      const [stored] = await world.barsOf("BETTER");
      return [stored?.trade_count ?? -1, stored?.revision ?? -1];
    };
    expect(await write({ trade_count: 10, revision: 0 })).toEqual([10, 0]);
    expect(await write({ trade_count: 11, revision: 1 })).toEqual([11, 1]);
    expect(await write({ trade_count: 11, revision: 0 })).toEqual([11, 1]);
    // A cold start that saw less, under any revision.
    expect(await write({ trade_count: 4, revision: 0 })).toEqual([11, 1]);
    expect(await write({ trade_count: 5, revision: 7 })).toEqual([11, 1]);
    // A cold start that saw all, then a late trade.
    expect(await write({ trade_count: 12, revision: 1 })).toEqual([12, 1]);
    expect(await write({ trade_count: 12, revision: 2, partial: true })).toEqual([12, 2]);
  });

  test("of one bar twice in a batch the better one is stored, in either order", async () => {
    const [worse, better] = [bar({ symbol: "ORDER" }), bar({ symbol: "ORDER", revision: 1, close: 7 })];
    expect(await world.store.writeBars(null, [better, worse])).toEqual({ applied: true, written: 1, refused: 1 });
    const other = { symbol: "ORDER", start_ts_ms: T0 + 60_000 };
    await world.store.writeBars(null, [bar(other), bar({ ...other, revision: 1, close: 7 })]);
    expect((await world.barsOf("ORDER")).map((stored) => stored.close)).toEqual([better.close, 7]);
    expect(worse.close).not.toBe(7);
  });

  test("forming bars are not stored", async () => {
    world.fresh();
    const result = await world.store.writeBars(world.source(1), [bar({ symbol: "FORMING", final: false })]);
    expect(result).toEqual({ applied: true, written: 0, refused: 1 });
    expect(await world.barsOf("FORMING")).toEqual([]);
  });

  test("bars are read by range, in pages, ascending; without a range the newest", async () => {
    const starts = Array.from({ length: 10 }, (_, i) => T0 + i * 60_000);
    await world.store.writeBars(
      null,
      starts.map((start_ts_ms) => bar({ symbol: "RANGE", start_ts_ms })),
    );
    await world.store.writeBars(null, [bar({ symbol: "RANGE", interval: "5m" }), bar({ symbol: "RANGES" })]);
    const read = async (range: { from_ms?: number; to_ms?: number; limit: number }) => {
      const page = await world.store.readBars({ symbol: "RANGE", interval: "1m", ...range });
      return [page.items.map((item) => (item.start_ts_ms - T0) / 60_000), page.next_from_ms];
    };
    expect(await read({ limit: 3 })).toEqual([[7, 8, 9], null]);
    expect(await read({ limit: 3, to_ms: starts[5]! })).toEqual([[2, 3, 4], null]);
    expect(await read({ limit: 3, from_ms: starts[2]! })).toEqual([[2, 3, 4], starts[5]!]);
    expect(await read({ limit: 3, from_ms: starts[2]! + 1, to_ms: starts[6]! })).toEqual([[3, 4, 5], null]);
    expect(await read({ limit: 3, from_ms: T0 + 1e9 })).toEqual([[], null]);
  });

  test("of an own and a venue's bar of one minute the fuller is read, the own when both are as full", async () => {
    const minute = (origin: Bar["origin"], trade_count: number, at: number) =>
      bar({ symbol: "ORIGINS", origin, trade_count, start_ts_ms: T0 + at * 60_000 });
    await world.store.writeBars(null, [
      minute("live", 5, 0),
      minute("venue", 9, 0),
      minute("live", 9, 1),
      minute("venue", 9, 1),
      minute("replay", 99, 1),
    ]);
    expect((await world.barsOf("ORIGINS")).map((item) => item.origin)).toEqual(["venue", "live"]);
    const replayed = await world.store.readBars({ symbol: "ORIGINS", interval: "1m", limit: 5, origin: "replay" });
    expect(replayed.items.map((item) => item.trade_count)).toEqual([99]);
  });
}
