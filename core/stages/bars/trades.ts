import type { DeadLetter } from "../../messages/dead-letter.ts";
import type { Trade } from "../../messages/trade.ts";
import { type Acc, addBuy, addNotional, addVolume, touch } from "./acc.ts";
import { moveSeen } from "./clock.ts";
import { loseGap } from "./gaps.ts";
import { deadLetter } from "./refuse.ts";
import { type Emit, markDirty, settle } from "./settle.ts";
import {
  type BarsState,
  type Counts,
  floorTo,
  type Keys,
  NONE,
  type Node,
  nodeAt,
  nodeFor,
  type Routed,
  type SymbolBars,
  symbolOf,
} from "./state.ts";

const PRICE_MAX = 1e15;
const SIZE_MAX = 1e18;
const TIME_MAX_MS = 8.64e15;

type EmitAll = Emit & ((out: DeadLetter) => void);

function refuse(state: BarsState, trade: Trade, reason: keyof Counts, detail: string, emit: EmitAll): void {
  state.counts[reason]++;
  emit(deadLetter("bars", trade, reason, detail));
}

/** Only the routed provider's trades make a symbol's bars; both providers' are on the tape. */
function isRouted(route: Routed | null, trade: Trade): boolean {
  if (route === null) return true;
  if (trade.provider === route.provider) return trade.ts_ms >= route.from_ms;
  return trade.provider === route.previous && trade.ts_ms < route.from_ms;
}

export const isUsable = ({ price, size, ts_ms }: Trade): boolean =>
  price > 0 && price <= PRICE_MAX && size >= 0 && size <= SIZE_MAX && ts_ms >= 0 && ts_ms <= TIME_MAX_MS;

export function takeTrade(state: BarsState, trade: Trade, emit: EmitAll): void {
  const { settings, plan } = state;
  const { ts_ms, recv_ms } = trade;
  if (!isUsable(trade)) {
    refuse(state, trade, "invalid", "price, size or time is out of bounds", emit);
    return;
  }
  if (recv_ms !== undefined && ts_ms > recv_ms + settings.skew_max_ms) {
    refuse(state, trade, "future", `${ts_ms - recv_ms} ms ahead of its receive time`, emit);
    return;
  }
  const s = symbolOf(state, trade.symbol, ts_ms);
  if (s === null) {
    refuse(state, trade, "too_many", `${settings.symbols_max} symbols are known already`, emit);
    return;
  }
  if (!isRouted(s.route, trade)) {
    state.counts.unrouted++;
    return;
  }
  const isFill = trade.fill !== undefined;
  // A heartbeat from the future had moved its clock: a trade received since knows better.
  if (recv_ms !== undefined && !isFill && s.due_ms > recv_ms + settings.skew_max_ms) s.due_ms = s.seen_ms;
  const behind_ms = isFill ? 0 : s.seen_ms - ts_ms;
  if (behind_ms > settings.late_ms && isLate(settings, s.seen_ms, ts_ms)) {
    refuse(state, trade, "late", `${behind_ms} ms behind the newest trade`, emit);
    return;
  }
  const start_ms = floorTo(ts_ms, plan.levels[0]!.ms);
  let leaf: Node | null | undefined = nodeAt(s.levels[0]!, start_ms);
  if (leaf === undefined || leaf.said !== null) {
    if (isTooOld(state, s, ts_ms)) {
      refuse(state, trade, "too_old", `its bar can no longer be revised at ${s.due_ms}`, emit);
      if (isFill) loseFilled(state, s, trade, emit);
      return;
    }
    leaf ??= nodeFor(state, s, 0, ts_ms);
    if (leaf === null) {
      refuse(state, trade, "too_many", `${settings.bars_max} bars are open or revisable already`, emit);
      return;
    }
  }
  state.counts.trades++;
  addTrade(leaf, trade, Math.max(behind_ms, 0), Math.floor((ts_ms - start_ms) / settings.bin_ms));
  s.provider = trade.provider;
  s.changed = true;
  if (leaf.said !== null) markDirty(state, s, 0, start_ms);
  if (!isFill) moveClock(state, s, trade);
  if (s.due_ms >= s.wake_ms || s.due_ms >= s.form_at_ms) settle(state, s, emit);
}

function isLate({ late_ms, late_window_ms }: BarsState["settings"], seen_ms: number, ts_ms: number): boolean {
  return late_window_ms === 0 || floorTo(ts_ms, late_window_ms) + late_window_ms <= seen_ms - late_ms;
}

function moveClock(state: BarsState, s: SymbolBars, trade: Trade): void {
  const due_ms = s.due_ms;
  moveSeen(s, trade, state.settings.jump_ms);
  if (s.due_ms > due_ms) s.silent = false;
  s.sure_ms = s.due_ms;
}

export function isTooOld(state: BarsState, s: SymbolBars, ts_ms: number): boolean {
  const { age_ms } = state.plan;
  const end_ms = floorTo(ts_ms, age_ms) + age_ms;
  return end_ms <= s.retired_to_ms || (s.due_ms !== NONE && end_ms <= s.due_ms - state.settings.revise_ms);
}

/** A gap whose fill came too late can never be whole again. */
function loseFilled(state: BarsState, s: SymbolBars, trade: Trade, emit: Emit): void {
  for (const gaps of [s.gaps, state.gaps]) {
    for (const gap of gaps) if (gap.id === trade.fill) for (const record of loseGap(gap)) emit(record);
  }
}

function addTrade(leaf: Node, trade: Trade, late_ms: number, bin: number): void {
  const { price, size, ts_ms, seq } = trade;
  const acc = leaf.acc;
  const keys = leaf.keys!;
  place(acc, keys, price, price, price, price, ts_ms, seq);
  if (ts_ms > acc.last_ts_ms) acc.last_ts_ms = ts_ms;
  addVolume(acc, size);
  addNotional(acc, price * size);
  if (trade.side === "buy") addBuy(acc, size);
  acc.trades++;
  if (late_ms > acc.late_ms) acc.late_ms = late_ms;
  const word = bin >> 5;
  const bit = 1 << (bin & 31);
  while (keys.bins.length <= word) keys.bins.push(0);
  const bits = keys.bins[word]!;
  if ((bits & bit) === 0) {
    keys.bins[word] = bits | bit;
    acc.bins++;
  }
  touch(acc, trade.provider, trade.origin);
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
