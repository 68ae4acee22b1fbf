import { expect, test } from "bun:test";
import type { Metrics, Signal } from "../../core/messages/index.ts";
import type { ForgetRule, Forgettable } from "../../core/ports/store.ts";
import { alert, bar, gap, headline, iso, letter } from "../test-support/samples.ts";
import type { StoreWorld } from "../test-support/world.ts";

const DAY_MS = 86_400_000;
/** Long before and long after the rows of every other test, which share the database. */
const OLD = Date.parse("2001-01-01T00:00:00Z");
const NEWEST = Date.parse("2100-01-01T00:00:00Z");

/** For thousands of rows on a busy machine. */
const LARGE_MS = 20_000;

/** What is old goes, in batches; nothing else does. */
export function forgetContract(world: StoreWorld): void {
  const steps = async (what: Forgettable, rule: ForgetRule): Promise<number[]> => {
    const all: number[] = [];
    for await (const rows of world.store.forget(what, rule)) all.push(rows);
    return all;
  };
  /** By a clock that puts the cutoff at this time. */
  const before = (cutoff_ms: number): ForgetRule => ({ now_ms: cutoff_ms + 7 * DAY_MS, keep_ms: 7 * DAY_MS });
  const starts = async (symbol: string, interval: string): Promise<number[]> =>
    (await world.store.readBars({ symbol, interval, from_ms: 0, limit: 1_000 })).items.map((one) => one.start_ts_ms);

  test("of bars those below a minute go, of every symbol and origin, up to the cutoff and not at it", async () => {
    const rows = ["FORGET-A", "FORGET-B"].flatMap((symbol) =>
      ["1s", "5s", "1m", "1h"].flatMap((interval) =>
        [OLD - 1_000, OLD, OLD + 1_000].map((start_ts_ms) => bar({ symbol, interval, start_ts_ms })),
      ),
    );
    await world.store.writeBars(null, [
      ...rows,
      bar({ symbol: "FORGET-A", interval: "1s", start_ts_ms: OLD - 1_000, origin: "venue" }),
      bar({ symbol: "NEWEST", start_ts_ms: NEWEST }),
    ]);
    expect((await steps("short_bars", before(OLD))).reduce((a, b) => a + b, 0)).toBe(5);
    for (const symbol of ["FORGET-A", "FORGET-B"]) {
      for (const interval of ["1s", "5s"]) expect(await starts(symbol, interval)).toEqual([OLD, OLD + 1_000]);
      for (const interval of ["1m", "1h"]) expect(await starts(symbol, interval)).toHaveLength(3);
    }
    expect(await steps("short_bars", before(OLD))).toEqual([]);
  });

  test(
    "many go in batches of bounded size, and nothing is passed over",
    async () => {
      const many = Array.from({ length: 4_321 }, (_, i) =>
        bar({ symbol: "FORGET-MANY", interval: "1s", start_ts_ms: OLD + i * 1_000 }),
      );
      await world.store.writeBars(null, [...many, bar({ symbol: "NEWEST", start_ts_ms: NEWEST })]);
      const taken = await steps("short_bars", before(OLD + 4_000_000));
      expect(Math.max(...taken)).toBeLessThanOrEqual(2_000);
      expect(taken.length).toBeGreaterThan(2);
      expect(await starts("FORGET-MANY", "1s")).toEqual(many.slice(4_000).map((one) => one.start_ts_ms));
    },
    LARGE_MS,
  );

  test("however many symbols there are, each is found", async () => {
    const symbols = Array.from({ length: 450 }, (_, i) => `FORGET-S${1_000 + i}`);
    const few = symbols.filter((_, i) => i % 100 === 49);
    await world.store.writeBars(null, [
      ...symbols.map((symbol) => bar({ symbol, start_ts_ms: OLD - 60_000 })),
      ...few.map((symbol) => bar({ symbol, interval: "1s", start_ts_ms: OLD - 1_000 })),
      bar({ symbol: "NEWEST", start_ts_ms: NEWEST }),
    ]);
    expect(await steps("short_bars", before(OLD))).toEqual(few.map(() => 1));
    for (const symbol of few) expect(await starts(symbol, "1s")).toEqual([]);
    expect(await starts(symbols.at(-1)!, "1m")).toEqual([OLD - 60_000]);
  });

  test(
    "whoever leaves after a batch comes again for the rest",
    async () => {
      const many = Array.from({ length: 2_500 }, (_, i) =>
        bar({ symbol: "FORGET-LEFT", interval: "2s", start_ts_ms: OLD + i * 2_000 }),
      );
      await world.store.writeBars(null, [...many, bar({ symbol: "NEWEST", start_ts_ms: NEWEST })]);
      const rule = before(OLD + 5_000_000);
      for await (const _ of world.store.forget("short_bars", rule)) break;
      expect((await starts("FORGET-LEFT", "2s")).length).toBeGreaterThan(0);
      await steps("short_bars", rule);
      expect(await starts("FORGET-LEFT", "2s")).toEqual([]);
    },
    LARGE_MS,
  );

  test("a clock far ahead deletes nothing that the newest bar does not call old", async () => {
    await world.store.writeBars(null, [
      bar({ symbol: "FORGET-CLOCK", interval: "1s", start_ts_ms: OLD }),
      bar({ symbol: "NEWEST", start_ts_ms: NEWEST }),
    ]);
    await steps("short_bars", { now_ms: NEWEST + 1e12, keep_ms: NEWEST - OLD });
    expect(await starts("FORGET-CLOCK", "1s")).toEqual([OLD]);
    await steps("short_bars", { now_ms: NEWEST + 1e12, keep_ms: NEWEST - OLD - 1 });
    expect(await starts("FORGET-CLOCK", "1s")).toEqual([]);
  });

  test("prices and metrics go by their time to the microsecond, more at one time than a batch holds too", async () => {
    const price = (symbol: string, time: string) => ({ kind: "price" as const, symbol, price: 1, time });
    await world.store.writeBars(null, [bar({ symbol: "NEWEST", start_ts_ms: NEWEST })]);
    await world.store.writePrices(null, [
      ...Array.from({ length: 2_100 }, (_, i) => price(`FORGET-P${i}`, iso(OLD - 1))),
      price("FORGET-P", "2000-12-31T23:59:59.999999Z"),
      price("FORGET-P", "2001-01-01T00:00:00.000000Z"),
    ]);
    const taken = await steps("prices", before(OLD));
    expect(taken.reduce((a, b) => a + b, 0)).toBe(2_101);
    expect(Math.max(...taken)).toBeLessThanOrEqual(2_000);
    const left = await world.store.readPrices({ symbol: "FORGET-P", from_ms: OLD - 1e6, to_ms: OLD + 1e6, limit: 9 });
    expect(left.map(({ time }) => time)).toEqual([iso(OLD)]);

    const metrics = (time: string): Metrics => ({ kind: "metrics", symbol: "FORGET-M", time, attention: 0.5 });
    await world.store.writeMetrics(null, [metrics(iso(OLD - 1)), metrics(iso(OLD))]);
    expect(await steps("metrics", before(OLD))).toEqual([1]);
    const { items } = await world.store.readMetrics({ symbol: "FORGET-M", limit: 9 });
    expect(items.map(({ time }) => time)).toEqual([iso(OLD)]);
  });

  test("signals go by their time, dead letters by that of their storing; alerts, gaps and headlines stay", async () => {
    const signal = (id: string, ts_ms: number): Signal => ({
      ver: 1,
      kind: "signal",
      origin: "live",
      id,
      provider: "p",
      symbol: "FORGET-S",
      ts: iso(ts_ms),
      name: "long",
      value: 1,
      score: 0.9,
      direction: "long",
      meta: { mid: 100.5, window: "10s" },
    });
    await world.store.writeBars(null, [bar({ symbol: "NEWEST", start_ts_ms: NEWEST })]);
    await world.store.writeSignals(null, [signal("forget-1", OLD - 1), signal("forget-2", OLD)]);
    await world.store.writeAlerts(null, [alert({ id: "FORGET", symbol: "FORGET-S", time: iso(OLD - 1) })]);
    await world.store.writeGaps(null, [gap({ id: "forget", symbol: "FORGET-S", from_ms: OLD - 1 })]);
    await world.store.writeHeadlines(null, [headline({ id: "forget", time: iso(OLD - 1) })]);
    expect(await steps("signals", before(OLD))).toEqual([1]);
    const { items } = await world.store.readSignals({ symbol: "FORGET-S", limit: 9 });
    expect(items.map(({ id }) => id)).toEqual(["forget-2"]);

    await world.store.writeDeadLetters(null, [letter("forget")]);
    const letters = async () => (await world.store.readDeadLetters({ limit: 1_000 })).items.map(({ id }) => id);
    await steps("dead_letters", before(OLD));
    expect(await letters()).toContain("forget");
    await steps("dead_letters", { now_ms: NEWEST, keep_ms: DAY_MS });
    expect(await letters()).toEqual([]);

    expect(await world.store.readAlert("FORGET")).not.toBeNull();
    expect((await world.store.readGaps({ symbol: "FORGET-S", limit: 9 })).items.map(({ id }) => id)).toContain(
      "forget",
    );
    expect((await world.store.readHeadlines({ limit: 1_000 })).items.map(({ id }) => id)).toContain("forget");
  });
}
