import type { Bar, Side } from "../../messages/index.ts";

const SLOTS = 10;
/** A stretch nobody watched must not outweigh everything that was seen. */
const SILENCE_MAX_MS = 86_400_000;

interface SideVolume {
  /** Taker volume and orders of each of the last 10 seconds. */
  volume: number[];
  orders: number[];
  /** Time of the newest order: fills of one order share it. */
  order_ms: number;
  /** Running means of the 10 s volume and orders, before division by `weight`. */
  volume_mean: number;
  orders_mean: number;
}

/**
 * What is traded now and what normally is, per side. The mean is that of the 10 s volume as it stands at each trade,
 * weighted by the time since the trade before: what 10 seconds look like when this symbol trades. Were silence counted as
 * zero, any single order would be a burst in a quiet symbol.
 */
export interface VolumeState {
  /** Second of the newest slot; −1 before the first trade. */
  at: number;
  buy: SideVolume;
  sell: SideVolume;
  trades: number[];
  /** Time up to which the means reach; −1 before anything. */
  mean_ms: number;
  /** How much of a full mean there is yet, 0 … 1. */
  weight: number;
  observed_ms: number;
}

const zeros = (): number[] => new Array<number>(SLOTS).fill(0);
const side = (): SideVolume => ({ volume: zeros(), orders: zeros(), order_ms: -1, volume_mean: 0, orders_mean: 0 });
export const volumeState = (): VolumeState => ({
  at: -1,
  buy: side(),
  sell: side(),
  trades: zeros(),
  mean_ms: -1,
  weight: 0,
  observed_ms: 0,
});

/** Moves the 10 seconds on. */
function advance(state: VolumeState, second: number): void {
  const steps = state.at < 0 ? SLOTS : Math.min(second - state.at, SLOTS);
  for (let i = 0; i < steps; i++) {
    const slot = (second - i) % SLOTS;
    state.buy.volume[slot] = 0;
    state.buy.orders[slot] = 0;
    state.sell.volume[slot] = 0;
    state.sell.orders[slot] = 0;
    state.trades[slot] = 0;
  }
  if (second > state.at) state.at = second;
}

function fold(s: SideVolume, kept: number, volume: number, orders: number): void {
  s.volume_mean = s.volume_mean * kept + (1 - kept) * volume;
  s.orders_mean = s.orders_mean * kept + (1 - kept) * orders;
}

/** Share of the old means that is kept when they move on to `ts_ms`. */
function moveMeans(state: VolumeState, ts_ms: number, half_life_ms: number): number {
  const passed = state.mean_ms < 0 ? 0 : Math.min(Math.max(0, ts_ms - state.mean_ms), SILENCE_MAX_MS);
  state.mean_ms = Math.max(state.mean_ms, ts_ms);
  if (passed === 0) return 1;
  const kept = 2 ** (-passed / half_life_ms);
  state.weight = state.weight * kept + (1 - kept);
  state.observed_ms += passed;
  return kept;
}

function add(s: SideVolume, slot: number, ts_ms: number, size: number): void {
  s.volume[slot]! += size;
  if (ts_ms !== s.order_ms) s.orders[slot]!++;
  s.order_ms = ts_ms;
}

export function addTrade(
  state: VolumeState,
  now_ms: number,
  trade: { ts_ms: number; size: number; side: Side },
  half_life_ms: number,
): void {
  advance(state, Math.floor(now_ms / 1_000));
  const slot = state.at % SLOTS;
  const { ts_ms, size, side: of } = trade;
  state.trades[slot]!++;
  // A venue that does not name the taker says nothing about sides: half each.
  if (of !== "sell") add(state.buy, slot, ts_ms, of === null ? size / 2 : size);
  if (of !== "buy") add(state.sell, slot, ts_ms, of === null ? size / 2 : size);
  const kept = moveMeans(state, now_ms, half_life_ms);
  if (kept === 1) return;
  fold(state.buy, kept, volumeOf(state, "buy"), ordersOf(state, "buy"));
  fold(state.sell, kept, volumeOf(state, "sell"), ordersOf(state, "sell"));
}

/** A minute of the venue's history, if it lies behind all that is known. Its trades are taken as spread over it. */
export function addBar(state: VolumeState, bar: Bar, half_life_ms: number): void {
  if (bar.start_ts_ms < state.mean_ms || bar.trade_count === 0) return;
  if (state.mean_ms < 0) state.mean_ms = bar.start_ts_ms;
  const kept = moveMeans(state, bar.end_ts_ms, half_life_ms);
  const stretches = Math.min(bar.trade_count, (bar.end_ts_ms - bar.start_ts_ms) / (SLOTS * 1_000));
  const buys = bar.volume > 0 ? Math.min(1, bar.buy_volume / bar.volume) : 0.5;
  fold(state.buy, kept, (bar.volume * buys) / stretches, (bar.trade_count * buys) / stretches);
  fold(state.sell, kept, (bar.volume * (1 - buys)) / stretches, (bar.trade_count * (1 - buys)) / stretches);
}

/** Time that passed before this moment was not watched here. */
export function pause(state: VolumeState): void {
  state.at = -1;
  state.mean_ms = -1;
  state.buy.order_ms = -1;
  state.sell.order_ms = -1;
}

function whole(slots: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < SLOTS; i++) sum += slots[i]!;
  return sum;
}

function newest(slots: readonly number[], at: number, seconds: number): number {
  let sum = 0;
  for (let i = 0; i < seconds; i++) sum += slots[(at - i + SLOTS) % SLOTS]!;
  return sum;
}

export const volumeOf = (state: VolumeState, of: "buy" | "sell", seconds: number = SLOTS): number =>
  seconds >= SLOTS ? whole(state[of].volume) : newest(state[of].volume, state.at, seconds);
export const ordersOf = (state: VolumeState, of: "buy" | "sell"): number => whole(state[of].orders);
export const tradesOf = (state: VolumeState): number => whole(state.trades);

/** Mean volume of `seconds`; 0 where nothing was ever observed. */
export const meanVolume = (state: VolumeState, of: "buy" | "sell", seconds: number = SLOTS): number =>
  state.weight > 0 ? (state[of].volume_mean / state.weight / SLOTS) * seconds : 0;
export const meanOrders = (state: VolumeState, of: "buy" | "sell"): number =>
  state.weight > 0 ? state[of].orders_mean / state.weight : 0;

/** Share of the side in the volume of the last 10 seconds. */
export function shareOf(state: VolumeState, of: "buy" | "sell"): number {
  const all = volumeOf(state, "buy") + volumeOf(state, "sell");
  return all > 0 ? volumeOf(state, of) / all : 0;
}
