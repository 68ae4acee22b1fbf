/** Prices in the order of their times. Columns, with a head that moves, so that pruning copies little. */
export interface Points {
  t: number[];
  p: number[];
  head: number;
}

export const points = (): Points => ({ t: [], p: [], head: 0 });

/** First index from `head` on whose time is ≥ ts. */
function lowerBound(all: Points, ts: number): number {
  let low = all.head;
  let high = all.t.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (all.t[middle]! < ts) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Puts a price in its place; an equal time overwrites. Returns its index. */
export function insert(all: Points, ts: number, price: number): number {
  const end = all.t.length;
  if (end === all.head || ts > all.t[end - 1]!) {
    all.t.push(ts);
    all.p.push(price);
    return end;
  }
  const at = lowerBound(all, ts);
  if (all.t[at] === ts) all.p[at] = price;
  else {
    all.t.splice(at, 0, ts);
    all.p.splice(at, 0, price);
  }
  return at;
}

export function has(all: Points, ts: number): boolean {
  return all.t[lowerBound(all, ts)] === ts;
}

/** Forgets what is older than `from`. Returns by how much indices fell. */
export function prune(all: Points, from: number): number {
  const end = all.t.length;
  while (all.head < end && all.t[all.head]! < from) all.head++;
  if (all.head < 256 || all.head * 2 < end) return 0;
  const moved = all.head;
  all.t.splice(0, moved);
  all.p.splice(0, moved);
  all.head = 0;
  return moved;
}

/** The largest hole between neighbours in [first, last]. */
export function largestHole(all: Points, first: number, last: number): number {
  let hole = 0;
  for (let i = first + 1; i <= last; i++) hole = Math.max(hole, all.t[i]! - all.t[i - 1]!);
  return hole;
}

/**
 * Only for speed: where the samples of a window were at its last price. A grid that moves on finds each of its samples
 * there or later; made again after a restart.
 */
export interface Samples {
  start_ms: number;
  /** Index of the point under sample k. */
  at: Int32Array;
  /** Up to which k it is known. */
  known: number;
}

export const samples = (): Samples => ({ start_ms: Number.NEGATIVE_INFINITY, at: new Int32Array(16), known: 0 });

/** After `prune`. */
export function moveSamples(seen: Samples, by: number): void {
  for (let k = 0; k <= seen.known; k++) seen.at[k] = Math.max(0, seen.at[k]! - by);
}

function makeReady(seen: Samples, start_ms: number, first: number, steps: number): void {
  // A price that came late looks further back than the last: nothing is known of where its samples are.
  if (start_ms < seen.start_ms) seen.known = 0;
  seen.start_ms = start_ms;
  if (seen.at.length <= steps) {
    const grown = new Int32Array(2 * (steps + 1));
    grown.set(seen.at);
    seen.at = grown;
  }
  seen.at[0] = first;
  while (seen.known < steps) {
    const before = seen.at[seen.known]!;
    seen.at[++seen.known] = before;
  }
}

/**
 * Population sd of the simple returns between samples of a grid that starts at point `first`, the last price carried
 * forward; null with fewer than 3 points, 3 samples or 2 returns. Sums are taken around the first of them, which is one
 * of the data: no cancellation however flat or steep the window.
 */
export function volatility(all: Points, first: number, last: number, step_ms: number, seen: Samples): number | null {
  if (last - first < 2) return null;
  const { t, p } = all;
  const start = t[first]!;
  const steps = Math.floor((t[last]! - start) / step_ms);
  if (steps < 2) return null;
  makeReady(seen, start, first, steps);
  const known = seen.at;
  let at = known[1]!;
  while (t[at + 1]! <= start + step_ms) at++;
  known[1] = at;
  let before = p[at]!;
  const shift = before / p[first]!;
  let sum = 0;
  let squares = 0;
  // Every sample but the last lies before point `last`: the search needs no other bound.
  for (let k = 2; k < steps; k++) {
    const grid = start + k * step_ms;
    at = known[k]!;
    while (t[at + 1]! <= grid) at++;
    known[k] = at;
    const price = p[at]!;
    const d = price / before - shift;
    before = price;
    sum += d;
    squares += d * d;
  }
  at = known[steps]!;
  while (at < last && t[at + 1]! <= start + steps * step_ms) at++;
  known[steps] = at;
  const d = p[at]! / before - shift;
  sum += d;
  squares += d * d;
  const mean = sum / steps;
  return Math.sqrt(Math.max(0, squares / steps - mean * mean));
}
