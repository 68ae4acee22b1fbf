import { append, BLOCK, type Column, forgetBlocks, insertAt, valueAt, wholeBlocks } from "../blocks.ts";
import { join, type Spread } from "./moments.ts";
import {
  backOf,
  forgetParts,
  GAIN,
  grow,
  LOSS,
  NOTIONAL,
  partsOf,
  tailAt,
  tailOf,
  turn,
  VOLUME,
  WILDER_CHANGES,
  weight,
} from "./parts.ts";

/**
 * A symbol's trades in the order of their times (arrival where times are equal), with windows that end at the newest.
 * Each window is two parts: [first, mid), of which every tail is summed up, and [mid, end), summed up as it grows. What
 * leaves is a tail not looked at any more: nothing is ever subtracted, so nothing drifts. The sums are made again from
 * the points after a restart; `mid` is part of the state so that they come out the same to the last bit.
 */
export interface Series {
  t: Column;
  p: Column;
  v: Column;
  /** How many points there are, and how many of them, the oldest, are kept no longer. */
  n: number;
  head: number;
  windows: { first: number; mid: number }[];
}

export interface SeriesSettings {
  readonly lengths_ms: readonly number[];
  /** How far behind the newest trade others are kept: the longest window, or more where windows end earlier too. */
  readonly kept_ms: number;
  /** Of log returns, else of simple ones. */
  readonly log: boolean;
  /** Trades kept of a symbol, at most: beyond it the oldest go. */
  readonly points_max: number;
}

/** What a window holds. */
export interface Sums extends Spread {
  first: number;
  volume: number;
  notional: number;
}

export const series = (settings: SeriesSettings): Series => ({
  t: [],
  p: [],
  v: [],
  n: 0,
  head: 0,
  windows: settings.lengths_ms.map(() => ({ first: 0, mid: 0 })),
});

export const newest = (all: Series): number => (all.n === all.head ? -1 : valueAt(all.t, all.n - 1));

