import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Bar } from "../../core/messages/bar.ts";
import { makeBar } from "../test-support/fake-market.ts";
import { makeManualFrame } from "../test-support/manual-frame.ts";
import { beats, makeBars } from "./bars.ts";

const M = 60_000;
const T0 = 1_790_000_040_000;
const bar = (minute: number, values: Partial<Bar> = {}): Bar =>
  makeBar({ symbol: "BTCUSDT", interval: "1m", start_ts_ms: T0 + minute * M, ...values });
const forming = (minute: number, values: Partial<Bar> = {}): Bar => bar(minute, { final: false, ...values });

function world(options: { focusedMax?: number; otherMax?: number } = {}) {
  const manual = makeManualFrame();
  const bars = makeBars({ frame: manual.frame, ...options });
  return { ...manual, bars, series: bars.series("BTCUSDT", "1m") };
}
const starts = (rows: readonly { bar: Bar }[]): number[] => rows.map((row) => (row.bar.start_ts_ms - T0) / M);

describe("which statement of a bar stands", () => {
  test("final beats forming, whatever the order", () => {
    expect(beats(bar(0), forming(0, { trade_count: 999 }))).toBe(true);
    expect(beats(forming(0, { trade_count: 999, revision: 9 }), bar(0))).toBe(false);
  });
  test("among finals the highest revision wins, and an equal one changes nothing", () => {
    expect(beats(bar(0, { revision: 1 }), bar(0))).toBe(true);
    expect(beats(bar(0), bar(0, { revision: 1 }))).toBe(false);
    expect(beats(bar(0, { close: 7 }), bar(0))).toBe(false);
  });
  test("among forming ones the newer wins; a late trade inside counts as newer", () => {
    const now = forming(0, { last_ts_ms: T0 + 500, trade_count: 5 });
    expect(beats(forming(0, { last_ts_ms: T0 + 600, trade_count: 4 }), now)).toBe(true);
    expect(beats(forming(0, { last_ts_ms: T0 + 400, trade_count: 9 }), now)).toBe(false);
    expect(beats(forming(0, { last_ts_ms: T0 + 500, trade_count: 6 }), now)).toBe(true);
  });

  test("any order and repetition of the same statements ends in the same candles", () => {
    const statements = [0, 1, 2].flatMap((minute) => [
      forming(minute, { last_ts_ms: T0 + minute * M + 100, trade_count: 1 }),
      forming(minute, { last_ts_ms: T0 + minute * M + 900, trade_count: 3 }),
      bar(minute, { close: 10 + minute }),
      bar(minute, { revision: 1, close: 20 + minute }),
    ]);
    const settle = (list: readonly Bar[]) => {
      const { bars, series } = world();
      bars.put(list);
      return series.rows().map((row) => row.bar);
    };
    const expected = settle(statements);
    fc.assert(
      fc.property(fc.shuffledSubarray([...statements, ...statements], { minLength: statements.length * 2 }), (list) => {
        expect(settle(list)).toEqual(expected);
      }),
    );
  });
});

