import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Bar, type MarketRecord } from "../../messages/index.ts";
import { coldBars } from "./cold.ts";
import { type BarsOut, bars } from "./index.ts";
import { BARS_DEFAULTS } from "./settings.ts";
import { heartbeat, minuteBar, newest, quote, T0, trade, World } from "./test-support/world.ts";

const at = (ms: number, bid: number, ask = bid + 2, over = {}) => quote({ ts_ms: T0 + ms, bid, ask, ...over });
const print = (ms: number, price = 50, over = {}) => trade({ symbol: "EURUSD", ts_ms: T0 + ms, price, ...over });
const said = (all: readonly Bar[]) => all.map((bar) => [bar.start_ts_ms - T0, bar.close, bar.trade_count]);

describe("a symbol that is quoted and never traded", () => {
  test("has bars of the mid, which say so: no volume, no trades", () => {
    const world = new World({ intervals: ["1s", "1m"] })
      .step(at(0, 100), at(400, 110), at(405, 90), at(900, 95), at(1_000, 97), at(70_000, 98))
      .end();
    const [first] = world.bars("1s");
    expect(first).toMatchObject({ open: 101, high: 111, low: 91, close: 96, vwap: 96, volume: 0, notional: 0 });
    expect(first).toMatchObject({ trade_count: 0, bin_count: 3, price_source: "mid", partial: false, revision: 0 });
    expect(world.bars("1m")[0]).toMatchObject({ open: 101, high: 111, low: 91, close: 98, bin_count: 4 });
    for (const bar of world.bars()) Bar.parse(bar);
  });

  test("one-sided and crossed quotes have no mid; one side alone has a price", () => {
    const tape = [at(0, 100), quote({ ts_ms: T0 + 10, bid: 999, ask: null }), at(20, 105, 104)];
    const close = (price_source: "mid" | "bid" | "ask") =>
      new World({ intervals: ["1s"], price_source })
        .step(...tape)
        .end()
        .bars()[0]!;
    expect([close("mid").close, close("bid").close, close("ask").close]).toEqual([101, 105, 104]);
    expect(close("bid")).toMatchObject({ high: 999, price_source: "bid" });
  });

  test("is believed after a minute of quotes alone; then nothing of it is missing", () => {
    const world = new World({ intervals: ["1s", "1m"], forming_ms: 250 });
    world.step(at(0, 100), at(30_000, 101), at(59_999, 102), heartbeat(T0 + 59_999));
    expect(world.out).toEqual([]);
    world.step(heartbeat(T0 + 61_000));
    expect(said(world.finals("1s"))).toEqual([
      [0, 101, 0],
      [30_000, 102, 0],
      [59_000, 103, 0],
    ]);
    expect(said(world.finals("1m"))).toEqual([[0, 103, 0]]);
    world.step(at(61_100, 104), heartbeat(T0 + 62_500));
    expect(said(world.finals("1s")).at(-1)).toEqual([61_000, 105, 0]);
  });

  test("late, future and impossible quotes are refused as trades are", () => {
    const world = new World({ price_source: "mid" });
    world.step(at(2_000, 100), at(1_499, 100), at(9_000, 100, 102, { recv_ms: T0 + 2_000 }), at(2_001, 1e16, 1e17));
    expect(world.letters().map((letter) => letter.reason)).toEqual(["late", "future", "invalid"]);
  });

  test("a late quote within the allowance revises a bar that is out", () => {
    const world = new World({ intervals: ["1s"], price_source: "mid" });
    world.step(at(0, 100), at(1_400, 101), heartbeat(T0 + 1_600), at(990, 200));
    world.step(heartbeat(T0 + 3_000));
    expect(world.finals().map((bar) => [bar.start_ts_ms - T0, bar.revision, bar.high])).toEqual([
      [0, 0, 101],
      [0, 1, 201],
      [1_000, 0, 102],
    ]);
  });
});

