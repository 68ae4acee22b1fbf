import { expect, test } from "bun:test";
import fc from "fast-check";
import type { MarketRecord, Signal } from "../../messages/index.ts";
import { readRules } from "../../rules/rules.ts";
import type { Stage } from "../../stage.ts";
import { outputs } from "../../test-support/outputs.ts";
import { bars } from "../bars/index.ts";
import { microBatch } from "../micro-batch.ts";
import { ROLLING_SETTINGS, type RollingSettings, rolling, rollingWindows } from "../rolling/index.ts";
import { SIGNALS_SETTINGS, signals } from "../signals/index.ts";
import { FEATURES_SETTINGS, features } from "./index.ts";

const T0 = 1_700_000_000_000;
const SYMBOLS = ["A", "__proto__", "constructor"];

/** Two hours in a few hundred records: trades in and out of order, quotes, silence, a long pause, another venue. */
const log: MarketRecord[] = (() => {
  let random = 7;
  const next = (below: number): number => {
    random = (random * 48_271) % 2_147_483_647;
    return random % below;
  };
  const all: MarketRecord[] = [];
  let now = T0;
  for (let seq = 0; seq < 900; seq++) {
    now += next(10) === 0 ? next(9_000) : next(120);
    if (seq === 500) now += 400_000;
    const symbol = SYMBOLS[next(3)]!;
    const provider = seq > 700 && symbol === "A" ? "q" : "p";
    const ts_ms = now - (next(6) === 0 ? next(600) : 0);
    const record = { ver: 1 as const, provider, symbol, ts_ms, recv_ms: now + next(80), seq, event_id: `${seq}` };
    const kind = next(8);
    if (seq === 700) all.push({ kind: "route", symbol: "A", provider: "q", epoch: 1, from_ms: now, reason: "test" });
    else if (kind === 0)
      all.push({ kind: "heartbeat", provider, ts_ms: now, reason: next(4) === 0 ? "silence" : "clock" });
    else if (kind === 1)
      all.push({ ...record, kind: "quote", bid: 99, bid_size: 1, ask: 99 + next(3) * 0.1, ask_size: 1 });
    else
      all.push({ ...record, kind: "trade", price: 95 + next(1_000) / 100, size: next(3), side: "buy", trade_id: null });
  }
  return all;
})();

const windows = rollingWindows([
  { name: "short", horizon: "700ms" },
  { name: "long", horizon: "60s" },
]);
const rules = readRules(
  [{ name: "r", condition: "rsi > 60 and long_vol > 0", signal: 1, score: 1 }],
  ["long", "short"],
);
type Both = { features: object; rolling: object; signals: object };
const chain: Stage<Both, MarketRecord, Signal, null> = {
  version: 1,
  init: () => ({
    features: features.init(FEATURES_SETTINGS),
    rolling: rolling.init({ ...ROLLING_SETTINGS, windows, pub_ms: 100 }),
    signals: signals.init({ ...SIGNALS_SETTINGS, volume_above: 0.5, spread_below_bps: 100, rules }),
  }),
  step(state, record, emit) {
    const said = state.signals as ReturnType<typeof signals.init>;
    features.step(state.features as ReturnType<typeof features.init>, record, (row) => signals.step(said, row, emit));
    rolling.step(state.rolling as ReturnType<typeof rolling.init>, record, (row) => signals.step(said, row, emit));
  },
};

function holds<S, O extends object, X>(
  name: string,
  stage: Stage<S, MarketRecord, O, X>,
  settings: X,
  least: number,
): void {
  test(`restarted from its state at any record, ${name} says the same bytes`, () => {
    const whole = outputs(stage, settings, log);
    expect(whole.length).toBeGreaterThan(least);
    expect(outputs(stage, settings, log, new Set(log.keys()))).toEqual(whole);
    const places = fc.uniqueArray(fc.nat(log.length - 1), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(places, (at) => expect(outputs(stage, settings, log, new Set(at))).toEqual(whole)),
      { numRuns: 10 },
    );
  });
}

const every: RollingSettings = { ...ROLLING_SETTINGS, windows };
holds("rolling", rolling, every, 500);
holds("rolling with few points", rolling, { ...every, points_max: 20 }, 500);
holds("rolling at a pace", rolling, { ...every, pub_ms: 100 }, 100);
holds("features", features, { ...FEATURES_SETTINGS, pub_ms: 0 }, 500);
holds("features at a pace", features, FEATURES_SETTINGS, 100);
holds("signals", chain, null, 5);
holds("the micro-batch", bars, microBatch({ window_ms: 2_000, allow_late_ms: 500, flush_timeout_ms: 1_000 }), 50);

test("input is left as it was", () => {
  const before = JSON.stringify(log);
  outputs(chain, null, log);
  expect(JSON.stringify(log)).toBe(before);
});
