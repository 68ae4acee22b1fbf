import type { Side } from "../../messages/index.ts";
import type { Minute } from "./closes.ts";

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
  /** How much of a full mean there is yet, 0 … 1, and how much of that came from candles. */
  weight: number;
  candle_weight: number;
  observed_ms: number;
  /** Minutes of history, and those of them in which it traded: what tells how it trades where candles count no trades. */
  minutes: number;
  minutes_traded: number;
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
  candle_weight: 0,
  observed_ms: 0,
  minutes: 0,
  minutes_traded: 0,
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

function foldNow(s: SideVolume, kept: number): void {
  let volume = 0;
  let orders = 0;
  for (let i = 0; i < SLOTS; i++) {
    volume += s.volume[i]!;
    orders += s.orders[i]!;
  }
  fold(s, kept, volume, orders);
}

/** Share of the old means that is kept when they move on to `ts_ms`. */
function moveMeans(state: VolumeState, ts_ms: number, half_life_ms: number): number {
  const passed = state.mean_ms < 0 ? 0 : Math.min(Math.max(0, ts_ms - state.mean_ms), SILENCE_MAX_MS);
  state.mean_ms = Math.max(state.mean_ms, ts_ms);
  if (passed === 0) return 1;
  const kept = 2 ** (-passed / half_life_ms);
  state.weight = state.weight * kept + (1 - kept);
  state.candle_weight *= kept;
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
  foldNow(state.buy, kept);
  foldNow(state.sell, kept);
}

/**
 * A minute of history, if it lies behind all that is known; those without a trade come too. What a venue's candles do not
 * say of the takers leans to neither side (`buy_volume` is half then).
 */
export function addBar(state: VolumeState, bar: Minute, half_life_ms: number): void {
  if (bar.start_ts_ms < state.mean_ms) return;
  state.minutes++;
  if (bar.volume === 0) return;
  state.minutes_traded++;
  if (state.mean_ms < 0) state.mean_ms = bar.start_ts_ms;
  const kept = moveMeans(state, bar.end_ts_ms, half_life_ms);
  state.candle_weight += 1 - kept;
  const { stretches, orders } = spread(state, bar);
  const buys = Math.min(1, bar.buy_volume / bar.volume);
  fold(state.buy, kept, (bar.volume * buys) / stretches, (orders * buys) / stretches);
  fold(state.sell, kept, (bar.volume * (1 - buys)) / stretches, (orders * (1 - buys)) / stretches);
}

/**
 * How often it traded in a minute, and in how many of its stretches of 10 s, as if the trades had come by chance. Where
 * candles count none (0 with a volume), it is as often as explains the share of minutes that had any: the fewest.
 */
function spread(state: VolumeState, bar: Minute): { stretches: number; orders: number } {
  const slots = (bar.end_ts_ms - bar.start_ts_ms) / (SLOTS * 1_000);
  if (bar.trade_count > 0) return { stretches: Math.min(bar.trade_count, slots), orders: bar.trade_count };
  const traded = Math.min(state.minutes_traded, state.minutes - 0.5) / state.minutes;
  const rate = -Math.log(1 - traded);
  return { stretches: (slots * (1 - Math.exp(-rate / slots))) / traded, orders: rate / traded };
}

/** Whose word the means are: the venue's candles, trades seen here, or both; null while they know nothing. */
export function sourceOf(state: VolumeState): "candles" | "trades" | "both" | null {
  if (state.weight === 0) return null;
  const share = state.candle_weight / state.weight;
  return share > 0.9 ? "candles" : share < 0.1 ? "trades" : "both";
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