/** Index of the first point after `ts`. */
function upperBound(all: Series, ts: number): number {
  let low = all.head;
  let high = all.n;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (valueAt(all.t, middle) <= ts) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Puts a trade in its place; false if it is older than every window. */
export function addPoint(all: Series, settings: SeriesSettings, ts_ms: number, price: number, size: number): boolean {
  const { kept_ms, lengths_ms, log, points_max } = settings;
  const end = all.n;
  const last_ms = newest(all);
  let longest = 0;
  for (let w = 0; w < lengths_ms.length; w++) longest = Math.max(longest, lengths_ms[w]!);
  if (end > all.head && ts_ms < last_ms - longest) return false;
  if (end > all.head && ts_ms < last_ms) {
    insert(all, settings, ts_ms, price, size);
  } else {
    const parts = partsOf(all, settings.log);
    const before = end > 0 ? valueAt(all.p, end - 1) : price;
    append(all.t, end, ts_ms);
    append(all.p, end, price);
    append(all.v, end, size);
    all.n++;
    for (let w = 0; w < parts.length; w++) {
      const window = all.windows[w]!;
      const from_ms = ts_ms - lengths_ms[w]!;
      while (valueAt(all.t, window.first) < from_ms) window.first++;
      // Wilder's smoothing goes on from the window's first changes: they stay in the part of which every tail is known.
      if (window.first + WILDER_CHANGES < window.mid) grow(parts[w]!.back, end, window.mid, before, price, size, log);
      else turn(all, window, parts[w]!, log);
    }
  }
  const from_ms = Math.max(ts_ms, last_ms) - kept_ms;
  while (valueAt(all.t, all.head) < from_ms) all.head++;
  if (all.n - all.head > points_max) shed(all, points_max);
  if (all.head >= BLOCK) compact(all);
  return true;
}

/** Moves the windows on to a time at which nothing was traded. */
export function advance(all: Series, settings: SeriesSettings, ts_ms: number): void {
  const parts = partsOf(all, settings.log);
  for (let w = 0; w < parts.length; w++) {
    const window = all.windows[w]!;
    const from_ms = ts_ms - settings.lengths_ms[w]!;
    const before = window.first;
    while (window.first < all.n && valueAt(all.t, window.first) < from_ms) window.first++;
    if (window.first > before && window.first >= window.mid) turn(all, window, parts[w]!, settings.log);
  }
}

function insert(all: Series, settings: SeriesSettings, ts_ms: number, price: number, size: number): void {
  const at = upperBound(all, ts_ms);
  const last_ms = newest(all);
  const parts = partsOf(all, settings.log);
  insertAt(all.t, all.n, at, ts_ms);
  insertAt(all.p, all.n, at, price);
  insertAt(all.v, all.n, at, size);
  all.n++;
  for (let w = 0; w < parts.length; w++) {
    const window = all.windows[w]!;
    const one = parts[w]!;
    if (at >= window.mid) {
      one.back = backOf(all, window.mid, settings.log);
      continue;
    }
    if (ts_ms < last_ms - settings.lengths_ms[w]!) {
      window.first++;
      window.mid++;
      continue;
    }
    window.first = Math.min(window.first, at);
    turn(all, window, one, settings.log);
  }
}

/** Beyond its bound the oldest eighth goes, so that the cost stays small per trade. */
function shed(all: Series, points_max: number): void {
  all.head = all.n - Math.max(1, Math.floor(points_max * 0.875));
  for (const window of all.windows) {
    if (window.first >= all.head) continue;
    window.first = all.head;
    if (window.mid <= window.first) window.mid = all.n;
  }
  forgetParts(all);
}

function compact(all: Series): void {
  const moved = wholeBlocks(all.head);
  for (const column of [all.t, all.p, all.v]) forgetBlocks(column, moved);
  all.n -= moved;
  all.head -= moved;
  for (const window of all.windows) {
    window.first -= moved;
    window.mid -= moved;
  }
}

/** What window `which` holds, up to the newest point; `first` is the end of the points where it holds none. */
export function sumsNow(all: Series, settings: SeriesSettings, which: number, out: Sums): void {
  const { first, mid } = all.windows[which]!;
  const parts = partsOf(all, settings.log)[which]!;
  const { back } = parts;
  out.first = first;
  if (first === all.n) {
    out.count = out.m2 = out.m3 = out.m4 = out.volume = out.notional = 0;
    return;
  }
  const tail = tailAt(all, parts, first, mid, settings.log);
  join(out, tail, 0, mid - 1 - first, back, 0, all.n - mid);
  out.volume = tail[VOLUME]! + back[VOLUME]!;
  out.notional = tail[NOTIONAL]! + back[NOTIONAL]!;
}

/**
 * Smooths `seed`, the means of a window's first changes, on by all the changes after them. False where those reach into
 * the newer part, of which no tail is known.
 */
export function smooth(
  all: Series,
  settings: SeriesSettings,
  which: number,
  seed: { gain: number; loss: number },
): boolean {
  const { first, mid } = all.windows[which]!;
  const from = first + WILDER_CHANGES;
  if (from >= mid) return false;
  const parts = partsOf(all, settings.log)[which]!;
  const { back } = parts;
  const tail = tailAt(all, parts, from, mid, settings.log);
  const newer = all.n - mid;
  const kept = weight(newer);
  const left = weight(newer + mid - 1 - from);
  seed.gain = seed.gain * left + tail[GAIN]! * kept + back[GAIN]!;
  seed.loss = seed.loss * left + tail[LOSS]! * kept + back[LOSS]!;
  return true;
}

/** What a window held at an earlier time, summed up anew. Returns the index of the newest point inside. */
export function sumsAt(all: Series, settings: SeriesSettings, which: number, ts_ms: number, out: Sums): number {
  const from_ms = ts_ms - settings.lengths_ms[which]!;
  const end = upperBound(all, ts_ms);
  let first = end - 1;
  while (first > all.head && valueAt(all.t, first - 1) >= from_ms) first--;
  const part = tailOf(all, first, end, settings.log);
  join(out, part, 0, end - 1 - first, part, 0, 0);
  out.first = first;
  out.volume = part[VOLUME]!;
  out.notional = part[NOTIONAL]!;
  return end - 1;
}

export const emptySums = (): Sums => ({ count: 0, m2: 0, m3: 0, m4: 0, first: 0, volume: 0, notional: 0 });
