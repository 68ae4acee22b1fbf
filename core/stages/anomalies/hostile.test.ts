import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Trade } from "../../messages/index.ts";
import { hear, T0, World } from "../../test-support/world.ts";
import { ADAPTIVE_SETTINGS, type AdaptiveSettings, type AdaptiveState, adaptive } from "./index.ts";

function run(log: Iterable<Parameters<typeof adaptive.step>[1]>, settings: Partial<AdaptiveSettings> = {}) {
  const state: AdaptiveState = adaptive.init({ ...ADAPTIVE_SETTINGS, nearest_ms: 0, ...settings });
  let said = 0;
  for (const record of log) adaptive.step(state, record, () => void said++);
  return { state, said };
}

describe("what no market could have sent", () => {
  const prices = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, -100, 1e18, Number.MAX_VALUE];
  const sizes = [Number.NaN, Number.POSITIVE_INFINITY, -1];
  const times = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

  test("such prices, sizes and times raise nothing, in any number, and each is counted", () => {
    const w = new World().history().calm(120);
    for (let round = 0; round < 5; round++) {
      for (const price of prices) w.trade(price, 2_000);
      for (const size of sizes) w.trade(106, size);
      for (const ts_ms of times) w.trade(106, 2_000, { ts_ms });
    }
    const { alerts, state } = hear(w.calm(60).log);
    expect(alerts).toEqual([]);
    expect(state.adaptive.refused.invalid).toBe(5 * (prices.length + sizes.length + times.length));
    const after = hear(w.run(100, 106, 6_000, 2_000).log);
    expect(after.alerts[0]).toMatchObject({ symbol: "SOLUSDT", direction: "up" });
  });

  test("a tiny price is a price; one far beyond all others must be confirmed like any other", () => {
    const w = new World().history().calm(120).wait(100).trade(1e14, 5_000).calm(60);
    expect(hear(w.log).alerts).toEqual([]);
    const cheap = new World("PEPEUSDT").calm(120, 1e-9).run(1e-9, 1.07e-9, 6_000, 1e12);
    expect(hear(cheap.log, { adaptive: { rules: ["fixed"] } }).alerts).toHaveLength(1);
  });

  test("time that goes back is counted; time that runs ahead of its receipt is held to it", () => {
    const w = new World().history().calm(120);
    for (let i = 0; i < 40; i++) w.trade(150, 2_000, { ts_ms: w.ts_ms - 3_600_000 });
    w.wait(10).trade(100);
    for (let i = 0; i < 2; i++) w.trade(150, 2_000, { ts_ms: w.ts_ms + 86_400_000, recv_ms: w.ts_ms });
    const { alerts, state } = hear(w.calm(60).log);
    expect(alerts).toEqual([]);
    expect(state.adaptive.refused.late).toBe(40);
    expect(state.adaptive.now_ms).toBeLessThan(w.ts_ms + 2_000);
  });

  test("whatever comes, nothing that is not finite is said", () => {
    const odd = fc.oneof(fc.double(), fc.constantFrom(0, -1, 1e18, Number.NaN, Number.POSITIVE_INFINITY));
    const price = fc.oneof(
      { weight: 4, arbitrary: fc.double({ min: 90, max: 130, noNaN: true }) },
      { weight: 1, arbitrary: odd },
    );
    const step = fc.record({ price, size: odd, by: fc.integer({ min: -5_000, max: 20_000 }), bar: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const w = new World();
        for (const { price, size, by, bar } of steps) {
          w.wait(by);
          if (!bar) w.trade(price, size);
          else if (price > 0 && price < 1e15) w.history(10, "SOLUSDT", 1 / 30);
        }
        const { alerts } = hear(w.log);
        for (const alert of alerts)
          expect(
            JSON.stringify(alert, (_, v) => (typeof v === "number" && !Number.isFinite(v) ? "BAD" : v)),
          ).not.toContain("BAD");
      }),
      { numRuns: 60 },
    );
  });
});

describe("symbols by the thousand", () => {
  const MAX = 500;
  function* trades(from: number, to: number, at_ms: number, price = 100): Generator<Trade> {
    for (let n = from; n < to; n++) {
      const ids = { trade_id: null, seq: n, event_id: `x|${n}|${at_ms}` };
      yield {
        ver: 1,
        kind: "trade",
        provider: "x",
        symbol: `S${n}`,
        ts_ms: at_ms + n,
        price,
        size: 1,
        side: "buy",
        ...ids,
      };
    }
  }

  test("no more than the bound are known; those idle for longest go, are counted, and begin anew", () => {
    const { state } = run(trades(0, 10 * MAX, T0), { max_symbols: MAX });
    expect(state.symbols.count).toBeLessThanOrEqual(MAX);
    expect(Object.keys(state.symbols.of)).toHaveLength(state.symbols.count);
    expect(state.symbols.count + state.symbols.evicted).toBe(10 * MAX);
    expect(state.symbols.of[`S${10 * MAX - 1}`]).toBeDefined();
    expect(state.symbols.of.S0).toBeUndefined();
    for (const trade of trades(0, 1, T0 + 60_000)) adaptive.step(state, trade, () => undefined);
    expect(state.symbols.of.S0?.volume.observed_ms).toBe(0);
    expect(state.symbols.count).toBeLessThanOrEqual(MAX);
  });

  test("one with a move under way outlives the idle ones", () => {
    const log = [
      ...new World("MOVES").history().calm(120).run(100, 106, 6_000, 2_000).log,
      ...trades(0, 3 * MAX, T0 + 130_000),
    ];
    const { state } = run(log as Parameters<typeof adaptive.step>[1][], { max_symbols: MAX });
    expect(state.open).toEqual(["MOVES"]);
    expect(state.symbols.of.MOVES?.excursions.up?.state).toBe("open");
  });

  test("if all of them move at once the bound still holds", () => {
    const log = Array.from(
      { length: 60 },
      (_, n) => new World(`M${n}`).calm(70).run(100, 106, 6_000, 2_000).log,
    ).flat();
    const { state, said } = run(log as Parameters<typeof adaptive.step>[1][], { max_symbols: 20 });
    expect(said).toBeGreaterThanOrEqual(60);
    expect(state.symbols.count).toBeLessThanOrEqual(20);
    expect(state.open.length).toBeLessThanOrEqual(20);
    for (const name of state.open) expect(state.symbols.of[name]).toBeDefined();
  });
});
