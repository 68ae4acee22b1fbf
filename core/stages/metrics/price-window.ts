import { type History, history, remember, zScore } from "./history.ts";
import { type Order, order, quantile } from "./order.ts";
import {
  has,
  insert,
  largestHole,
  moveSamples,
  type Points,
  points,
  prune,
  type Samples,
  samples,
  volatility,
} from "./points.ts";
import type { MetricsSettings } from "./settings.ts";

interface OneWindow {
  /** Index of the oldest point inside; only ever a hint. */
  first: number;
  returns: History;
  vols: History;
  z_ewma: number | null;
}

/** All a symbol needs. */
export interface PriceWindow {
  points: Points;
  newest_ms: number;
  windows: OneWindow[];
}

/** What one window says now. */
export interface Measure {
  ret: number | null;
  vol: number | null;
  ret_z: number | null;
  ret_z_ewma: number | null;
  vol_z: number | null;
  vol_spike: boolean | null;
  p_low: number | null;
  p_high: number | null;
  coverage: number;
}

export function priceWindow(settings: MetricsSettings): PriceWindow {
  return {
    points: points(),
    newest_ms: Number.MIN_SAFE_INTEGER,
    windows: settings.windows.map(() => ({ first: 0, returns: history(), vols: history(), z_ewma: null })),
  };
}

export const blank = (): Measure => ({
  ret: null,
  vol: null,
  ret_z: null,
  ret_z_ewma: null,
  vol_z: null,
  vol_spike: null,
  p_low: null,
  p_high: null,
  coverage: 0,
});

/** What to do with a price, before anything is touched. */
export function judge(
  window: PriceWindow,
  settings: MetricsSettings,
  ts_ms: number,
): "processed" | "late" | "duplicate" {
  if (settings.late_tolerance_ms !== null && ts_ms < window.newest_ms - settings.late_tolerance_ms) return "late";
  if (settings.duplicate_time === "first" && ts_ms <= window.newest_ms && has(window.points, ts_ms)) return "duplicate";
  return "processed";
}

/** What a window finds quickly; made again from its state after a restart. */
interface Known {
  samples: Samples;
  returns: Order;
}

const knownOf = new WeakMap<PriceWindow, readonly Known[]>();

function known(
  window: PriceWindow,
  { history_max, percentile_low, percentile_high }: MetricsSettings,
): readonly Known[] {
  let found = knownOf.get(window);
  if (found === undefined) {
    const quantiles = [percentile_low, percentile_high];
    found = window.windows.map(({ returns }) => ({
      samples: samples(),
      returns: order(returns.ring, returns.at, history_max, quantiles),
    }));
    knownOf.set(window, found);
  }
  return found;
}

function moveHints(window: PriceWindow, by: number): void {
  for (const one of window.windows) one.first = Math.max(0, one.first - by);
  for (const { samples } of knownOf.get(window) ?? []) moveSamples(samples, by);
}

/** Puts the price in; returns its index. */
export function addPrice(window: PriceWindow, settings: MetricsSettings, ts_ms: number, price: number): number {
  if (ts_ms > window.newest_ms) window.newest_ms = ts_ms;
  const at = insert(window.points, ts_ms, price);
  let longest = 0;
  for (let i = 0; i < settings.windows.length; i++) longest = Math.max(longest, settings.windows[i]!.ms);
  const moved = prune(window.points, ts_ms - longest - settings.vol_resample_ms);
  if (moved > 0) moveHints(window, moved);
  return at - moved;
}

/** The oldest point in [ts − length, ts]; from the last answer it is a step or two away. */
function firstInside(all: Points, hint: number, from_ms: number): number {
  const { t, head } = all;
  let first = Math.min(Math.max(hint, head), t.length - 1);
  while (first > head && t[first - 1]! >= from_ms) first--;
  while (t[first]! < from_ms) first++;
  return first;
}

/** The numbers of each window at point `at`, into `out`; the histories move on. */
export function measure(window: PriceWindow, settings: MetricsSettings, at: number, out: readonly Measure[]): void {
  const found = known(window, settings);
  for (let i = 0; i < found.length; i++)
    measureOne(window.points, settings, settings.windows[i]!.ms, window.windows[i]!, found[i]!, at, out[i]!);
}

function measureOne(
  points: Points,
  settings: MetricsSettings,
  length: number,
  one: OneWindow,
  { samples, returns }: Known,
  at: number,
  out: Measure,
): void {
  const { t, p } = points;
  const now = t[at]!;
  const first = firstInside(points, one.first, now - length);
  one.first = first;
  out.coverage = (now - t[first]!) / length;

  let whole = first < at;
  if (whole && settings.max_gap_factor < 1) {
    const allowed = length * settings.max_gap_factor;
    whole = t[first]! - (now - length) <= allowed && largestHole(points, first, at) <= allowed;
  }
  const ret = whole ? (p[at]! - p[first]!) / p[first]! : null;
  const vol = whole ? volatility(points, first, at, settings.vol_resample_ms, samples) : null;
  out.ret = ret;
  out.vol = vol;

  const z = ret === null ? null : zScore(one.returns, ret);
  out.ret_z = z;
  if (z === null) one.z_ewma = null;
  else {
    const smooth = one.z_ewma === null ? z : one.z_ewma + settings.ewma_alpha * (z - one.z_ewma);
    one.z_ewma = Math.max(-settings.ewma_z_cap, Math.min(settings.ewma_z_cap, smooth));
  }
  out.ret_z_ewma = one.z_ewma;
  out.vol_z = vol === null ? null : zScore(one.vols, vol);
  out.vol_spike = out.vol_z !== null && out.vol_z > settings.vol_z_spike;
  const enough = returns.count >= settings.percentile_min;
  out.p_low = enough ? quantile(returns, one.returns.ring, 0) : null;
  out.p_high = enough ? quantile(returns, one.returns.ring, 1) : null;

  if (ret !== null) remember(one.returns, ret, settings.history_max, returns);
  if (vol !== null) remember(one.vols, vol, settings.history_max, null);
}
