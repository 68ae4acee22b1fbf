import type { Bar } from "../../messages/bar.ts";
import { barId } from "../../messages/bar.ts";
import { type Acc, append, emptyAcc, isEmpty, MIXED, rounded } from "./acc.ts";
import { touchedByGap } from "./gaps.ts";
import { MINUTE_MS } from "./settings.ts";
import { type BarsState, firstFrom, type Node, type SymbolBars } from "./state.ts";

/** Its own trades, all of them. */
export function own(state: BarsState, s: SymbolBars, index: number, node: Node): Acc {
  const { ms, child } = state.plan.levels[index]!;
  if (child < 0) return node.acc;
  const acc = node.base === null ? emptyAcc() : { ...node.base };
  const { nodes } = s.levels[child]!;
  const end_ms = node.start_ms + ms;
  for (let i = firstFrom(nodes, node.start_ms); i < nodes.length && nodes[i]!.start_ms < end_ms; i++) {
    append(acc, part(state, s, child, nodes[i]!));
  }
  return acc;
}

/** What it contributes to the bars over it. */
export function part(state: BarsState, s: SymbolBars, index: number, node: Node): Acc {
  const acc = node.said !== null && !node.dirty ? node.acc : own(state, s, index, node);
  return index === state.plan.minute ? rounded(best(node, acc)) : acc;
}

/** History stands in for a minute unless its own trades are more (more volume, where a venue does not count trades). */
export function best(node: Node, own: Acc): Acc {
  const { history } = node;
  if (history === null) return own;
  if (history.source !== own.source && !isEmpty(own)) return own.source === "" ? own : history;
  if (own.source !== "") return own.bins > history.bins ? own : history;
  const more = history.trades > 0 ? own.trades > history.trades : own.volume > history.volume;
  return more ? own : history;
}

/** Something that belongs into it is missing, or may be. */
export function isPartial(state: BarsState, s: SymbolBars, index: number, node: Node, acc: Acc): boolean {
  const { ms } = state.plan.levels[index]!;
  if (acc === node.history) return acc.partial;
  if (acc.partial || node.mixed || node.stalled || acc.provider === MIXED) return true;
  if (s.silent && node.said === null) return true;
  if (node.start_ms < s.whole_from_ms && !(ms >= MINUTE_MS && covered(s, node.start_ms))) return true;
  return touchedByGap(state, s, acc.provider, node.start_ms, node.start_ms + ms);
}

/** Stored or venue bars reach from there to where our own trades begin. */
const covered = (s: SymbolBars, start_ms: number): boolean =>
  s.covered_from_ms <= start_ms && s.covered_to_ms >= s.whole_from_ms;

export const providerOf = (node: Node, acc: Acc): string => (node.mixed && acc !== node.history ? MIXED : acc.provider);

export function statement(
  state: BarsState,
  s: SymbolBars,
  index: number,
  node: Node,
  acc: Acc,
  partial: boolean,
  final: boolean,
): Bar {
  const { interval, ms } = state.plan.levels[index]!;
  const { start_ms, revision } = node;
  return barOf(acc, {
    symbol: s.symbol,
    provider: providerOf(node, acc),
    interval,
    start_ms,
    ms,
    revision,
    partial,
    final,
  });
}

/** A span's sums as the record of a bar. */
export function barOf(
  acc: Acc,
  said: Pick<Bar, "symbol" | "provider" | "interval" | "revision" | "partial" | "final"> & {
    readonly start_ms: number;
    readonly ms: number;
  },
): Bar {
  const volume = acc.volume + acc.volume_c;
  const notional = acc.notional + acc.notional_c;
  const mean = notional / volume;
  const bar: Bar = {
    kind: "bar",
    bar_id: barId(said.symbol, said.start_ms, said.interval),
    revision: said.revision,
    symbol: said.symbol,
    provider: said.provider,
    interval: said.interval,
    start_ts_ms: said.start_ms,
    end_ts_ms: said.start_ms + said.ms,
    open: acc.open,
    high: acc.high,
    low: acc.low,
    close: acc.close,
    volume,
    notional,
    // Rounding may not carry the mean out of the prices it is the mean of.
    vwap: mean > 0 ? Math.min(acc.high, Math.max(acc.low, mean)) : acc.close,
    trade_count: acc.trades,
    bin_count: acc.bins,
    buy_volume: acc.buy + acc.buy_c,
    max_late_ms: acc.late_ms,
    final: said.final,
    partial: said.partial,
  };
  if (acc.origin !== "") bar.origin = acc.origin;
  if (acc.source !== "") bar.price_source = acc.source;
  if (acc.last_ts_ms > 0) bar.last_ts_ms = acc.last_ts_ms;
  return bar;
}
