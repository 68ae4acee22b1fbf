import type { Features, MarketRecord, Quote, Trade } from "../../messages/index.ts";
import type { Stage } from "../../stage.ts";
import { valueAt } from "../blocks.ts";
import { mayBeSaid, NEVER_SAID, type Paced, sayWaiting } from "../pace.ts";
import { AHEAD_MS } from "../price.ts";
import { sampleSd } from "../rolling/moments.ts";
import { addPoint, advance, emptySums, type Series, type SeriesSettings, series, sumsNow } from "../rolling/series.ts";
import { admit, type BySymbol, bySymbol, find, forgetIdle } from "../symbols.ts";
import { addLatency, forgetLatencies, type Latencies, latencies, latencyAt } from "./latencies.ts";
import { type FeaturesSettings, SHORT_MS } from "./settings.ts";

export { FEATURES_SETTINGS, type FeaturesSettings } from "./settings.ts";

interface SymbolFeatures extends Paced {
  /** Whose events count; null until a route says so. */
  route: string | null;
  provider: string;
  origin: Trade["origin"] | null;
  /** Of the newest event. */
  newest_ms: number;
  trades: Series;
  quote: { ts_ms: number; bid: number | null; ask: number | null } | null;
  latencies: Latencies;
}

export interface FeaturesState {
  settings: FeaturesSettings;
  symbols: BySymbol<SymbolFeatures>;
  /** Trades older than every window, quotes older than the last one. */
  late: number;
  /** Of providers that are not the symbol's. */
  unrouted: number;
  /** Event time at which idle symbols were last looked for. */
  looked_ms: number;
}

const SHORT = 0;
const LONG = 1;

const plans = new WeakMap<FeaturesSettings, SeriesSettings>();
function planOf(settings: FeaturesSettings): SeriesSettings {
  let plan = plans.get(settings);
  if (plan === undefined) {
    const { points_max, window_ms } = settings;
    plan = { lengths_ms: [SHORT_MS, window_ms], kept_ms: Math.max(SHORT_MS, window_ms), log: true, points_max };
    plans.set(settings, plan);
  }
  return plan;
}

function symbolOf(state: FeaturesState, symbol: string, provider: string): SymbolFeatures {
  const known = find(state.symbols, symbol);
  if (known !== undefined) return known;
  const one = { route: null, provider, origin: null, newest_ms: 0, ...fresh(state.settings) };
  return admit(state.symbols, symbol, one, state.settings.max_symbols, ({ newest_ms }) => newest_ms);
}

const fresh = (settings: FeaturesSettings): Paced & Pick<SymbolFeatures, "trades" | "quote" | "latencies"> => ({
  trades: series(planOf(settings)),
  quote: null,
  latencies: latencies(),
  said_ms: NEVER_SAID,
  changed: false,
});

const short = emptySums();
const long = emptySums();

function say(state: FeaturesState, symbol: string, one: SymbolFeatures, emit: (out: Features) => void): void {
  const plan = planOf(state.settings);
  const { trades, quote, newest_ms } = one;
  const { p, n } = trades;
  advance(trades, plan, newest_ms);
  forgetLatencies(one.latencies, newest_ms - state.settings.window_ms);
  sumsNow(trades, plan, SHORT, short);
  sumsNow(trades, plan, LONG, long);
  const bid = quote?.bid ?? null;
  const ask = quote?.ask ?? null;
  const mid = bid === null || ask === null ? null : bid + (ask - bid) / 2;
  const spread = bid === null || ask === null || ask < bid ? null : ask - bid;
  const count = n - short.first;
  one.changed = false;
  one.said_ms = newest_ms;
  emit({
    kind: "features",
    ...(one.origin === null || one.origin === undefined ? {} : { origin: one.origin }),
    provider: one.provider,
    symbol,
    ts_ms: newest_ms,
    mid,
    spread_abs: spread,
    spread_bps: spread === null || mid === null ? null : (10_000 * spread) / mid,
    trade_vwap_10s: short.volume > 0 ? short.notional / short.volume : null,
    trade_vwap_60s: long.volume > 0 ? long.notional / long.volume : null,
    trade_count_10s: count,
    trade_volume_10s: short.volume,
    return_10s: count < 2 ? null : valueAt(p, n - 1) / valueAt(p, short.first) - 1,
    realized_vol_60s: sampleSd(long),
    latency_ms_p50: latencyAt(one.latencies, 0.5),
    latency_ms_p95: latencyAt(one.latencies, 0.95),
  });
}

/** Puts a trade or quote in; false if it changed nothing. */
function take(state: FeaturesState, one: SymbolFeatures, record: Trade | Quote, ts_ms: number): boolean {
  if (record.kind === "trade") {
    if (!addPoint(one.trades, planOf(state.settings), ts_ms, record.price, record.size)) return false;
  } else {
    if (one.quote !== null && ts_ms < one.quote.ts_ms) return false;
    one.quote = { ts_ms, bid: record.bid, ask: record.ask };
  }
  if (record.recv_ms !== undefined)
    addLatency(one.latencies, ts_ms, record.recv_ms - record.ts_ms, state.settings.points_max);
  return true;
}

function takeEvent(state: FeaturesState, record: Trade | Quote, emit: (out: Features) => void): void {
  const { symbol, provider, recv_ms } = record;
  const one = symbolOf(state, symbol, provider);
  if (one.route !== null && one.route !== provider) {
    state.unrouted++;
    return;
  }
  const ts_ms = recv_ms === undefined ? record.ts_ms : Math.min(record.ts_ms, recv_ms + AHEAD_MS);
  if (!take(state, one, record, ts_ms)) {
    state.late++;
    return;
  }
  one.provider = provider;
  one.origin = record.origin ?? null;
  one.newest_ms = Math.max(one.newest_ms, ts_ms);
  if (mayBeSaid(one, one.newest_ms, state.settings.pub_ms)) say(state, symbol, one, emit);
}

/** Whose events count must not be forgotten with the events. */
function keepsRoute(state: FeaturesState, one: SymbolFeatures): boolean {
  if (one.route === null) return false;
  if (one.trades.n > 0 || one.quote !== null || one.latencies.n > 0) Object.assign(one, fresh(state.settings));
  return true;
}

/** Says what has waited for long enough at `due_ms`; infinity says all that waits. */
export function flushFeatures(state: FeaturesState, due_ms: number, emit: (out: Features) => void): void {
  sayWaiting(state.symbols, due_ms, state.settings.pub_ms, (symbol, one) => say(state, symbol, one, emit));
}

/** Trades and quotes → the eleven features, as of the newest event. A change of provider begins anew. */
export const features: Stage<FeaturesState, MarketRecord, Features, FeaturesSettings> = {
  version: 3,
  init: (settings) => ({ settings, symbols: bySymbol(), late: 0, unrouted: 0, looked_ms: NEVER_SAID }),
  step(state, record, emit) {
    if (record.kind === "trade") {
      if (record.fill === undefined) takeEvent(state, record, emit);
    } else if (record.kind === "quote") {
      takeEvent(state, record, emit);
    } else if (record.kind === "heartbeat") {
      if (record.reason === "silence") return;
      flushFeatures(state, record.ts_ms, emit);
      forgetIdle(
        state,
        record.ts_ms,
        state.settings.window_ms,
        (one) => one.newest_ms,
        (one) => keepsRoute(state, one),
      );
    } else if (record.kind === "route") {
      const one = symbolOf(state, record.symbol, record.provider);
      one.route = record.provider;
      if (one.provider === record.provider) return;
      one.provider = record.provider;
      Object.assign(one, fresh(state.settings));
    }
  },
};