describe("a series", () => {
  test("history and stream meet without a doubled or missing candle", () => {
    const { bars, series } = world();
    bars.put([bar(3), forming(4, { last_ts_ms: T0 + 4 * M + 9 })]);
    bars.loaded("BTCUSDT", "1m", [bar(0), bar(1), bar(2), forming(3), forming(4, { last_ts_ms: T0 + 4 * M + 1 })]);
    expect(starts(series.rows())).toEqual([0, 1, 2, 3, 4]);
    expect(series.at(T0 + 3 * M)?.bar.final).toBe(true);
    expect(series.at(T0 + 4 * M)?.bar.last_ts_ms).toBe(T0 + 4 * M + 9);
    expect(series.complete()).toBe(true);
  });

  test("a correction remembers the statement it replaced", () => {
    const { bars, series } = world();
    bars.put([forming(0), bar(0, { close: 5 })]);
    expect(series.at(T0)?.was).toBeNull();
    bars.put([bar(0, { revision: 1, close: 6 })]);
    expect(series.at(T0)?.was?.close).toBe(5);
  });

  test("after a reset the old stays drawn until the new is there, and goes then; what came since stays", () => {
    const { bars, series } = world();
    bars.loaded("BTCUSDT", "1m", [bar(0, { revision: 3 }), bar(1)]);
    bars.reset();
    expect(series.complete()).toBe(false);
    expect(starts(series.rows())).toEqual([0, 1]);
    bars.put([bar(3)]);
    bars.loaded("BTCUSDT", "1m", [bar(0), bar(2)]);
    expect(starts(series.rows())).toEqual([0, 2, 3]);
    expect(series.at(T0)?.bar.revision).toBe(0);
    expect(series.complete()).toBe(true);
  });

  test("an interval that was not followed for a while is loaded anew, not joined with a hole", () => {
    const { bars } = world();
    const five = bars.series("BTCUSDT", "5m");
    bars.loaded("BTCUSDT", "5m", [makeBar({ symbol: "BTCUSDT", interval: "5m", start_ts_ms: T0 })]);
    bars.keepIntervals(["1m", "15m"]);
    expect(five.complete()).toBe(false);
    bars.keepIntervals(["1m", "5m"]);
    const later = makeBar({ symbol: "BTCUSDT", interval: "5m", start_ts_ms: T0 + 50 * M });
    bars.loaded("BTCUSDT", "5m", [later]);
    expect(five.rows().map((row) => row.bar.start_ts_ms)).toEqual([T0 + 50 * M]);
  });

  test("older pages join at the front; one that brings nothing older is the start", () => {
    const { bars, series } = world();
    bars.loaded("BTCUSDT", "1m", [bar(10), bar(11)]);
    bars.loadedOlder("BTCUSDT", "1m", [bar(8), bar(9)]);
    expect(starts(series.rows())).toEqual([8, 9, 10, 11]);
    expect(series.reachesStart()).toBe(false);
    bars.loadedOlder("BTCUSDT", "1m", []);
    expect(series.reachesStart()).toBe(true);
  });

  test("is bounded: the oldest go, and only the one looked at keeps long history", () => {
    const { bars, series } = world({ focusedMax: 100, otherMax: 10 });
    bars.put(Array.from({ length: 30 }, (_, i) => bar(i)));
    expect(series.rows().length).toBeLessThanOrEqual(11);
    expect(series.last()?.start_ts_ms).toBe(T0 + 29 * M);
    bars.focus("BTCUSDT", "1m");
    bars.put(Array.from({ length: 130 }, (_, i) => bar(30 + i)));
    expect(series.rows().length).toBeGreaterThanOrEqual(100);
    expect(series.rows().length).toBeLessThanOrEqual(110);
  });

  test("readers hear what changed since they asked, or that all did", () => {
    const { bars, series } = world();
    bars.put([bar(0)]);
    const reader = series.reader();
    expect(reader.take()).toBe("all");
    bars.put([bar(2), forming(3), forming(3, { last_ts_ms: T0 + 3 * M + 5 }), bar(0)]);
    expect(reader.take()).toEqual([T0 + 2 * M, T0 + 3 * M]);
    expect(reader.take()).toEqual([]);
    bars.put(Array.from({ length: 300 }, (_, i) => bar(10 + i)));
    expect(reader.take()).toBe("all");
  });

  test("a burst is one frame, and one call of each watcher", () => {
    const { bars, series, draw, requests } = world();
    let calls = 0;
    series.subscribe(() => {
      calls += 1;
    });
    for (let i = 0; i < 500; i += 1) bars.put([forming(0, { last_ts_ms: T0 + i })]);
    expect([calls, requests()]).toEqual([0, 1]);
    draw();
    expect(calls).toBe(1);
    draw();
    expect(calls).toBe(1);
  });
});
