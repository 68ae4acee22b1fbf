import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Bar, Bin, DeadLetter, type MarketRecord } from "../messages/index.ts";
import { BARS_DEFAULTS } from "./bars/settings.ts";
import { heartbeat, T0, trade, World } from "./bars/test-support/world.ts";
import { bins, endBins } from "./bins.ts";

const at = (ms: number, over: object = {}) => trade({ ts_ms: T0 + ms, ...over });

function binsOf(records: readonly MarketRecord[], isEnd = true): { bins: Bin[]; letters: DeadLetter[] } {
  const out: (Bin | DeadLetter)[] = [];
  let state = bins.init(BARS_DEFAULTS);
  for (const record of records) {
    bins.step(state, record, (o) => out.push(o));
    state = JSON.parse(JSON.stringify(state));
  }
  if (isEnd) endBins(state, (o) => out.push(o));
  return {
    bins: out.flatMap((o) => (o.kind === "bin" ? [Bin.parse(o)] : [])),
    letters: out.flatMap((o) => (o.kind === "dead_letter" ? [DeadLetter.parse(o)] : [])),
  };
}

describe("bins", () => {
  test("go out once, when their end is 500 ms behind", () => {
    const tape = [at(3, { price: 5 }), at(9, { price: 7, side: "buy" }), at(10), at(509)];
    expect(binsOf(tape, false).bins).toEqual([]);
    expect(binsOf([...tape, at(510)], false).bins).toMatchObject([
      {
        bin_id: `BTCUSDT-${T0}`,
        start_ts_ms: T0,
        end_ts_ms: T0 + 10,
        open: 5,
        high: 7,
        low: 5,
        close: 7,
        volume: 2,
        notional: 12,
        trade_count: 2,
        buy_volume: 1,
        watermark_ms: T0 + 510,
      },
    ]);
  });

  test("late by 500 merged, by 501 refused; a bin that a heartbeat sent out takes no more", () => {
    const { bins: made, letters } = binsOf([at(1_000), at(500), at(499), heartbeat(T0 + 2_000), at(1_001), at(1_600)]);
    expect(letters.map((letter) => letter.reason)).toEqual(["late", "too_old"]);
    expect(made.map((bin) => bin.start_ts_ms - T0)).toEqual([500, 1_000, 1_600]);
  });

  test("what ends when others are sent out takes no more; the future, and what there is no room for, is refused", () => {
    const { bins: made, letters } = binsOf([at(0), heartbeat(T0 + 510), at(5)]);
    expect([made.length, letters.map((letter) => letter.reason)]).toEqual([1, ["too_old"]]);
    const early = binsOf([at(5_000, { recv_ms: T0 }), at(5_001, { recv_ms: T0 })]);
    expect([early.bins.length, early.letters.map((letter) => letter.reason)]).toEqual([1, ["future"]]);
    const state = bins.init({ ...BARS_DEFAULTS, symbols_max: 1, bars_max: 2 });
    const refused: string[] = [];
    for (const one of [at(0), at(10), at(20), at(11), at(12, { symbol: "OTHER" })])
      bins.step(state, one, (out) => refused.push(out.kind === "dead_letter" ? `${out.symbol} ${out.reason}` : "sent"));
    expect(refused).toEqual(["BTCUSDT too_many", "OTHER too_many"]);
  });

  test("no bin says that something is past that comes after it", () => {
    const { bins: made } = binsOf([at(0), at(15), at(980), at(5_000)]);
    made.forEach((bin, i) => {
      const next = made[i + 1];
      if (next !== undefined) expect(bin.watermark_ms! - 500).toBeLessThanOrEqual(next.start_ts_ms);
    });
  });
});

describe("bars from bins", () => {
  const tape = fc.array(
    fc.record({
      by: fc.oneof(fc.integer({ min: -500, max: 40 }), fc.integer({ min: 0, max: 3_000 })),
      price: fc.integer({ min: 1, max: 800 }),
      size: fc.integer({ min: 0, max: 80 }),
      symbol: fc.constantFrom("A", "B"),
      side: fc.constantFrom("buy" as const, "sell" as const),
    }),
    { minLength: 1, maxLength: 200 },
  );
  const tradesOf = (steps: readonly { by: number; size: number }[]) => {
    let now_ms = T0;
    return steps.map(({ by, size, ...rest }, seq) => {
      const ts_ms = now_ms + by;
      now_ms = Math.max(now_ms, ts_ms);
      return trade({ ts_ms, seq, size: size / 8, ...rest });
    });
  };
  const intervals = ["1s", "7s", "1m"];
  const last = (world: World): Bar[] =>
    [...new Map(world.bars().map((bar) => [bar.bar_id, bar])).values()].sort((a, b) => (a.bar_id < b.bar_id ? -1 : 1));

  test("equal the bars made from the trades, each said once", () => {
    fc.assert(
      fc.property(tape, (steps) => {
        const trades = tradesOf(steps);
        const direct = new World({ intervals }).step(...trades).end();
        const fromBins = new World({ intervals }).step(...binsOf(trades).bins).end();
        expect(last(fromBins)).toEqual(last(direct));
        expect(fromBins.letters()).toEqual([]);
        expect(fromBins.bars().every((bar) => bar.revision === 0)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  test("bins sent again change nothing", () => {
    fc.assert(
      fc.property(tape, fc.array(fc.nat(199), { maxLength: 40 }), (steps, again) => {
        const made = binsOf(tradesOf(steps)).bins;
        const twice = made.flatMap((bin, i) => [bin, ...again.filter((n) => n <= i).map((n) => made[n]!)]);
        const once = new World({ intervals }).step(...made).end();
        expect(new World({ intervals }).step(...twice).end().out).toEqual(once.out);
      }),
      { numRuns: 100 },
    );
  });

  const bin = (start: number, over: Partial<Bin> = {}): Bin => ({
    kind: "bin",
    bin_id: `X-${T0 + start}`,
    symbol: "X",
    start_ts_ms: T0 + start,
    end_ts_ms: T0 + start + 10,
    open: 100,
    high: 101,
    low: 99,
    close: 100,
    volume: 1,
    notional: 100,
    trade_count: 1,
    max_late_ms: 0,
    ...over,
  });

  test("ours close a bar when it ended 500 ms before their watermark; the allowance is spent once", () => {
    const world = new World({ intervals: ["1s"] }).step(bin(0, { watermark_ms: T0 + 1_499 }));
    expect(world.finals()).toHaveLength(0);
    world.step(bin(1_000, { watermark_ms: T0 + 1_510 }));
    expect(world.finals()).toHaveLength(1);
  });

  test("foreign ones wait the second 500 ms, by their own ends", () => {
    const world = new World({ intervals: ["1s"] }).step(bin(0), bin(1_480));
    expect(world.finals()).toHaveLength(0);
    world.step(bin(1_490));
    expect(world.finals()).toHaveLength(1);
  });

  test("a foreign bin 500 behind revises, 501 is a dead letter; rubbish and empty bins make no bar", () => {
    const world = new World({ intervals: ["1s"] }).step(
      bin(0),
      bin(1_490),
      bin(990),
      bin(989),
      bin(1_495, { low: 150 }),
      bin(3_000, { trade_count: 0, volume: 0 }),
    );
    expect(world.letters().map((letter) => letter.reason)).toEqual(["late", "invalid"]);
    expect(world.finals().map((bar) => [bar.start_ts_ms - T0, bar.revision, bar.trade_count])).toEqual([
      [0, 0, 1],
      [0, 1, 2],
      [1_000, 0, 1],
    ]);
  });
});
