import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { alerts, GATE_SETTINGS } from "../gate/index.ts";
import type { MarketRecord } from "../messages/index.ts";
import type { Stage } from "../stage.ts";
import { outputs } from "../test-support/outputs.ts";
import { together, World } from "../test-support/world.ts";
import { ADAPTIVE_SETTINGS, CLASSIC_SETTINGS, classic } from "./anomalies/index.ts";
import { METRICS_SETTINGS, metrics } from "./metrics/index.ts";
import { PRICE_SETTINGS, price } from "./price.ts";

/** A day in a minute: moves, a bad print, a gap, another venue, news, quotes, hostile symbol names. */
const log = (() => {
  const busy = new World("SOLUSDT")
    .history(600, "SOLUSDT", 13)
    .calm(70)
    .quote(99.9, 100.1)
    .headline("SOL upgrade", ["SOL"], 0.4);
  busy
    .run(100, 107, 6_000, 3_000)
    .heartbeat()
    .calm(8, 107)
    .run(107, 116, 5_000, 3_000)
    .run(116, 106, 6_000, 10)
    .calm(15, 106);
  busy
    .gap(5)
    .calm(10, 108)
    .wait(50)
    .trade(60, 1)
    .calm(5, 108)
    .route("other")
    .calm(20, 110, { provider: "other" })
    .heartbeat();
  const odd = new World("__proto__").calm(70, 5).run(5, 5.6, 4_000, 10).calm(30, 5.6);
  const btc = new World("BTCUSDT").calm(120, 60_000);
  const others = ["constructor", "A", "B", "C", "D"].map((s) =>
    new World(s).history(60, s, 13).calm(80).run(100, 93, 4_000, 900).calm(20, 93),
  );
  return together([busy, odd, btc, ...others]) as MarketRecord[];
})();

const prices = outputs(price, PRICE_SETTINGS, log)
  .slice(0, -1)
  .map((p) => JSON.parse(p));
const rows = outputs(metrics, METRICS_SETTINGS, prices)
  .slice(0, -1)
  .map((m) => JSON.parse(m));

describe("restarted from its state at any record, a stage says the same bytes", () => {
  function holds<S, I, O extends object, X>(
    name: string,
    stage: Stage<S, I, O, X>,
    settings: X,
    input: readonly I[],
    least: number,
  ): void {
    test(name, () => {
      const whole = outputs(stage, settings, input);
      expect(whole.length).toBeGreaterThan(least);
      const every = Array.from({ length: Math.min(input.length, 400) }, (_, i) => Math.floor((i * input.length) / 400));
      expect(outputs(stage, settings, input, new Set(every))).toEqual(whole);
      const anywhere = fc.uniqueArray(fc.integer({ min: 0, max: input.length - 1 }), { minLength: 1, maxLength: 4 });
      fc.assert(
        fc.property(anywhere, (restarts) => {
          expect(outputs(stage, settings, input, new Set(restarts))).toEqual(whole);
        }),
        { numRuns: 15 },
      );
    });
  }
  holds("price", price, PRICE_SETTINGS, log, 100);
  holds("metrics", metrics, METRICS_SETTINGS, prices, 100);
  holds("classic anomalies", classic, CLASSIC_SETTINGS, rows, 5);
  holds("adaptive anomalies and the gate", alerts, { adaptive: ADAPTIVE_SETTINGS, gate: GATE_SETTINGS }, log, 20);
});

test("the log has all that matters in it", () => {
  const said = outputs(alerts, { adaptive: ADAPTIVE_SETTINGS, gate: GATE_SETTINGS }, log)
    .slice(0, -1)
    .map((text) => JSON.parse(text));
  const told = said.filter((a) => a.kind !== "nearest");
  expect(new Set(told.map((a) => a.state))).toEqual(new Set(["open", "escalated", "over"]));
  expect(told.some((a) => a.kind === "market" && a.symbols.includes("constructor"))).toBe(true);
  expect(told.some((a) => a.symbol === "__proto__")).toBe(true);
  expect(told.some((a) => a.evidence.benchmark !== null)).toBe(true);
  expect(said.some((a) => a.kind === "nearest" && a.bad_prints > 0)).toBe(true);
});

test("input is left as it was", () => {
  const before = JSON.stringify(log);
  outputs(alerts, { adaptive: ADAPTIVE_SETTINGS, gate: GATE_SETTINGS }, log);
  expect(JSON.stringify(log)).toBe(before);
});

test("symbols by the thousand: bounded, counted, rebuilt", () => {
  const settings = { adaptive: { ...ADAPTIVE_SETTINGS, max_symbols: 50, nearest_ms: 0 }, gate: GATE_SETTINGS };
  const state = alerts.init(settings);
  const made = Array.from({ length: 500 }, (_, i) => new World(`S${i}`).wait(i).trade(100));
  for (const record of together(made)) alerts.step(state, record, () => {});
  expect(state.adaptive.symbols.count).toBeLessThanOrEqual(50);
  expect(Object.keys(state.adaptive.symbols.of).length).toBe(state.adaptive.symbols.count);
  expect(state.adaptive.symbols.evicted).toBe(500 - state.adaptive.symbols.count);
  expect(Object.keys(state.adaptive.symbols.of)).toContain("S499");
});
