import type { MarketRecord, Origin, PriceRecord } from "../messages/index.ts";
import type { Stage } from "../stage.ts";
import { parseIso } from "../text/time.ts";
import { admit, type BySymbol, bySymbol, find } from "./symbols.ts";

export interface PriceSettings {
  /** PRICE_SAMPLE_MS: at most one price per this much event time … */
  readonly sample_ms: number;
  /** … and one at once when it moved this far since the last. */
  readonly move: number;
  readonly max_symbols: number;
}
export const PRICE_SETTINGS: PriceSettings = { sample_ms: 1_000, move: 0.001, max_symbols: 5_000 };

interface Sampled {
  price: number;
  ts_ms: number;
  /** Once a symbol trades, its quotes say nothing about its price any more. */
  trades: boolean;
}
export interface PriceState {
  settings: PriceSettings;
  symbols: BySymbol<Sampled>;
}

/** Receive time bounds event time: a trade dated ahead must not silence the honest ones after it. */
export const AHEAD_MS = 1_000;

function sample(
  state: PriceState,
  at: { symbol: string; price: number; ts_ms: number; trade: boolean; origin: Origin | undefined },
  emit: (out: PriceRecord) => void,
): void {
  const { settings, symbols } = state;
  // Two prices of one millisecond would share their key (time, symbol): the second waits for the next trade.
  const ts_ms = Math.floor(at.ts_ms);
  let last = find(symbols, at.symbol);
  if (last === undefined) {
    last = { price: at.price, ts_ms, trades: at.trade };
    admit(symbols, at.symbol, last, settings.max_symbols, (known) => known.ts_ms);
  } else {
    if (at.trade) last.trades = true;
    else if (last.trades) return;
    if (ts_ms <= last.ts_ms) return;
    // 100 → 100.1 is a thousandth to a person; in doubles it is a hair less.
    const moved = Math.abs(at.price / last.price - 1) >= settings.move * (1 - 1e-9);
    if (ts_ms - last.ts_ms < settings.sample_ms && !moved) return;
    last.price = at.price;
    last.ts_ms = ts_ms;
  }
  emit({
    kind: "price",
    ...(at.origin === undefined ? {} : { origin: at.origin }),
    symbol: at.symbol,
    price: at.price,
    time: new Date(ts_ms).toISOString(),
  });
}

/**
 * `price` records from trades, or from quote mids and a venue's own prices where it has no trades. Trades that fill a gap
 * make none.
 */
export const price: Stage<PriceState, MarketRecord, PriceRecord, PriceSettings> = {
  version: 2,
  init: (settings) => ({ settings, symbols: bySymbol() }),
  step(state, record, emit) {
    if (record.kind === "trade") {
      if (record.fill !== undefined) return;
      const ts_ms = record.recv_ms === undefined ? record.ts_ms : Math.min(record.ts_ms, record.recv_ms + AHEAD_MS);
      sample(state, { symbol: record.symbol, price: record.price, ts_ms, trade: true, origin: record.origin }, emit);
    } else if (record.kind === "quote") {
      const { bid, ask } = record;
      if (bid === null || ask === null || ask < bid) return;
      const ts_ms = record.recv_ms === undefined ? record.ts_ms : Math.min(record.ts_ms, record.recv_ms + AHEAD_MS);
      const mid = bid + (ask - bid) / 2;
      sample(state, { symbol: record.symbol, price: mid, ts_ms, trade: false, origin: record.origin }, emit);
    } else if (record.kind === "price") {
      const { symbol, price, time, origin } = record;
      sample(state, { symbol, price, ts_ms: parseIso(time), trade: false, origin }, emit);
    }
  },
};