describe("a symbol that trades", () => {
  test("within the first minute: its quotes have left no trace, and no trade is late by them", () => {
    const quotes = [at(0, 100), at(5_000, 101), at(10_400, 103)];
    const trades = [print(9_800), print(10_500, 51), print(12_500, 52)];
    const both = new World().step(...quotes, ...trades, at(12_900, 1)).end();
    expect(both.out).toEqual(new World().step(...trades).end().out);
  });

  test("later: trades take the place of quotes in every bar that holds one", () => {
    const world = new World({ intervals: ["1s", "1m"] });
    world.step(at(0, 100), at(61_000, 101), at(61_900, 108), heartbeat(T0 + 64_000));
    world.step(print(61_500, 51), at(64_100, 7), heartbeat(T0 + 66_000)).end();
    expect(said(newest(world.bars("1s")))).toEqual([
      [0, 101, 0],
      [61_000, 51, 1],
    ]);
    expect(said(newest(world.bars("1m")))).toEqual([
      [0, 101, 0],
      [60_000, 51, 1],
    ]);
    const second = world.bars("1s").filter((bar) => bar.start_ts_ms === T0 + 61_000);
    expect(second.map((bar) => [bar.revision, bar.price_source, bar.open])).toEqual([
      [0, "mid", 102],
      [1, undefined, 51],
    ]);
  });

  test("known from its history: quotes make no bar of it, nor of any symbol at the end of a file whose venue trades", () => {
    const known = new World().step(minuteBar(T0 - 60_000, { symbol: "EURUSD" }), at(0, 100), heartbeat(T0 + 90_000));
    expect(known.bars("1s")).toEqual([]);
    const other = new World().step(at(0, 100), trade({ ts_ms: T0 + 10 }), at(20_000, 100)).end();
    expect(other.bars().map((bar) => bar.symbol)).not.toContain("EURUSD");
    const apart = new World().step(at(0, 100), trade({ ts_ms: T0 + 10, provider: "else" })).end();
    expect(apart.bars().map((bar) => bar.symbol)).toContain("EURUSD");
  });

  test("from the settings: trades alone, or one side of the quotes alone", () => {
    const tape = [at(0, 100), print(10), print(70_000)];
    const of = (price_source: "trade" | "ask") =>
      new World({ intervals: ["1m"], price_source })
        .step(...tape)
        .end()
        .bars();
    expect(said(of("trade")).length).toBe(2);
    expect(said(of("ask"))).toEqual([[0, 102, 0]]);
  });
});

describe("quotes in the state", () => {
  const tape = fc.array(
    fc.record({
      by: fc.oneof(fc.integer({ min: -600, max: 3_000 }), fc.integer({ min: 0, max: 40_000 })),
      what: fc.constantFrom("quote", "quote", "quote", "quote", "quote", "trade", "heartbeat", "history"),
      price: fc.integer({ min: 1, max: 90 }),
      symbol: fc.constantFrom("A", "B"),
    }),
    { minLength: 1, maxLength: 100 },
  );
  const recordsOf = (steps: readonly { by: number; what: string; price: number; symbol: string }[]): MarketRecord[] => {
    let now_ms = T0;
    return steps.map(({ by, what, price, symbol }, seq): MarketRecord => {
      const ts_ms = now_ms + by;
      now_ms = Math.max(now_ms, ts_ms);
      if (what === "trade") return trade({ ts_ms, symbol, seq, price });
      if (what === "heartbeat") return heartbeat(ts_ms);
      const start_ms = Math.floor(ts_ms / 60_000) * 60_000;
      if (what === "history") {
        return minuteBar(start_ms, { symbol, trade_count: 0, volume: 0, notional: 0, price_source: "mid" });
      }
      return quote({ ts_ms, symbol, seq, bid: price, ask: price + 2 });
    });
  };

  test("same bytes after any restart; no bar mixes quotes and trades; of trades and quotes, trades", () => {
    fc.assert(
      fc.property(tape, fc.array(fc.nat(99), { maxLength: 6 }), (steps, cuts) => {
        const records = recordsOf(steps);
        const settings = { ...BARS_DEFAULTS, intervals: ["1s", "7s", "1m", "1h"], revise_ms: 60_000 };
        const run = (restarts: ReadonlySet<number>): BarsOut[] => {
          const out: BarsOut[] = [];
          let state = bars.init(settings);
          records.forEach((record, i) => {
            if (restarts.has(i)) state = JSON.parse(JSON.stringify(state));
            bars.step(state, record, (one) => out.push(structuredClone(one)));
          });
          return out;
        };
        const out = run(new Set());
        expect(JSON.stringify(run(new Set(cuts)))).toBe(JSON.stringify(out));
        const bySymbol = new Map<string, Bar>();
        for (const one of out) {
          if (one.kind !== "bar") continue;
          expect(one.price_source === undefined).toBe(one.trade_count > 0);
          const before = bySymbol.get(one.bar_id);
          if (before !== undefined && before.price_source === undefined) expect(one.price_source).toBeUndefined();
          bySymbol.set(one.bar_id, one);
        }
      }),
      { numRuns: 150 },
    );
  });

  test("a cold start says no bar of quotes again that the store has better", () => {
    const world = new World({ intervals: ["1s", "1m"], price_source: "mid" });
    world.step(at(59_000, 100), at(59_500, 101), at(60_000, 102), heartbeat(T0 + 62_000));
    const stored = world.finals();
    const log_whole_from_ms = T0 + 59_400;
    const settings = { ...BARS_DEFAULTS, intervals: ["1s", "1m"], price_source: "mid" as const, forming_ms: 0 };
    const again = new World({}, coldBars(settings, { bars: stored, log_whole_from_ms }));
    again.step(at(59_500, 101), at(60_000, 102), heartbeat(T0 + 62_000));
    expect(again.finals("1s").filter((bar) => !bar.partial && bar.start_ts_ms === T0 + 59_000)).toEqual([]);
    expect(
      newest([...stored, ...again.finals()]).map((bar) => [bar.bar_id, bar.open, bar.close, bar.bin_count]),
    ).toEqual(newest(stored).map((bar) => [bar.bar_id, bar.open, bar.close, bar.bin_count]));
  });
});
