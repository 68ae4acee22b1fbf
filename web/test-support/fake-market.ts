import { type Bar, barId, INTERVALS, intervalMs } from "../../core/messages/bar.ts";
import type { Status } from "../../core/messages/status.ts";

/** A small seeded generator: the same seed, the same market. */
export function makeRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export interface FakeSymbol {
  readonly symbol: string;
  readonly decimals: number;
  readonly start: number;
}

export const FAKE_SYMBOLS: readonly FakeSymbol[] = [
  { symbol: "BTCUSDT", decimals: 2, start: 63_120.4 },
  { symbol: "ETHUSDT", decimals: 2, start: 3_412.11 },
  { symbol: "SOLUSDT", decimals: 2, start: 148.22 },
  { symbol: "BNBUSDT", decimals: 1, start: 581.4 },
  { symbol: "XRPUSDT", decimals: 4, start: 0.5218 },
  { symbol: "DOGEUSDT", decimals: 5, start: 0.12345 },
  { symbol: "ADAUSDT", decimals: 4, start: 0.4413 },
  { symbol: "LINKUSDT", decimals: 3, start: 14.231 },
];

export function makeBar(values: Partial<Bar> & Pick<Bar, "symbol" | "interval" | "start_ts_ms">): Bar {
  const span = intervalMs(values.interval) ?? 60_000;
  return {
    kind: "bar",
    origin: "synthetic",
    bar_id: barId(values.symbol, values.start_ts_ms, values.interval),
    revision: 0,
    provider: "synthetic",
    end_ts_ms: values.start_ts_ms + span,
    open: 100,
    high: 101,
    low: 99,
    close: 100.5,
    volume: 12,
    notional: 1_200,
    vwap: 100,
    trade_count: 40,
    bin_count: 20,
    buy_volume: 6,
    max_late_ms: 0,
    final: true,
    partial: false,
    ...values,
  };
}

export function makeStatus(values: Partial<Status> & Pick<Status, "ts_ms">): Status {
  const since_ms = values.ts_ms - 60_000;
  return {
    kind: "status",
    origin: "synthetic",
    version: "0.1.0",
    started_ms: since_ms,
    ready: true,
    problems: [],
    feed: { provider: "synthetic", state: "live", text: "Synthetic market, 8 symbols", since_ms },
    latency_ms_p50: 38,
    latency_ms_p95: 71,
    lag: 0,
    newest_ts_ms: values.ts_ms - 400,
    gaps_open: 0,
    gaps_lost: 0,
    bad_prints: 0,
    dead_letters: {},
    parts: [
      {
        kind: "part_status",
        part: "feed:synthetic",
        ts_ms: values.ts_ms,
        state: "live",
        text: "Synthetic market, 8 symbols",
      },
      { kind: "part_status", part: "aggregate", ts_ms: values.ts_ms, state: "live", text: "16 partitions" },
    ],
    ...values,
  };
}

/** Random walks with candles of every interval, advanced by trades. */
export interface FakeMarket {
  trade(symbol: FakeSymbol, ts_ms: number): readonly Bar[];
  bars(symbol: string, interval: string): readonly Bar[];
}

export function makeFakeMarket(seed: number, now_ms: number, historyMinutes = 1_500): FakeMarket {
  const random = makeRandom(seed);
  const all = new Map<string, Bar[]>();
  const price = new Map<string, number>();
  const of = (symbol: string, interval: string): Bar[] => {
    const key = `${symbol}|${interval}`;
    const list = all.get(key) ?? [];
    all.set(key, list);
    return list;
  };
  const add = (symbol: string, interval: string, ts_ms: number, value: number, size: number, count: number): Bar[] => {
    const span = intervalMs(interval) ?? 1;
    const list = of(symbol, interval);
    const start_ts_ms = Math.floor(ts_ms / span) * span;
    const last = list.at(-1);
    if (last !== undefined && last.start_ts_ms === start_ts_ms) {
      const bar: Bar = {
        ...last,
        high: Math.max(last.high, value),
        low: Math.min(last.low, value),
        close: value,
        volume: last.volume + size,
        trade_count: last.trade_count + count,
        last_ts_ms: ts_ms,
      };
      list[list.length - 1] = bar;
      return [bar];
    }
    const out: Bar[] = [];
    if (last !== undefined && !last.final) {
      list[list.length - 1] = { ...last, final: true };
      out.push(list[list.length - 1]!);
    }
    const open = last?.close ?? value;
    const high = Math.max(open, value);
    const low = Math.min(open, value);
    const start = { symbol, interval, start_ts_ms, open, high, low, close: value, volume: size, trade_count: count };
    const bar = makeBar({ ...start, final: false, last_ts_ms: ts_ms });
    list.push(bar);
    out.push(bar);
    return out;
  };
  const walk = (one: FakeSymbol, scale: number): number => {
    const drift = (random() + random() + random() - 1.5) * scale;
    const next = (price.get(one.symbol) ?? one.start) * (1 + drift);
    const rounded = Number(next.toFixed(one.decimals));
    price.set(one.symbol, rounded);
    return rounded;
  };
  const trade = (one: FakeSymbol, ts_ms: number, scale: number, count: number, intervals: readonly string[]): Bar[] => {
    const value = walk(one, scale);
    const size = (random() ** 4 * 40 * 100) / one.start + 1 / one.start;
    return intervals.flatMap((interval) => add(one.symbol, interval, ts_ms, value, size, count));
  };

  for (const one of FAKE_SYMBOLS) {
    const from = now_ms - historyMinutes * 60_000;
    const long = INTERVALS.filter((interval) => interval !== "1s" && interval !== "5s");
    for (let t = from; t < now_ms - 600_000; t += 6_000) trade(one, t, 0.0007, 12, long);
    for (let t = now_ms - 600_000; t < now_ms; t += 500) trade(one, t, 0.0002, 2, INTERVALS);
  }
  return {
    trade: (one, ts_ms) => trade(one, ts_ms, 0.0002, 1, INTERVALS),
    bars: (symbol, interval) => of(symbol, interval),
  };
}
