import type { Bar, Side } from "../../messages/index.ts";

const SLOTS = 10;
/** A stretch nobody watched must not look like days without a trade. */
const SILENCE_MAX_S = 86_400;

interface SideVolume {
  /** Taker volume and orders of each of the last 10 seconds. */
  volume: number[];
  orders: number[];
  /** What has left these 10 seconds, weighted by age. */
  volume_sum: number;
  orders_sum: number;
  /** Time of the newest order: fills of one order share it. */
  order_ms: number;
}

/** What is traded now and what normally is, per side. The present 10 seconds are no part of what they are compared with. */
export interface VolumeState {
  /** Second of the newest slot; −1 before the first trade. */
  at: number;
  buy: SideVolume;
  sell: SideVolume;
  /** Seconds behind the sums, weighted like them, and plainly counted. */
  weight_s: number;
  observed_s: number;
  trades: number[];
}

const zeros = (): number[] => new Array<number>(SLOTS).fill(0);
const side = (): SideVolume => ({ volume: zeros(), orders: zeros(), volume_sum: 0, orders_sum: 0, order_ms: -1 });
export const volumeState = (): VolumeState => ({
  at: -1,
  buy: side(),
  sell: side(),
  weight_s: 0,
  observed_s: 0,
  trades: zeros(),
});

function age(state: VolumeState, seconds: number, half_life_s: number): void {
  const decay = 2 ** (-seconds / half_life_s);
  state.buy.volume_sum *= decay;
  state.buy.orders_sum *= decay;
  state.sell.volume_sum *= decay;
  state.sell.orders_sum *= decay;
  state.weight_s = state.weight_s * decay + seconds;
  state.observed_s += seconds;
}

function leave(s: SideVolume, slot: number): void {
  s.volume_sum += s.volume[slot]!;
  s.orders_sum += s.orders[slot]!;
  s.volume[slot] = 0;
  s.orders[slot] = 0;
}

/** Moves the 10 seconds on; what falls out of them becomes history. */
export function advance(state: VolumeState, ts_ms: number, half_life_ms: number): void {
  const second = Math.floor(ts_ms / 1_000);
  if (state.at < 0) {
    state.at = second;
    return;
  }
  const steps = second - state.at;
  if (steps <= 0) return;
  age(state, Math.min(steps, SILENCE_MAX_S), half_life_ms / 1_000);
  for (let i = 1; i <= Math.min(steps, SLOTS); i++) {
    const slot = (state.at + i) % SLOTS;
    leave(state.buy, slot);
    leave(state.sell, slot);
    state.trades[slot] = 0;
  }
  state.at = second;
}

export function addTrade(state: VolumeState, ts_ms: number, size: number, of: Side): void {
  const slot = state.at % SLOTS;
  state.trades[slot]!++;
  // A venue that does not name the taker says nothing about sides: half each.
  if (of !== "sell") add(state.buy, slot, ts_ms, of === null ? size / 2 : size);
  if (of !== "buy") add(state.sell, slot, ts_ms, of === null ? size / 2 : size);
}

function add(s: SideVolume, slot: number, ts_ms: number, size: number): void {
  s.volume[slot]! += size;
  if (ts_ms !== s.order_ms) s.orders[slot]!++;
  s.order_ms = ts_ms;
}

/** A minute of the venue's history, if it lies behind what is known. */
export function addBar(state: VolumeState, bar: Bar, half_life_ms: number): void {
  const start = Math.floor(bar.start_ts_ms / 1_000);
  if (state.at >= 0 && start < state.at) return;
  if (state.at < 0) state.at = start;
  advance(state, bar.end_ts_ms, half_life_ms);
  const share = bar.volume > 0 ? bar.buy_volume / bar.volume : 0.5;
  state.buy.volume_sum += bar.buy_volume;
  state.sell.volume_sum += Math.max(0, bar.volume - bar.buy_volume);
  state.buy.orders_sum += bar.trade_count * share;
  state.sell.orders_sum += bar.trade_count * (1 - share);
}

/** A new venue trades other amounts: the present is forgotten, what is normal there is kept apart. */
export function clearPresent(state: VolumeState): void {
  for (const s of [state.buy, state.sell]) {
    s.volume.fill(0);
    s.orders.fill(0);
    s.order_ms = -1;
  }
  state.trades.fill(0);
}

function newest(slots: readonly number[], at: number, seconds: number): number {
  let sum = 0;
  for (let i = 0; i < seconds; i++) sum += slots[(at - i + SLOTS) % SLOTS]!;
  return sum;
}

export const volumeOf = (state: VolumeState, of: "buy" | "sell", seconds: number = SLOTS): number =>
  newest(state[of].volume, state.at, Math.min(seconds, SLOTS));
export const ordersOf = (state: VolumeState, of: "buy" | "sell"): number => newest(state[of].orders, state.at, SLOTS);
export const tradesOf = (state: VolumeState): number => newest(state.trades, state.at, SLOTS);

/** Mean volume of `seconds`; 0 where nothing was ever observed. */
export const meanVolume = (state: VolumeState, of: "buy" | "sell", seconds: number = SLOTS): number =>
  state.weight_s > 0 ? (state[of].volume_sum / state.weight_s) * seconds : 0;
export const meanOrders = (state: VolumeState, of: "buy" | "sell"): number =>
  state.weight_s > 0 ? (state[of].orders_sum / state.weight_s) * SLOTS : 0;

/** Share of the side in the volume of the last 10 seconds. */
export function shareOf(state: VolumeState, of: "buy" | "sell"): number {
  const all = volumeOf(state, "buy") + volumeOf(state, "sell");
  return all > 0 ? volumeOf(state, of) / all : 0;
}
