import { isAmount, isPrice } from "../../messages/common.ts";
import type { DeadLetter } from "../../messages/dead-letter.ts";
import type { Quote } from "../../messages/quote.ts";
import type { Trade } from "../../messages/trade.ts";
import { type Acc, addBuy, addNotional, addVolume, emptyAcc, touch } from "./acc.ts";
import { moveSeen } from "./clock.ts";
import { loseGap } from "./gaps.ts";
import { beginTrading } from "./quoted.ts";
import { deadLetter } from "./refuse.ts";
import { type Emit, markDirty, settle } from "./settle.ts";
import {
  type BarsState,
  type Counts,
  emptyKeys,
  floorTo,
  type Keys,
  NONE,
  type Node,
  nodeAt,
  nodeFor,
  type Routed,
  type SymbolBars,
} from "./state.ts";
import { symbolOf } from "./symbol.ts";

export const TIME_MAX_MS = 8.64e15;

export type EmitAll = Emit & ((out: DeadLetter) => void);
type Print = Trade | Quote;

export function refuse(state: BarsState, print: Print, reason: keyof Counts, detail: string, emit: EmitAll): void {
  state.counts[reason]++;
  emit(deadLetter("bars", print, reason, detail));
}

/** Only the routed provider's records make a symbol's bars; both providers' are on the tape. */
export function isRouted(route: Routed | null, { provider, ts_ms }: Print): boolean {
  if (route === null) return true;
  if (provider === route.provider) return ts_ms >= route.from_ms;
  return provider === route.previous && ts_ms < route.from_ms;
}

/** What of a trade enters a bar. */
export type Counted = Pick<Trade, "provider" | "origin" | "ts_ms" | "price" | "size" | "side" | "seq">;

export const takesTrades = ({ price_source }: BarsState["settings"]): boolean =>
  price_source === "auto" || price_source === "trade";

export const isUsable = ({ price, size, ts_ms }: Counted): boolean =>
  isPrice(price) && isAmount(size) && ts_ms >= 0 && ts_ms <= TIME_MAX_MS;

/** True if it came before its time, by its own receive time, and was refused for that. */
export function isFuture(state: BarsState, print: Print, emit: EmitAll): boolean {
  const { ts_ms, recv_ms } = print;
  if (recv_ms === undefined || ts_ms <= recv_ms + state.settings.skew_max_ms) return false;
  refuse(state, print, "future", `${ts_ms - recv_ms} ms ahead of its receive time`, emit);
  return true;
}

export function takeTrade(state: BarsState, trade: Trade, emit: EmitAll): void {
  const { settings } = state;
  if (!takesTrades(settings)) return;
  const { ts_ms } = trade;
  if (!isUsable(trade)) {
    refuse(state, trade, "invalid", "price, size or time is out of bounds", emit);
    return;
  }
  if (isFuture(state, trade, emit)) return;
  const s = symbolOf(state, trade.symbol, ts_ms);
  if (s === null) {
    refuse(state, trade, "too_many", `${settings.symbols_max} symbols are known already`, emit);
    return;
  }
  if (!isRouted(s.route, trade)) {
    state.counts.unrouted++;
    return;
  }
  if (!s.traded) beginTrading(state, s);
  const isFill = trade.fill !== undefined;
  const leaf = leafFor(state, s, trade, isFill, emit);
  if (leaf === null) return;
  state.counts.trades++;
  const late_ms = isFill ? 0 : Math.max(s.seen_ms - ts_ms, 0);
  addTrade(leaf, trade, late_ms, Math.floor((ts_ms - leaf.start_ms) / settings.bin_ms));
  taken(state, s, leaf, trade, isFill, emit);
}

/** The shortest bar that holds it; null where it was refused, because it is late or there is no room. */
export function leafFor(state: BarsState, s: SymbolBars, print: Print, isFill: boolean, emit: EmitAll): Node | null {
  const { settings, plan } = state;
  const { ts_ms, recv_ms } = print;
  // A heartbeat from the future had moved its clock: what was received since knows better.
  if (recv_ms !== undefined && !isFill && s.due_ms > recv_ms + settings.skew_max_ms) s.due_ms = s.seen_ms;
  const behind_ms = isFill ? 0 : s.seen_ms - ts_ms;
  if (behind_ms > settings.late_ms && isLate(settings, s.seen_ms, ts_ms)) {
    refuse(state, print, "late", `${behind_ms} ms behind the newest ${print.kind}`, emit);
    return null;
  }
  const leaf = nodeAt(s.levels[0]!, floorTo(ts_ms, plan.levels[0]!.ms));
  if (leaf !== undefined && leaf.said === null) return leaf;
  if (isTooOld(state, s, ts_ms)) {
    refuse(state, print, "too_old", `its bar can no longer be revised at ${s.due_ms}`, emit);
    if (isFill) loseFilled(state, s, print, emit);
    return null;
  }
  const made = leaf ?? nodeFor(state, s, 0, ts_ms);
  if (made === null) {
    refuse(state, print, "too_many", `${settings.bars_max} bars are open or revisable already`, emit);
  }
  return made;
}

