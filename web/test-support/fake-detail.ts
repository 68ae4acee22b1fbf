import type { Book } from "../../core/messages/book.ts";
import type { Features } from "../../core/messages/features.ts";
import { type Signal, signalId, signalTime } from "../../core/messages/signal.ts";

const PROVIDER = "synthetic";

/** Features that move a little with time. */
export function fakeFeatures(symbol: string, mid: number, ts_ms: number, values: Partial<Features> = {}): Features {
  const wave = Math.sin(ts_ms / 7_000);
  return {
    kind: "features",
    origin: "synthetic",
    provider: PROVIDER,
    symbol,
    ts_ms,
    mid,
    spread_abs: mid * 0.000_1 * (2 + wave),
    spread_bps: 2 + wave,
    trade_vwap_10s: mid * (1 + wave * 0.000_1),
    trade_vwap_60s: mid * (1 - wave * 0.000_2),
    trade_count_10s: Math.round(40 + 20 * wave),
    trade_volume_10s: 3.2 + wave,
    return_10s: 0.000_8 * wave,
    realized_vol_60s: 0.000_12 + 0.000_02 * wave,
    latency_ms_p50: 38 + 4 * wave,
    latency_ms_p95: 71 + 9 * wave,
    ...values,
  };
}

export function fakeBook(
  symbol: string,
  mid: number,
  decimals: number,
  ts_ms: number,
  values: Partial<Book> = {},
): Book {
  const tick = 10 ** -decimals;
  const side = (sign: 1 | -1): [number, number][] =>
    Array.from({ length: 20 }, (_, i) => [
      Number((mid + sign * tick * (i + 1)).toFixed(decimals)),
      Number((0.4 + ((i * 7 + 3) % 11) / 4).toFixed(3)),
    ]);
  return {
    ver: 1,
    kind: "book",
    origin: "synthetic",
    provider: PROVIDER,
    symbol,
    ts_ms,
    seq: ts_ms,
    event_id: `${PROVIDER}|${symbol}|book|${ts_ms}`,
    bids: side(-1),
    asks: side(1),
    depth: 20,
    checksum_ok: null,
    ...values,
  };
}

export function fakeSignals(symbol: string, now_ms: number): Signal[] {
  return [
    { name: "long", value: 1, score: null, direction: "long" as const, ago_ms: 42_000 },
    { name: "rsi_overbought", value: -1, score: 0.7, ago_ms: 190_000 },
  ].map(({ ago_ms, ...signal }) => {
    const ts = signalTime(now_ms - ago_ms);
    return {
      ver: 1,
      kind: "signal",
      origin: "synthetic",
      id: signalId(PROVIDER, symbol, ts, signal.name),
      provider: PROVIDER,
      symbol,
      ts,
      meta: {},
      ...signal,
    };
  });
}
