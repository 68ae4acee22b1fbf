import { type History, history, percentile, remember, zScore } from "./history.ts";
import { has, insert, largestHole, type Points, points, prune, volatility } from "./points.ts";
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

/** Only for speed: where the samples of a window were last; made again after a restart. */
const hints = new WeakMap<OneWindow, Int32Array>();
/** Samples beyond it are looked for from the one before. */
const HINTS_MAX = 20_000;

function hintsOf(one: OneWindow, samples: number): Int32Array {
  const known = hints.get(one);
  if (known !== undefined) return known;
  const made = new Int32Array(Math.min(samples, HINTS_MAX) + 2);
  hints.set(one, made);
  return made;
}

function moveHints(one: OneWindow, by: number): void {
  one.first = Math.max(0, one.first - by);
  const known = hints.get(one);
  if (known !== undefined) for (let k = 0; k < known.length; k++) known[k] = known[k]! - by;
}

/** Puts the price in; returns its index. */
export function addPrice(window: PriceWindow, settings: MetricsSettings, ts_ms: number, price: number): number {
  if (ts_ms > window.newest_ms) window.newest_ms = ts_ms;
  const at = insert(window.points, ts_ms, price);
  let longest = 0;
  for (let i = 0; i < settings.windows.length; i++) longest = Math.max(longest, settings.windows[i]!.ms);
  const moved = prune(window.points, ts_ms - longest - settings.vol_resample_ms);
  if (moved > 0) for (const one of window.windows) moveHints(one, moved);
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

/** The numbers of window `which` at point `at`, into `out`; the history moves on. */
export function measure(window: PriceWindow, settings: MetricsSettings, which: number, at: number, out: Measure): void {
  const { t, p } = window.points;
  const one = window.windows[which]!;
  const length = settings.windows[which]!.ms;
  const step_ms = settings.vol_resample_ms;
  const now = t[at]!;
  const first = firstInside(window.points, one.first, now - length);
  one.first = first;
  out.coverage = (now - t[first]!) / length;

  let whole = first < at;
  if (whole && settings.max_gap_factor < 1) {
    const allowed = length * settings.max_gap_factor;
    whole = t[first]! - (now - length) <= allowed && largestHole(window.points, first, at) <= allowed;
  }
  const ret = whole ? (p[at]! - p[first]!) / p[first]! : null;
  const vol = whole ? volatility(window.points, first, at, step_ms, hintsOf(one, length / step_ms)) : null;
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
  const known = one.returns.sorted.length >= settings.percentile_min;
  out.p_low = known ? percentile(one.returns, settings.percentile_low) : null;
  out.p_high = known ? percentile(one.returns, settings.percentile_high) : null;

  if (ret !== null) remember(one.returns, ret, settings.history_max, true);
  if (vol !== null) remember(one.vols, vol, settings.history_max, false);
}
