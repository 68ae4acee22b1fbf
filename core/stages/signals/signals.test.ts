import { describe, expect, test } from "bun:test";
import { type Features, type Rolling, Signal } from "../../messages/index.ts";
import { readRules } from "../../rules/rules.ts";
import { SIGNALS_SETTINGS, type SignalsSettings, signals } from "./index.ts";

const T0 = 1_700_000_000_000;
const features = (ms: number, over: Partial<Features> = {}): Features => ({
  kind: "features",
  provider: "p",
  symbol: "X",
  ts_ms: T0 + ms,
  mid: 100,
  spread_abs: 0.1,
  spread_bps: 10,
  trade_vwap_10s: 100,
  trade_vwap_60s: 100,
  trade_count_10s: 3,
  trade_volume_10s: 2,
  return_10s: 0,
  realized_vol_60s: null,
  latency_ms_p50: null,
  latency_ms_p95: null,
  ...over,
});
const row = (ms: number, rsi: number | null, over: { symbol?: string } = {}): Rolling => ({
  kind: "rolling",
  provider: "p",
  symbol: "X",
  ts_ms: T0 + ms,
  price: 50,
  w_rsi_cutler14: rsi,
  ...over,
});
const rules = readRules([{ name: "hot", condition: "rsi > 70", signal: -1, score: 0.7 }], ["w"]);

function run(input: readonly (Features | Rolling)[], over: Partial<SignalsSettings> = {}) {
  const state = signals.init({ ...SIGNALS_SETTINGS, rules, ...over });
  const out: Signal[] = [];
  for (const record of input) signals.step(state, record, (said) => out.push(Signal.parse(said)));
  return { out, state };
}

describe("long and short", () => {
  const up = { return_10s: 0.0031 };

  test("return, volume and spread together, each strictly beyond its limit", () => {
    const fires = (over: Partial<Features>): string[] => run([features(0, over)]).out.map((said) => said.name);
    expect(fires(up)).toEqual(["long"]);
    expect(fires({ return_10s: -0.0031 })).toEqual(["short"]);
    for (const not of [
      { return_10s: 0.003 },
      { trade_volume_10s: 1 },
      { spread_bps: 20 },
      { spread_bps: null },
      { return_10s: null },
    ])
      expect(fires({ ...up, ...not })).toEqual([]);
    expect(fires({ return_10s: -0.003 })).toEqual([]);
  });

  test("says what it saw, under an id that is a function of it", () => {
    expect(run([features(0.25, { ...up, origin: "synthetic" })]).out).toEqual([
      {
        ver: 1,
        kind: "signal",
        origin: "synthetic",
        id: "p|X|2023-11-14T22:13:20.000250Z|long",
        provider: "p",
        symbol: "X",
        ts: "2023-11-14T22:13:20.000250Z",
        name: "long",
        value: 1,
        score: 1,
        direction: "long",
        meta: { window: "10s", return_10s: 0.0031, trade_volume_10s: 2, spread_bps: 10, mid: 100 },
      },
    ]);
  });

  test("once for each time it begins to hold, and not within the cooldown", () => {
    const calm = { return_10s: 0 };
    const times = (input: readonly (readonly [number, Partial<Features>])[]): number[] =>
      run(input.map(([ms, over]) => features(ms, over))).out.map((said) => Date.parse(said.ts) - T0);
    expect(
      times([
        [0, up],
        [100, up],
        [60_000, up],
      ]),
    ).toEqual([0]);
    expect(
      times([
        [0, up],
        [100, calm],
        [9_999, up],
        [10_100, up],
      ]),
    ).toEqual([0]);
    expect(
      times([
        [0, up],
        [100, calm],
        [10_000, up],
      ]),
    ).toEqual([0, 10_000]);
    const turned = [features(0, up), features(100, { return_10s: -0.01 })];
    expect(run(turned).out.map((said) => said.name)).toEqual(["long", "short"]);
    expect(run([features(0, up), features(1, calm), features(2, up)]).state.cooled).toBe(1);
  });

  test("limits are settings; symbols are apart; what is late is counted", () => {
    expect(run([features(0, up)], { return_above: 0.01 }).out).toEqual([]);
    expect(run([features(0, up), features(0, { ...up, symbol: "__proto__" })]).out).toHaveLength(2);
    const { out, state } = run([features(10), features(0, up)]);
    expect([out.length, state.late]).toEqual([0, 1]);
  });
});

describe("rules", () => {
  test("a rule says its value and score; not known is not true", () => {
    const { out } = run([row(0, null), row(1, 70), row(2, 71), row(3, 90)]);
    expect(out).toMatchObject([{ name: "hot", value: -1, score: 0.7, meta: { window: "w", price: 50 } }]);
    expect(out[0]!.direction).toBeUndefined();
    expect(run([row(0, 99)], { rules: null }).out).toEqual([]);
    // Two trades of one moment are two.
    expect(run([row(0, 1), row(0, 99)]).out).toHaveLength(1);
  });

  test("one that names a wait is said once it has held so long without a break, and once for each time it holds", () => {
    const waiting = readRules([{ name: "hot", condition: "rsi > 70", signal: -1, score: 0.7, for: "60s" }], ["w"]);
    const times = (input: readonly (readonly [s: number, rsi: number | null])[]): number[] =>
      run(
        input.map(([s, rsi]) => row(s * 1_000, rsi)),
        { rules: waiting },
      ).out.map((said) => (Date.parse(said.ts) - T0) / 1_000);
    const steady = (from: number, to: number, rsi: number): [number, number][] =>
      Array.from({ length: to - from }, (_, i) => [from + i, rsi]);
    expect(times(steady(0, 300, 80))).toEqual([60]);
    // Around the limit it holds again and again, never long: nothing is said.
    expect(times(steady(0, 3_600, 80).map(([s]) => [s, s % 7 === 0 ? 69 : 80]))).toEqual([]);
    expect(times([...steady(0, 50, 80), [50, null], ...steady(51, 130, 80)])).toEqual([111]);
    expect(times([...steady(0, 100, 80), [100, 1], ...steady(101, 200, 80)])).toEqual([60, 161]);
  });

  test("symbols by the thousand: bounded", () => {
    const { state } = run(
      Array.from({ length: 200 }, (_, i) => row(i, 99, { symbol: `S${i}` })),
      { max_symbols: 10 },
    );
    expect(state.symbols.count).toBeLessThanOrEqual(10);
    expect(state.symbols.count + state.symbols.evicted).toBe(200);
  });
});
