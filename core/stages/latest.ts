import type { Latest, MarketRecord, Quote, Trade } from "../messages/index.ts";
import type { Stage } from "../stage.ts";
import { mayBeSaid, NEVER_SAID, type Paced, sayWaiting } from "./pace.ts";
import { AHEAD_MS } from "./price.ts";
import { admit, type BySymbol, bySymbol, find } from "./symbols.ts";

export interface LatestSettings {
  /** A symbol is said at most once in so much event time. */
  readonly pub_ms: number;
  readonly max_symbols: number;
}
export const LATEST_SETTINGS: LatestSettings = { pub_ms: 250, max_symbols: 5_000 };

interface SymbolLatest extends Paced {
  /** Whose events count; null until a route says so. */
  route: string | null;
  newest_ms: number;
  trade: Trade | null;
  quote: Quote | null;
}

export interface LatestState {
  settings: LatestSettings;
  symbols: BySymbol<SymbolLatest>;
}

function symbolOf({ symbols, settings }: LatestState, symbol: string): SymbolLatest {
  const known = find(symbols, symbol);
  if (known !== undefined) return known;
  const one = { route: null, newest_ms: 0, trade: null, quote: null, said_ms: NEVER_SAID, changed: false };
  return admit(symbols, symbol, one, settings.max_symbols, ({ newest_ms }) => newest_ms);
}

function say(symbol: string, one: SymbolLatest, emit: (out: Latest) => void): void {
  const { trade, quote } = one;
  const newer = quote === null || (trade !== null && trade.ts_ms >= quote.ts_ms) ? trade : quote;
  if (newer === null) return;
  const { origin, provider, ts_ms } = newer;
  one.changed = false;
  one.said_ms = one.newest_ms;
  emit({ kind: "latest", ...(origin !== undefined && { origin }), provider, symbol, ts_ms, trade, quote });
}

function take(state: LatestState, record: Trade | Quote, emit: (out: Latest) => void): void {
  const one = symbolOf(state, record.symbol);
  if (one.route !== null && one.route !== record.provider) return;
  const before = record.kind === "trade" ? one.trade : one.quote;
  // A trade that was overtaken is not the latest.
  if (before !== null && before.provider === record.provider && record.ts_ms < before.ts_ms) return;
  if (record.kind === "trade") one.trade = record;
  else one.quote = record;
  const { ts_ms, recv_ms } = record;
  one.newest_ms = Math.max(one.newest_ms, recv_ms === undefined ? ts_ms : Math.min(ts_ms, recv_ms + AHEAD_MS));
  if (mayBeSaid(one, one.newest_ms, state.settings.pub_ms)) say(record.symbol, one, emit);
}

/** Trades and quotes → the newest of each, a few times a second, the last one of a burst included. */
export const latest: Stage<LatestState, MarketRecord, Latest, LatestSettings> = {
  version: 1,
  init: (settings) => ({ settings, symbols: bySymbol() }),
  step(state, record, emit) {
    if (record.kind === "quote" || (record.kind === "trade" && record.fill === undefined)) {
      take(state, record, emit);
    } else if (record.kind === "heartbeat") {
      if (record.reason === "silence") return;
      sayWaiting(state.symbols, record.ts_ms, state.settings.pub_ms, (symbol, one) => say(symbol, one, emit));
    } else if (record.kind === "route") {
      const one = symbolOf(state, record.symbol);
      if (one.route === record.provider) return;
      Object.assign(one, { route: record.provider, newest_ms: 0, trade: null, quote: null, changed: false });
      one.said_ms = NEVER_SAID;
    }
  },
};
