import { type Bar, intervalMs } from "../../messages/bar.ts";
import type { Gap } from "../../messages/gap.ts";
import { accOfBar, MIXED } from "./acc.ts";
import { isPartial, own } from "./fold.ts";
import { asTold, takeGap } from "./gaps.ts";
import { bars } from "./index.ts";
import { retire } from "./retire.ts";
import type { BarsSettings } from "./settings.ts";
import { type BarsState, NONE, nodeFor, type SymbolBars } from "./state.ts";
import { symbolOf } from "./symbol.ts";

export interface ColdStart {
  /**
   * Final bars of `tape.bars`, in any order, highest revision or all of them. 1 m bars back to the start of the longest
   * bar that is still open; of the other intervals those that end after `log_whole_from_ms`, so that what is said of them
   * from now on has a higher revision than what was.
   */
  readonly bars: readonly Bar[];
  /** The newest statement of each gap of `tape.gaps` that is open or lost. */
  readonly gaps?: readonly Gap[];
  /** Event time from which the market log holds everything. */
  readonly log_whole_from_ms: number;
  /** From where the 1 m bars given are complete; by default the start of the oldest one. */
  readonly bars_whole_from_ms?: number;
}

/**
 * Where a replay of the whole log begins: the minutes before it come from their stored bars, long open bars are folded
 * from them, and what is whole neither here nor there will say `partial`. A stored final bar is said again only with more
 * trades.
 */
export function coldBars(settings: BarsSettings, start: ColdStart): BarsState {
  const state = bars.init(settings);
  const whole_ms = start.log_whole_from_ms;
  const newest = newestOf(start.bars);
  const minutes = newest.filter((bar) => bar.interval === "1m");
  state.whole_from_ms = whole_ms;
  if (minutes.length > 0) {
    state.stored_from_ms = start.bars_whole_from_ms ?? Math.min(...minutes.map((bar) => bar.start_ts_ms));
    state.stored_to_ms = minutes.reduce((to, bar) => Math.max(to, bar.end_ts_ms), NONE);
  }
  for (const gap of start.gaps ?? []) {
    const s = gap.symbol === "*" ? null : symbolOf(state, gap.symbol, gap.to_ms);
    takeGap(s === null ? state.gaps : s.gaps, asTold(gap), settings.gaps_max);
  }
  for (const bar of newest) {
    const index = state.plan.levels.findIndex((level) => level.shown && level.interval === bar.interval);
    const isMinute = bar.interval === "1m";
    if (!isMinute && (index < 0 || bar.end_ts_ms <= whole_ms)) continue;
    const s = symbolOf(state, bar.symbol, bar.end_ts_ms);
    if (s === null) continue;
    // Its heartbeats count before its first trade.
    if (bar.provider !== MIXED) s.provider = bar.provider;
    recall(state, s, isMinute ? state.plan.minute : index, bar);
  }
  for (const s of Object.values(state.symbols.of)) {
    statedBefore(state, s, whole_ms);
    retire(state, s, whole_ms - settings.revise_ms);
    s.wake_ms = NONE;
  }
  return state;
}

function newestOf(all: readonly Bar[]): Bar[] {
  const newest = new Map<string, Bar>();
  for (const bar of all) {
    const length_ms = intervalMs(bar.interval);
    if (!bar.final || length_ms === null || bar.end_ts_ms - bar.start_ts_ms !== length_ms) continue;
    const known = newest.get(bar.bar_id);
    if (known === undefined || bar.revision > known.revision) newest.set(bar.bar_id, bar);
  }
  const length = (bar: Bar): number => bar.end_ts_ms - bar.start_ts_ms;
  return [...newest.values()].sort((a, b) => a.start_ts_ms - b.start_ts_ms || length(a) - length(b));
}

/** A stored bar is known as said; a minute stands in for its trades as history does. */
function recall(state: BarsState, s: SymbolBars, index: number, bar: Bar): void {
  const node = nodeFor(state, s, index, bar.start_ts_ms);
  if (node === null) return;
  const { open } = s.levels[index]!;
  if (node.said === null) open.splice(open.indexOf(node.start_ms), 1);
  node.revision = bar.revision + 1;
  const { trade_count: trades, bin_count: bins, volume, partial, provider } = bar;
  node.said = { trades, bins, volume, partial, provider };
  // Quotes stood in for it: whether it trades, its own records will show.
  if (bar.price_source === undefined) s.traded = true;
  if (index === state.plan.minute) node.history = accOfBar(bar);
  else {
    node.stored_trades = trades;
    node.stored_bins = bar.price_source === undefined ? 0 : bins;
  }
}

/** What ended before the log begins was said by whoever ran before. */
function statedBefore(state: BarsState, s: SymbolBars, whole_ms: number): void {
  for (let index = 0; index < s.levels.length; index++) {
    const { ms } = state.plan.levels[index]!;
    const level = s.levels[index]!;
    for (const node of level.nodes) {
      const acc = own(state, s, index, node);
      if (node.said !== null || node.start_ms + ms <= whole_ms) node.acc = acc;
      if (node.said !== null || node.start_ms + ms > whole_ms) continue;
      level.open.splice(level.open.indexOf(node.start_ms), 1);
      node.revision = 1;
      node.said = {
        trades: acc.trades,
        bins: acc.bins,
        volume: acc.volume + acc.volume_c,
        partial: isPartial(state, s, index, node, acc),
        provider: acc.provider,
      };
    }
  }
}
