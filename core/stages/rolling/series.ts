import { addNumber, join, type Spread } from "./moments.ts";

/**
 * A symbol's trades in the order of their times (arrival where times are equal), with windows that end at the newest.
 * Each window is two parts: [first, mid), of which every tail is summed up, and [mid, end), summed up as it grows. What
 * leaves is a tail not looked at any more: nothing is ever subtracted, so nothing drifts. The sums are made again from
 * the points after a restart; `mid` is part of the state so that they come out the same to the last bit.
 */
export interface Series {
  t: number[];
  p: number[];
  v: number[];
  head: number;
  windows: { first: number; mid: number }[];
}

export interface SeriesSettings {
  readonly lengths_ms: readonly number[];
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

const VOLUME = 4;
const NOTIONAL = 5;
const SLOTS = 6;

interface Parts {
  /** Tails of [first, mid) from `base` on: point i at (i − base) · SLOTS. */
  base: number;
  front: Float64Array;
  back: Float64Array;
}

const made = new WeakMap<Series, Parts[]>();

export const series = (settings: SeriesSettings): Series => ({
  t: [],
  p: [],
  v: [],
  head: 0,
  windows: settings.lengths_ms.map(() => ({ first: 0, mid: 0 })),
});

export const newest = (all: Series): number => (all.t.length === all.head ? -1 : all.t[all.t.length - 1]!);

function change(all: Series, i: number, log: boolean): number {
  const ratio = all.p[i]! / all.p[i - 1]!;
  return log ? Math.log(ratio) : ratio - 1;
}

/** Index of the first point after `ts`. */
function upperBound(all: Series, ts: number): number {
  let low = all.head;
  let high = all.t.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (all.t[middle]! <= ts) low = middle + 1;
    else high = middle;
  }
  return low;
}

function frontOf(all: Series, { first, mid }: { first: number; mid: number }, log: boolean): Float64Array {
  const slots = new Float64Array((mid - first) * SLOTS);
  for (let i = mid - 1; i >= first; i--) {
    const at = (i - first) * SLOTS;
    if (i < mid - 1) {
      slots.copyWithin(at, at + SLOTS, at + 2 * SLOTS);
      addNumber(slots, at, mid - 2 - i, change(all, i + 1, log));
    }
    slots[at + VOLUME]! += all.v[i]!;
    slots[at + NOTIONAL]! += all.p[i]! * all.v[i]!;
  }
  return slots;
}

function grow(all: Series, back: Float64Array, i: number, mid: number, log: boolean): void {
  addNumber(back, 0, i - mid, change(all, i, log));
  back[VOLUME]! += all.v[i]!;
  back[NOTIONAL]! += all.p[i]! * all.v[i]!;
}

function backOf(all: Series, mid: number, log: boolean): Float64Array {
  const back = new Float64Array(SLOTS);
  for (let i = mid; i < all.t.length; i++) grow(all, back, i, mid, log);
  return back;
}

function partsOf(all: Series, settings: SeriesSettings): Parts[] {
  let parts = made.get(all);
  if (parts === undefined) {
    parts = all.windows.map((window) => ({
      base: window.first,
      front: frontOf(all, window, settings.log),
      back: backOf(all, window.mid, settings.log),
    }));
    made.set(all, parts);
  }
  return parts;
}

/** Puts a trade in its place; false if it is older than every window. */
export function addPoint(all: Series, settings: SeriesSettings, ts_ms: number, price: number, size: number): boolean {
  const { lengths_ms, log, points_max } = settings;
  const end = all.t.length;
  const last_ms = newest(all);
  let longest = 0;
  for (let w = 0; w < lengths_ms.length; w++) longest = Math.max(longest, lengths_ms[w]!);
  if (end > all.head && ts_ms < last_ms - longest) return false;
  if (end > all.head && ts_ms < last_ms) {
    insert(all, settings, ts_ms, price, size);
  } else {
    const parts = partsOf(all, settings);
    all.t.push(ts_ms);
    all.p.push(price);
    all.v.push(size);
    for (let w = 0; w < parts.length; w++) {
      const window = all.windows[w]!;
      const from_ms = ts_ms - lengths_ms[w]!;
      while (all.t[window.first]! < from_ms) window.first++;
      if (window.first < window.mid) grow(all, parts[w]!.back, end, window.mid, log);
      else turn(all, window, parts[w]!, log);
    }
  }
  while (all.t[all.head]! < newest(all) - longest) all.head++;
  if (all.t.length - all.head > points_max) shed(all, points_max);
  if (all.head >= 1_024 && all.head * 2 >= all.t.length) compact(all);
  return true;
}

