import { type MarketRecord, ROLLING_FEATURES, type Rolling, type Trade } from "../../messages/index.ts";
import type { Stage } from "../../stage.ts";
import { mayBeSaid, NEVER_SAID, type Paced, sayWaiting } from "../pace.ts";
import { AHEAD_MS } from "../price.ts";
import { type BySymbol, bySymbol, find, makeRoom, put } from "../symbols.ts";
import { kurtosis, sampleSd, skewness } from "./moments.ts";
import { rsiCutler, rsiWilder, rsiWilderNow } from "./rsi.ts";
import { addPoint, emptySums, newest, type Series, type SeriesSettings, series, sumsAt, sumsNow } from "./series.ts";
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
}

interface Plan extends SeriesSettings {
  /** Names of a record, in the order of `ROLLING_FEATURES`, window by window. */
  readonly names: readonly string[];
}

const plans = new WeakMap<RollingSettings, Plan>();
function planOf(settings: RollingSettings): Plan {
  let plan = plans.get(settings);
  if (plan === undefined) {
    plan = {
      lengths_ms: settings.windows.map(({ ms }) => ms),
      log: false,
      points_max: settings.points_max,
      names: settings.windows.flatMap(({ name }) => ROLLING_FEATURES.map((feature) => `${name}_${feature}`)),
    };
    plans.set(settings, plan);
  }
  return plan;
}

const sums = emptySums();

/** Window `which` up to the newest trade, or to an earlier time, in the order of `ROLLING_FEATURES`. */
function measure(all: Series, plan: Plan, which: number, ts_ms: number): (number | null)[] {
  let last = all.t.length - 1;
  const isNow = ts_ms === all.t[last]!;
  if (isNow) sumsNow(all, plan, which, sums);
  else last = sumsAt(all, plan, which, ts_ms, sums);
  const { first, volume, notional } = sums;
  const sd = sampleSd(sums);
  const change = last > first ? (all.p[last]! - all.p[first]!) / all.p[first]! : null;
  return [
    last - first + 1,
    volume > 0 ? notional / volume : null,
    change,
    sd,
    skewness(sums, sd),
    kurtosis(sums, sd),
    change,
    rsiCutler(all.p, first, last),
    isNow ? rsiWilderNow(all, plan, which, first) : rsiWilder(all.p, first, last),
  ];
}

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
  for (let w = 0; w < plan.lengths_ms.length; w++) {
    for (const value of measure(all, plan, w, ts_ms)) row[plan.names[at++]!] = value;
  }
  return row;
}

function say(state: RollingState, symbol: string, one: SymbolRolling, emit: (out: Rolling) => void): void {
  one.changed = false;
  one.said_ms = newest(one.series);
  emit(recordOf(state, symbol, one, one.said_ms, one.series.p[one.series.p.length - 1]!));
}

function takeTrade(state: RollingState, trade: Trade, emit: (out: Rolling) => void): void {
  const { settings, symbols } = state;
  const own = planOf(settings);
  const { symbol, recv_ms } = trade;
  const ts_ms = recv_ms === undefined ? trade.ts_ms : Math.min(trade.ts_ms, recv_ms + AHEAD_MS);
  let one = find(symbols, symbol);
  if (one === undefined) {
    makeRoom(
      symbols,
      settings.max_symbols,
      (known) => newest(known.series),
      () => false,
    );
    one = put(symbols, symbol, {
      series: series(own),
      provider: trade.provider,
      said_ms: NEVER_SAID,
      changed: false,
      origin: trade.origin ?? null,
    });
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

/** Says what has waited for long enough at `due_ms`; infinity says all that waits. */
export function flushRolling(state: RollingState, due_ms: number, emit: (out: Rolling) => void): void {
  sayWaiting(state.symbols, due_ms, state.settings.pub_ms, (symbol, one) => say(state, symbol, one, emit));
}

/**
 * Trades → rolling features over any windows. Trades that fill a gap make none; a change of provider begins anew, since
 * two venues' prices next to each other are no move.
 */
export const rolling: Stage<RollingState, MarketRecord, Rolling, RollingSettings> = {
  version: 1,
  init: (settings) => ({ settings, symbols: bySymbol(), late: 0 }),
  step(state, record, emit) {
    if (record.kind === "trade") {
      if (record.fill === undefined) takeTrade(state, record, emit);
    } else if (record.kind === "heartbeat") {
      if (record.reason !== "silence") flushRolling(state, record.ts_ms, emit);
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
