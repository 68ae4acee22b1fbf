import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Features, type Heartbeat, type MarketRecord, type Quote, type Trade } from "../../messages/index.ts";
import { FEATURES_SETTINGS, type FeaturesSettings, features, flushFeatures } from "./index.ts";

const T0 = 1_700_000_000_000;
let seq = 0;
const base = () => ({ ver: 1 as const, provider: "p", symbol: "X", seq: seq++, event_id: `e${seq}` });
const trade = (ms: number, price: number, size = 1, over: Partial<Trade> = {}): Trade => ({
  ...base(),
  kind: "trade",
  ts_ms: T0 + ms,
  price,
  size,
  side: null,
  trade_id: null,
  ...over,
});
const quote = (ms: number, bid: number | null, ask: number | null, over: Partial<Quote> = {}): Quote => ({
  ...base(),
  kind: "quote",
  ts_ms: T0 + ms,
  bid,
  bid_size: 1,
  ask,
  ask_size: 1,
  ...over,
});
const beat = (ms: number, reason: Heartbeat["reason"] = "clock"): Heartbeat => ({
  kind: "heartbeat",
  provider: "p",
  ts_ms: T0 + ms,
  reason,
});
const route = (provider: string): MarketRecord => ({
  kind: "route",
  symbol: "X",
  provider,
  epoch: 1,
  from_ms: T0,
  reason: "test",
});

function said(input: readonly MarketRecord[], over: Partial<FeaturesSettings> = { pub_ms: 0 }): Features[] {
  const state = features.init({ ...FEATURES_SETTINGS, ...over });
  const out: Features[] = [];
  for (const record of input) features.step(state, record, (row) => out.push(Features.parse(row)));
  return out;
}
const last = (input: readonly MarketRecord[]): Features => said(input).at(-1)!;

