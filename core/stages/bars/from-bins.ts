import type { Bin } from "../../messages/bin.ts";
import type { DeadLetter } from "../../messages/dead-letter.ts";
import { addBuy, addNotional, addVolume, touch } from "./acc.ts";
import { moveSeen } from "./clock.ts";
import { deadLetter } from "./refuse.ts";
import { type Emit, markDirty, settle } from "./settle.ts";
import { type BarsState, type Counts, floorTo, NONE, type Node, nodeFor } from "./state.ts";
import { symbolOf } from "./symbol.ts";
import { isTooOld, place } from "./trades.ts";

type EmitAll = Emit & ((out: DeadLetter) => void);

function refuse(state: BarsState, bin: Bin, reason: keyof Counts, detail: string, emit: EmitAll): void {
  state.counts[reason]++;
  emit(deadLetter("bars", bin, reason, detail));
}

const isUsable = (bin: Bin): boolean =>
  bin.low > 0 &&
  bin.low <= Math.min(bin.open, bin.close) &&
  bin.high >= Math.max(bin.open, bin.close) &&
  bin.volume >= 0 &&
  bin.notional >= 0 &&
  bin.start_ts_ms >= 0 &&
  bin.end_ts_ms >= bin.start_ts_ms;

/**
 * A bin belongs to the bar that holds its start. Bins of ours say how far their maker has come, the lateness already
 * spent; those without `watermark_ms` wait for it here. A bin sent again changes nothing.
 */
export function takeBin(state: BarsState, bin: Bin, emit: EmitAll): void {
  const { settings } = state;
  const { start_ts_ms, end_ts_ms, watermark_ms } = bin;
  if (!isUsable(bin)) {
    refuse(state, bin, "invalid", "prices, sums or times do not fit together", emit);
    return;
  }
  const s = symbolOf(state, bin.symbol, end_ts_ms);
  if (s === null) {
    refuse(state, bin, "too_many", `${settings.symbols_max} symbols are known already`, emit);
    return;
  }
  const behind_ms = watermark_ms === undefined ? Math.max(0, s.seen_ms - end_ts_ms) : 0;
  if (behind_ms > settings.late_ms) {
    refuse(state, bin, "late", `${behind_ms} ms behind the newest bin`, emit);
    return;
  }
  if (bin.trade_count > 0) {
    if (isTooOld(state, s, start_ts_ms)) {
      refuse(state, bin, "too_old", `its bar can no longer be revised at ${s.due_ms}`, emit);
      return;
    }
    const leaf = nodeFor(state, s, 0, start_ts_ms);
    if (leaf === null) {
      refuse(state, bin, "too_many", `${settings.bars_max} bars are open or revisable already`, emit);
      return;
    }
    if (leaf.keys!.bin_starts.includes(start_ts_ms)) {
      state.counts.bins_resent++;
      return;
    }
    addBin(leaf, bin, Math.max(bin.max_late_ms, behind_ms));
    state.counts.bins++;
    s.changed = true;
    s.provider = leaf.acc.provider;
    if (leaf.said !== null) markDirty(state, s, 0, floorTo(start_ts_ms, state.plan.levels[0]!.ms));
  }
  if (watermark_ms === undefined) moveSeen(s, { ts_ms: end_ts_ms }, settings.jump_ms);
  else if (watermark_ms > s.due_ms) s.due_ms = watermark_ms;
  s.sure_ms = s.due_ms;
  if (s.due_ms !== NONE && (s.due_ms >= s.wake_ms || s.due_ms >= s.form_at_ms)) settle(state, s, emit);
}

function addBin(leaf: Node, bin: Bin, late_ms: number): void {
  const { acc } = leaf;
  const keys = leaf.keys!;
  keys.bin_starts.push(bin.start_ts_ms);
  place(acc, keys, bin.open, bin.high, bin.low, bin.close, bin.start_ts_ms, 0);
  if (bin.last_ts_ms !== undefined) acc.last_ts_ms = Math.max(acc.last_ts_ms, bin.last_ts_ms);
  addVolume(acc, bin.volume);
  addNotional(acc, bin.notional);
  if (bin.buy_volume !== undefined) addBuy(acc, bin.buy_volume);
  acc.trades += bin.trade_count;
  acc.bins++;
  acc.late_ms = Math.max(acc.late_ms, late_ms);
  touch(acc, bin.provider ?? "bins", bin.origin);
}
