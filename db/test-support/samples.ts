import { type Alert, type Bar, barId, type DeadLetter, type Gap, type Headline } from "../../core/messages/index.ts";

export const T0 = 1_700_000_000_000;
export const iso = (ms: number): string => new Date(ms).toISOString();

export const bar = (change: Partial<Bar> = {}): Bar => {
  const { symbol = "BTCUSDT", start_ts_ms = T0, interval = "1m" } = change;
  return {
    kind: "bar",
    origin: "live",
    bar_id: barId(symbol, start_ts_ms, interval),
    revision: 0,
    symbol: "BTCUSDT",
    provider: "binance",
    interval: "1m",
    start_ts_ms: T0,
    end_ts_ms: T0 + 60_000,
    open: 100.1,
    high: 1e15,
    low: 1e-12,
    close: 0.1 + 0.2,
    volume: 1e18,
    notional: 123_456.789,
    vwap: 100.3,
    trade_count: 10,
    bin_count: 5,
    buy_volume: 3,
    max_late_ms: 0.125,
    final: true,
    partial: false,
    last_ts_ms: T0 + 59_999.123,
    ingest_ts_ms: T0 + 60_010,
    ...change,
  };
};

export const alert = (change: Partial<Alert> = {}): Alert => ({
  kind: "move",
  id: `SOLUSDT:up:${T0}`,
  revision: 0,
  severity: "alert",
  state: "open",
  time: iso(T0),
  start_ms: T0 - 48_000,
  updated_ms: T0,
  symbol: "SOLUSDT",
  window: "1m",
  direction: "up",
  ret: 0.0621,
  threshold: 0.025,
  title: "▲ SOLUSDT +6.21 %",
  summary: "text",
  summary_source: "template",
  evidence: { note: "kept as it is" } as unknown as Alert["evidence"],
  ...change,
});

export const gap = (change: Partial<Gap> = {}): Gap => ({
  kind: "gap",
  id: "binance|BTCUSDT|trade|17",
  revision: 0,
  provider: "binance",
  symbol: "BTCUSDT",
  stream: "trade",
  from_seq: 17,
  to_seq: null,
  from_ms: T0 + 0.5,
  to_ms: T0 + 4_000,
  status: "open",
  ...change,
});

export const headline = (change: Partial<Headline> = {}): Headline => ({
  kind: "headline",
  id: "h1",
  revision: 0,
  time: iso(T0),
  title: "A title",
  source: "Publisher",
  url: "https://example.org/a",
  sentiment: null,
  label: null,
  confidence: null,
  symbols: ["BTCUSDT", 'we"ird\\,{}'],
  ...change,
});

export const letter = (id: string): DeadLetter => ({
  kind: "dead_letter",
  id,
  where: "bars",
  reason: "too_old",
  detail: "late by 20 min",
  symbol: null,
  ts_ms: null,
  raw: "{}",
});

/** The code a call is rejected with. (`expect().rejects` would keep the runner from hearing the other thread.) */
export const refusal = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => "none",
    (cause: { code?: string }) => String(cause.code),
  );
