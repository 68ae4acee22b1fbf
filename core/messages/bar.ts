import { z } from "zod";
import { Amount, EpochMs, Origin, Price, SymbolName } from "./common.ts";

/** Served intervals, shortest first; each divides the next one that folds it. */
export const INTERVALS = ["1s", "5s", "1m", "5m", "15m", "1h", "1d"] as const;
export type Interval = (typeof INTERVALS)[number];
/** What readers can ask for: bars of two seconds are there where a configuration has micro-batches of that length. */
export const READ_INTERVALS = ["1s", "2s", "5s", "1m", "5m", "15m", "1h", "1d"] as const;
export type ReadInterval = (typeof READ_INTERVALS)[number];

const UNIT_MS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** "5m" → 300000; null when it is no interval. */
export function intervalMs(interval: string): number | null {
  const match = /^([1-9][0-9]{0,6})(ms|s|m|h|d)$/.exec(interval);
  return match === null ? null : Number(match[1]) * (UNIT_MS[match[2] ?? ""] ?? 0);
}

/** Which side of its quotes prices a bar of a symbol that is quoted and never traded. */
export const PriceSource = z.enum(["mid", "bid", "ask"]);
export type PriceSource = z.infer<typeof PriceSource>;

export const Bar = z.object({
  kind: z.literal("bar"),
  origin: Origin.optional(),
  bar_id: z.string().min(1).max(200),
  /** A final bar starts at 0; every late correction adds one. */
  revision: z.number().int().min(0),
  symbol: SymbolName,
  /** "mixed" where a failover touched the bar. */
  provider: z.string().min(1).max(64),
  interval: z.string().regex(/^[1-9][0-9]{0,6}(ms|s|m|h|d)$/),
  start_ts_ms: EpochMs,
  end_ts_ms: EpochMs,
  open: Price,
  high: Price,
  low: Price,
  close: Price,
  volume: Amount,
  notional: z.number().min(0),
  vwap: Price,
  trade_count: z.number().int().min(0),
  bin_count: z.number().int().min(0),
  /** Volume of trades whose taker bought. */
  buy_volume: Amount,
  max_late_ms: z.number().min(0),
  final: z.boolean(),
  /** Something that belongs into this bar is known to be missing, or may be. */
  partial: z.boolean(),
  /** Made of quotes, not of trades: volume and trade count are 0, `bin_count` counts the bins that hold a quote. */
  price_source: PriceSource.optional(),
  /** Event time of the newest trade inside; lets a reader measure how old what it sees is. */
  last_ts_ms: EpochMs.optional(),
  /** Stamped by the shell when it publishes; no part of identity. */
  ingest_ts_ms: EpochMs.optional(),
});
export type Bar = z.infer<typeof Bar>;

/** `<symbol>-<start_ms>` for 1 s bars, `<symbol>-<start_ms>-<interval>` for the others. */
export function barId(symbol: string, start_ts_ms: number, interval: string): string {
  return interval === "1s" ? `${symbol}-${start_ts_ms}` : `${symbol}-${start_ts_ms}-${interval}`;
}