/** Moves the windows on to a time at which nothing was traded. */
export function advance(all: Series, settings: SeriesSettings, ts_ms: number): void {
  const parts = partsOf(all, settings);
  for (let w = 0; w < parts.length; w++) {
    const window = all.windows[w]!;
    const from_ms = ts_ms - settings.lengths_ms[w]!;
    const before = window.first;
    while (window.first < all.t.length && all.t[window.first]! < from_ms) window.first++;
    if (window.first > before && window.first >= window.mid) turn(all, window, parts[w]!, settings.log);
  }
}

/** All that a window holds becomes its front. */
function turn(all: Series, window: { first: number; mid: number }, parts: Parts, log: boolean): void {
  window.mid = all.t.length;
  parts.base = window.first;
  parts.front = frontOf(all, window, log);
  parts.back.fill(0);
}

function insert(all: Series, settings: SeriesSettings, ts_ms: number, price: number, size: number): void {
  const at = upperBound(all, ts_ms);
  const last_ms = newest(all);
  const parts = partsOf(all, settings);
  all.t.splice(at, 0, ts_ms);
  all.p.splice(at, 0, price);
  all.v.splice(at, 0, size);
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
      one.base++;
      continue;
    }
    window.first = Math.min(window.first, at);
    turn(all, window, one, settings.log);
  }
}

/** Beyond its bound the oldest eighth goes, so that the cost stays small per trade. */
function shed(all: Series, points_max: number): void {
  all.head = all.t.length - Math.max(1, Math.floor(points_max * 0.875));
  for (const window of all.windows) {
    if (window.first >= all.head) continue;
    window.first = all.head;
    if (window.mid <= window.first) window.mid = all.t.length;
  }
  made.delete(all);
}

function compact(all: Series): void {
  const moved = all.head;
  all.t.splice(0, moved);
  all.p.splice(0, moved);
  all.v.splice(0, moved);
  all.head = 0;
  const parts = made.get(all);
  all.windows.forEach((window, w) => {
    window.first -= moved;
    window.mid -= moved;
    if (parts !== undefined) parts[w]!.base -= moved;
  });
}

/** What window `which` holds, up to the newest point; `first` is the end of the points where it holds none. */
export function sumsNow(all: Series, settings: SeriesSettings, which: number, out: Sums): void {
  const { first, mid } = all.windows[which]!;
  const { base, front, back } = partsOf(all, settings)[which]!;
  out.first = first;
  if (first === all.t.length) {
    out.count = out.m2 = out.m3 = out.m4 = out.volume = out.notional = 0;
    return;
  }
  const at = (first - base) * SLOTS;
  join(out, front, at, mid - 1 - first, back, 0, all.t.length - mid);
  out.volume = front[at + VOLUME]! + back[VOLUME]!;
  out.notional = front[at + NOTIONAL]! + back[NOTIONAL]!;
}

/** The same at an earlier time, summed up anew. Returns the index of the newest point inside. */
export function sumsAt(all: Series, settings: SeriesSettings, which: number, ts_ms: number, out: Sums): number {
  const from_ms = ts_ms - settings.lengths_ms[which]!;
  const end = upperBound(all, ts_ms);
  let first = end - 1;
  while (first > all.head && all.t[first - 1]! >= from_ms) first--;
  const part = frontOf(all, { first, mid: end }, settings.log);
  join(out, part, 0, end - 1 - first, part, 0, 0);
  out.first = first;
  out.volume = part[VOLUME]!;
  out.notional = part[NOTIONAL]!;
  return end - 1;
}

export const emptySums = (): Sums => ({ count: 0, m2: 0, m3: 0, m4: 0, first: 0, volume: 0, notional: 0 });