/** It is in its bar: what follows from that. */
export function taken(state: BarsState, s: SymbolBars, leaf: Node, print: Print, isFill: boolean, emit: EmitAll): void {
  s.provider = print.provider;
  s.changed = true;
  if (leaf.said !== null) markDirty(state, s, 0, leaf.start_ms);
  if (!isFill) moveClock(state, s, print);
  if (s.due_ms >= s.wake_ms || s.due_ms >= s.form_at_ms) settle(state, s, emit);
}

function isLate({ late_ms, late_window_ms }: BarsState["settings"], seen_ms: number, ts_ms: number): boolean {
  return late_window_ms === 0 || floorTo(ts_ms, late_window_ms) + late_window_ms <= seen_ms - late_ms;
}

function moveClock(state: BarsState, s: SymbolBars, print: Print): void {
  const due_ms = s.due_ms;
  moveSeen(s, print, state.settings.jump_ms);
  if (s.due_ms > due_ms) s.silent = false;
  s.sure_ms = s.due_ms;
}

export function isTooOld(state: BarsState, s: SymbolBars, ts_ms: number): boolean {
  const { age_ms } = state.plan;
  const end_ms = floorTo(ts_ms, age_ms) + age_ms;
  return end_ms <= s.retired_to_ms || (s.due_ms !== NONE && end_ms <= s.due_ms - state.settings.revise_ms);
}

/** A gap whose fill came too late can never be whole again. */
function loseFilled(state: BarsState, s: SymbolBars, trade: Print, emit: Emit): void {
  const { fill } = trade as Trade;
  for (const gaps of [s.gaps, state.gaps]) {
    for (const gap of gaps) if (gap.id === fill) for (const record of loseGap(gap)) emit(record);
  }
}

function addTrade(leaf: Node, trade: Counted, late_ms: number, bin: number): void {
  // Quotes only stood in.
  if (leaf.acc.source !== "") {
    leaf.acc = emptyAcc();
    leaf.keys = emptyKeys();
  }
  addTo(leaf.acc, leaf.keys!, trade, late_ms, bin);
}

export function addTo(acc: Acc, keys: Keys, trade: Counted, late_ms: number, bin: number): void {
  const { price, size, ts_ms, seq } = trade;
  place(acc, keys, price, price, price, price, ts_ms, seq);
  if (ts_ms > acc.last_ts_ms) acc.last_ts_ms = ts_ms;
  addVolume(acc, size);
  addNotional(acc, price * size);
  if (trade.side === "buy") addBuy(acc, size);
  acc.trades++;
  if (late_ms > acc.late_ms) acc.late_ms = late_ms;
  countBin(acc, keys, bin);
  touch(acc, trade.provider, trade.origin);
}

export function countBin(acc: Acc, keys: Keys, bin: number): void {
  const word = bin >> 5;
  const bit = 1 << (bin & 31);
  while (keys.bins.length <= word) keys.bins.push(0);
  const bits = keys.bins[word]!;
  if ((bits & bit) !== 0) return;
  keys.bins[word] = bits | bit;
  acc.bins++;
}

/** Open and close go by event time, then sequence, then arrival. */
export function place(
  acc: Acc,
  keys: Keys,
  open: number,
  high: number,
  low: number,
  close: number,
  ts_ms: number,
  seq: number,
): void {
  const first = acc.high === 0;
  if (first || high > acc.high) acc.high = high;
  if (first || low < acc.low) acc.low = low;
  if (first || ts_ms < keys.open_ts_ms || (ts_ms === keys.open_ts_ms && seq < keys.open_seq)) {
    acc.open = open;
    keys.open_ts_ms = ts_ms;
    keys.open_seq = seq;
  }
  if (first || ts_ms > keys.close_ts_ms || (ts_ms === keys.close_ts_ms && seq >= keys.close_seq)) {
    acc.close = close;
    keys.close_ts_ms = ts_ms;
    keys.close_seq = seq;
  }
}