describe("the eleven", () => {
  test("null until defined", () => {
    expect(last([trade(0, 100)])).toMatchObject({
      mid: null,
      spread_abs: null,
      spread_bps: null,
      trade_vwap_10s: 100,
      trade_vwap_60s: 100,
      trade_count_10s: 1,
      trade_volume_10s: 1,
      return_10s: null,
      realized_vol_60s: null,
      latency_ms_p50: null,
      latency_ms_p95: null,
    });
    expect(last([quote(0, 99, 101)])).toMatchObject({
      ...{ mid: 100, spread_abs: 2, spread_bps: 200, trade_vwap_10s: null, trade_count_10s: 0, trade_volume_10s: 0 },
    });
  });

  test("one-sided, crossed and locked quotes", () => {
    expect(last([quote(0, 99, null)])).toMatchObject({ mid: null, spread_abs: null, spread_bps: null });
    expect(last([quote(0, 101, 99)])).toMatchObject({ mid: 100, spread_abs: null, spread_bps: null });
    expect(last([quote(0, 99, 99)])).toMatchObject({ mid: 99, spread_abs: 0, spread_bps: 0 });
  });

  test("both ends of a window are inside; a quote moves the windows on", () => {
    const trades = [trade(0, 100), trade(10_000, 110)];
    expect(last(trades)).toMatchObject({ trade_count_10s: 2, trade_vwap_10s: 105 });
    expect(last(trades).return_10s).toBeCloseTo(0.1, 12);
    expect(last([...trades, quote(10_001, 1, 2)])).toMatchObject({ trade_count_10s: 1, return_10s: null });
    expect(last([...trades, quote(90_000, 1, 2)])).toMatchObject({ trade_vwap_60s: null, trade_volume_10s: 0 });
    expect(last([...trades, quote(90_000, 1, 2), trade(90_001, 50)])).toMatchObject({ trade_vwap_60s: 50 });
    expect(last([...trades, quote(15_000, 1, 2), trade(14_000, 121)])).toMatchObject({ trade_count_10s: 2 });
  });

  test("an older quote, a fill, another provider's events change nothing", () => {
    expect(last([quote(10, 99, 101), quote(0, 1, 2), trade(11, 5)]).mid).toBe(100);
    expect(last([quote(10, 99, 101), quote(10, 1, 3)]).mid).toBe(2);
    expect(said([trade(0, 100, 1, { fill: "g" })])).toEqual([]);
    const other = quote(5, 1, 2, { provider: "q" });
    expect(said([route("p"), quote(0, 99, 101), other])).toHaveLength(1);
    const changed = said([quote(0, 99, 101), trade(1, 100), route("q"), trade(2, 200, 1, { provider: "q" })]);
    expect(changed.at(-1)).toMatchObject({ provider: "q", mid: null, trade_count_10s: 1 });
  });

  test("latencies are of what came in the last minute, interpolated", () => {
    const input = [10, 20, 40, 80].map((late, i) => trade(i * 20_000, 1, 1, { recv_ms: T0 + i * 20_000 + late }));
    expect(last(input)).toMatchObject({ latency_ms_p50: 30 });
    expect(last(input).latency_ms_p95).toBeCloseTo(40 + 40 * 0.85, 9);
    expect(last([...input, quote(61_000, 1, 2, { recv_ms: T0 + 61_000 })]).latency_ms_p50).toBe(30);
  });

  test("equal to their definitions, in any order of arrival", () => {
    const event = fc.record({
      ms: fc.integer({ min: -400, max: 6_000 }),
      isTrade: fc.boolean(),
      price: fc.integer({ min: 90, max: 110 }),
      size: fc.integer({ min: 0, max: 3 }),
      late: fc.integer({ min: -5, max: 400 }),
    });
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 80 }), (events) => {
        const state = features.init({ ...FEATURES_SETTINGS, pub_ms: 0 });
        const seen: { t: number; p: number | null; v: number; late: number }[] = [];
        let clock = 500;
        let quoted = -1;
        let now = 0;
        for (const { ms, isTrade, price, size, late } of events) {
          clock = Math.max(0, clock + ms);
          const recv_ms = T0 + clock + late;
          const record = isTrade ? trade(clock, price, size, { recv_ms }) : quote(clock, price, price + 1, { recv_ms });
          const rows: Features[] = [];
          features.step(state, record, (out) => rows.push(out));
          if (!isTrade && clock < quoted) {
            expect(rows).toEqual([]);
            continue;
          }
          if (!isTrade) quoted = clock;
          const at = seen.findIndex((one) => one.t > clock);
          seen.splice(at < 0 ? seen.length : at, 0, { t: clock, p: isTrade ? price : null, v: size, late });
          now = Math.max(now, clock);
          const minute = seen.filter((one) => one.t >= now - 60_000);
          const trades = minute.flatMap((one) => (one.p === null ? [] : [{ ...one, p: one.p }]));
          const ten = trades.filter((one) => one.t >= now - 10_000);
          const vwap = (all: typeof trades): number | null => {
            const volume = all.reduce((sum, one) => sum + one.v, 0);
            return volume === 0 ? null : all.reduce((sum, one) => sum + one.p * one.v, 0) / volume;
          };
          const logs = trades.slice(1).map((one, i) => Math.log(one.p / trades[i]!.p));
          const mean = logs.reduce((sum, x) => sum + x, 0) / logs.length;
          const sd = Math.sqrt(logs.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (logs.length - 1));
          const sorted = minute.map((one) => one.late).sort((a, b) => a - b);
          const at95 = (sorted.length - 1) * 0.95;
          const low = sorted[Math.floor(at95)]!;
          const p95 = low + ((sorted[Math.floor(at95) + 1] ?? low) - low) * (at95 % 1);
          const wanted = {
            trade_vwap_10s: vwap(ten),
            trade_vwap_60s: vwap(trades),
            trade_count_10s: ten.length,
            trade_volume_10s: ten.reduce((sum, one) => sum + one.v, 0),
            return_10s: ten.length < 2 ? null : ten.at(-1)!.p / ten[0]!.p - 1,
            realized_vol_60s: logs.length < 2 ? null : sd,
            latency_ms_p95: p95,
          };
          const [row] = rows;
          for (const [name, x] of Object.entries(wanted)) {
            const y = row![name as keyof typeof wanted];
            if (x === null) expect({ name, y }).toEqual({ name, y: null });
            else expect(Math.abs((y ?? Number.NaN) - x)).toBeLessThanOrEqual(1e-9 * Math.max(Math.abs(x), 1e-3));
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe("how often", () => {
  test("at most one in pub_ms of event time; what waited comes with the clock, as of its own time", () => {
    const rows = said([trade(0, 1), trade(40, 2), trade(90, 3), beat(95), beat(120, "silence"), beat(130), beat(400)], {
      pub_ms: 100,
    });
    expect(rows.map((row) => row.ts_ms - T0)).toEqual([0, 90]);
    const state = features.init(FEATURES_SETTINGS);
    const out: Features[] = [];
    for (const record of [trade(0, 1), trade(50, 2)]) features.step(state, record, (row) => out.push(row));
    flushFeatures(state, Number.POSITIVE_INFINITY, (row) => out.push(row));
    flushFeatures(state, Number.POSITIVE_INFINITY, (row) => out.push(row));
    expect(out.map((row) => row.ts_ms - T0)).toEqual([0, 50]);
  });

  test("symbols, trades and latencies are bounded", () => {
    const state = features.init({ ...FEATURES_SETTINGS, max_symbols: 10, points_max: 50 });
    for (let i = 0; i < 300; i++) {
      features.step(state, trade(i, 1, 1, { symbol: `S${i}` }), () => {});
      features.step(state, trade(i, 1, 1, { recv_ms: T0 + i }), () => {});
    }
    expect(state.symbols.count).toBeLessThanOrEqual(10);
    const { trades, latencies } = state.symbols.of.X!;
    expect(trades.n - trades.head).toBeLessThanOrEqual(50);
    expect(latencies.n - latencies.head).toBe(50);
  });
});
