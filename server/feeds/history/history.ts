import { type Bar, barId } from "../../../core/messages/index.ts";
import type { Candle, Rest, Venue, VenueSymbol } from "../venue.ts";

const MINUTE_MS = 60_000;
const AT_ONCE = 6;

export interface HistoryOptions {
  readonly venue: Venue;
  readonly rest: Rest;
  readonly symbols: readonly VenueSymbol[];
  readonly from_ms: (symbol: string) => number;
  readonly to_ms: number;
  readonly signal: AbortSignal;
  /** What is there when this resolves has to do. */
  readonly enough: Promise<void>;
}

export interface History {
  /** Oldest minute first, over all symbols. */
  readonly bars: readonly Bar[];
  /** Symbols whose candles could not be had, with the venue's reason. */
  readonly missing: ReadonlyMap<string, string>;
}

/** A venue's own final minutes, as bars. What one symbol lacks keeps nobody else waiting. */
export async function fetchHistory(options: HistoryOptions): Promise<History> {
  const { venue, rest, symbols, from_ms, to_ms, signal, enough } = options;
  const bars: Bar[] = [];
  const missing = new Map<string, string>();
  const source = venue.rest;
  if (source === null) return { bars, missing };
  const left = [...symbols];
  /** Asked for, or still to be. */
  const due = new Set(symbols.map(({ symbol }) => symbol));
  let isOver = false;
  const end_ms = Math.floor(to_ms / MINUTE_MS) * MINUTE_MS;
  const worker = async (): Promise<void> => {
    for (;;) {
      const symbol = left.shift();
      if (symbol === undefined || signal.aborted || isOver) return;
      const start_ms = Math.floor(from_ms(symbol.symbol) / MINUTE_MS) * MINUTE_MS;
      try {
        if (start_ms >= end_ms) continue;
        const candles = await source.candles(rest, symbol, start_ms, end_ms);
        if (isOver) return;
        for (const candle of candles) {
          if (candle.start_ts_ms < start_ms || candle.start_ts_ms >= end_ms) continue;
          bars.push(barOf(venue.id, symbol.symbol, candle));
        }
      } catch (cause) {
        if (!isOver) missing.set(symbol.symbol, cause instanceof Error ? cause.message : String(cause));
      } finally {
        if (!isOver) due.delete(symbol.symbol);
      }
    }
  };
  await Promise.race([Promise.all(Array.from({ length: AT_ONCE }, worker)), enough]);
  isOver = true;
  for (const symbol of due) missing.set(symbol, `${venue.title} did not answer in time`);
  bars.sort((a, b) => a.start_ts_ms - b.start_ts_ms || (a.symbol < b.symbol ? -1 : 1));
  return { bars, missing };
}

function barOf(provider: string, symbol: string, candle: Candle): Bar {
  const { start_ts_ms, open, high, low, close, volume } = candle;
  // A venue that does not say what was paid in all: its candle's middle stands for it.
  const notional = candle.notional ?? volume * ((high + low + close) / 3);
  const vwap = volume > 0 ? Math.min(high, Math.max(low, notional / volume)) : close;
  return {
    kind: "bar",
    origin: "venue",
    bar_id: barId(symbol, start_ts_ms, "1m"),
    revision: 0,
    symbol,
    provider,
    interval: "1m",
    start_ts_ms,
    end_ts_ms: start_ts_ms + MINUTE_MS,
    open,
    high,
    low,
    close,
    volume,
    notional,
    vwap,
    trade_count: candle.trade_count ?? 0,
    bin_count: 0,
    // Unknown sides lean to neither.
    buy_volume: Math.min(volume, candle.buy_volume ?? volume / 2),
    max_late_ms: 0,
    final: true,
    partial: false,
  };
}
