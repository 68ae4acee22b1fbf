import { type MarketRecord, ROLLING_FEATURES, type Rolling, type Trade } from "../../messages/index.ts";
import type { Stage } from "../../stage.ts";
import { valueAt } from "../blocks.ts";
import { mayBeSaid, NEVER_SAID, type Paced, sayWaiting } from "../pace.ts";
import { AHEAD_MS } from "../price.ts";
import { admit, type BySymbol, bySymbol, find, forgetIdle } from "../symbols.ts";
import { lookOf } from "./look.ts";
import { featureOf, sumUp, unmeasured } from "./measure.ts";
import { planOf } from "./plan.ts";
import { addPoint, newest, type Series, series } from "./series.ts";
import type { RollingSettings } from "./settings.ts";

export { ROLLING_SETTINGS, type RollingSettings, rollingWindows } from "./settings.ts";

interface SymbolRolling extends Paced {
  series: Series;
  provider: string;
  origin: Trade["origin"] | null;
}

export interface RollingState {
  settings: RollingSettings;
  symbols: BySymbol<SymbolRolling>;
  /** Trades older than every window. */
  late: number;
  /** Event time at which idle symbols were last looked for. */
  looked_ms: number;
}

const measured = unmeasured();

function recordOf(state: RollingState, symbol: string, one: SymbolRolling, ts_ms: number, price: number): Rolling {
  const plan = planOf(state.settings);
  const all = one.series;
  const row: Rolling = {
    kind: "rolling",
    ...(one.origin === null || one.origin === undefined ? {} : { origin: one.origin }),
    provider: one.provider,
    symbol,
    ts_ms,
    price,
  };
  let at = 0;
  measured.cutler = Number.NaN;
  for (let w = 0; w < plan.lengths_ms.length; w++) {
    sumUp(all, plan, w, ts_ms, measured);
    for (const feature of ROLLING_FEATURES) row[plan.names[at++]!] = featureOf(feature, all, plan, w, measured);
  }
  return row;
}

function say(state: RollingState, symbol: string, one: SymbolRolling, emit: (out: Rolling) => void): void {
  one.changed = false;
  one.said_ms = newest(one.series);
  emit(recordOf(state, symbol, one, one.said_ms, valueAt(one.series.p, one.series.n - 1)));
}

function takeTrade(state: RollingState, trade: Trade, emit: (out: Rolling) => void): void {
  const { settings, symbols } = state;
  const own = planOf(settings);
  const { symbol, recv_ms } = trade;
  const ts_ms = recv_ms === undefined ? trade.ts_ms : Math.min(trade.ts_ms, recv_ms + AHEAD_MS);
  let one = find(symbols, symbol);
  if (one === undefined) {
    const { provider, origin = null } = trade;
    const begun = { series: series(own), provider, said_ms: NEVER_SAID, changed: false, origin };
    one = admit(symbols, symbol, begun, settings.max_symbols, (known) => newest(known.series));
  }
  if (!addPoint(one.series, own, ts_ms, trade.price, trade.size)) {
    state.late++;
    return;
  }
  one.provider = trade.provider;
  if (settings.pub_ms === 0) {
    emit(recordOf(state, symbol, one, ts_ms, trade.price));
    return;
  }
  if (mayBeSaid(one, newest(one.series), settings.pub_ms)) say(state, symbol, one, emit);
}

/** Of the newest trade, judged before the next one; null where nothing is known of the symbol. */
export function lookAt(state: RollingState, symbol: string): Rolling | null {
  const one = find(state.symbols, symbol);
  if (one === undefined || newest(one.series) < 0) return null;
  return lookOf(planOf(state.settings)).at(symbol, one);
}

/** Says what has waited for long enough at `due_ms`; infinity says all that waits. */
export function flushRolling(state: RollingState, due_ms: number, emit: (out: Rolling) => void): void {
  sayWaiting(state.symbols, due_ms, state.settings.pub_ms, (symbol, one) => say(state, symbol, one, emit));
}

/**
 * Trades → rolling features over any windows. Trades that fill a gap make none; a change of provider begins anew, since
 * two venues' prices next to each other are no move.
 */
export const rolling: Stage<RollingState, MarketRecord, Rolling, RollingSettings> = {
  version: 3,
  init: (settings) => ({ settings, symbols: bySymbol(), late: 0, looked_ms: NEVER_SAID }),
  step(state, record, emit) {
    if (record.kind === "trade") {
      if (record.fill === undefined) takeTrade(state, record, emit);
    } else if (record.kind === "heartbeat") {
      if (record.reason === "silence") return;
      flushRolling(state, record.ts_ms, emit);
      forgetIdle(state, record.ts_ms, planOf(state.settings).longest_ms, ({ series }) => newest(series));
    } else if (record.kind === "route") {
      const one = find(state.symbols, record.symbol);
      if (one === undefined || one.provider === record.provider) return;
      one.provider = record.provider;
      one.series = series(planOf(state.settings));
      one.said_ms = NEVER_SAID;
      one.changed = false;
    }
  },
};
