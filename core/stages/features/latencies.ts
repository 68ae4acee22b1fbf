import { BLOCK, type Column, forgetBlocks, insertAt, valueAt, wholeBlocks } from "../blocks.ts";

/** How late events came, over a window of event time. Percentiles are exact. */
export interface Latencies {
  /** Event times in order, and how late each event was. */
  t: Column;
  ms: Column;
  n: number;
  head: number;
}

export const latencies = (): Latencies => ({ t: [], ms: [], n: 0, head: 0 });

/** Values in order of size, each once, and how often each is there. */
interface Piece {
  readonly values: number[];
  readonly times: number[];
  count: number;
}

/** In pieces: a value that is new moves one of them, not all of a busy minute. */
interface Ordered {
  readonly pieces: Piece[];
  count: number;
}

const PIECE_MAX = 512;

/** Made again from the state after a restart. */
const ordered = new WeakMap<Latencies, Ordered>();

function inOrder(all: Latencies): Ordered {
  let sorted = ordered.get(all);
  if (sorted === undefined) {
    sorted = { pieces: [], count: 0 };
    for (let i = all.head; i < all.n; i++) put(sorted, valueAt(all.ms, i));
    ordered.set(all, sorted);
  }
  return sorted;
}

/** The first place whose value is not below `x`. */
function indexIn(sorted: readonly number[], x: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The first piece whose largest is not below `x`; the last one where all are. */
function pieceFor(pieces: readonly Piece[], x: number): number {
  let low = 0;
  let high = pieces.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const { values } = pieces[middle]!;
    if (values[values.length - 1]! < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

function put(sorted: Ordered, x: number): void {
  const { pieces } = sorted;
  sorted.count++;
  if (pieces.length === 0) {
    pieces.push({ values: [x], times: [1], count: 1 });
    return;
  }
  const which = pieceFor(pieces, x);
  const piece = pieces[which]!;
  const at = indexIn(piece.values, x);
  piece.count++;
  if (piece.values[at] === x) {
    piece.times[at]!++;
    return;
  }
  piece.values.splice(at, 0, x);
  piece.times.splice(at, 0, 1);
  if (piece.values.length > PIECE_MAX) pieces.splice(which + 1, 0, upperHalf(piece));
}

function upperHalf(piece: Piece): Piece {
  const values = piece.values.splice(PIECE_MAX / 2);
  const times = piece.times.splice(PIECE_MAX / 2);
  const count = times.reduce((sum, n) => sum + n, 0);
  piece.count -= count;
  return { values, times, count };
}

function take(sorted: Ordered, x: number): void {
  const { pieces } = sorted;
  const which = pieceFor(pieces, x);
  const piece = pieces[which]!;
  const at = indexIn(piece.values, x);
  sorted.count--;
  piece.count--;
  if (--piece.times[at]! > 0) return;
  piece.values.splice(at, 1);
  piece.times.splice(at, 1);
  if (piece.values.length === 0) pieces.splice(which, 1);
}

export function addLatency(all: Latencies, ts_ms: number, ms: number, max: number): void {
  const sorted = inOrder(all);
  let at = all.n;
  while (at > all.head && valueAt(all.t, at - 1) > ts_ms) at--;
  insertAt(all.t, all.n, at, ts_ms);
  insertAt(all.ms, all.n, at, ms);
  all.n++;
  put(sorted, ms);
  if (all.n - all.head > max) forgetFirst(all, sorted);
}

function forgetFirst(all: Latencies, sorted: Ordered): void {
  take(sorted, valueAt(all.ms, all.head));
  all.head++;
  if (all.head < BLOCK) return;
  const moved = wholeBlocks(all.head);
  forgetBlocks(all.t, moved);
  forgetBlocks(all.ms, moved);
  all.n -= moved;
  all.head -= moved;
}

export function forgetLatencies(all: Latencies, before_ms: number): void {
  const sorted = inOrder(all);
  while (all.head < all.n && valueAt(all.t, all.head) < before_ms) forgetFirst(all, sorted);
}

/** The value at a place in the order of size. */
function atPlace({ pieces }: Ordered, place: number): number | undefined {
  let left = place;
  for (const { values, times, count } of pieces) {
    if (left >= count) {
      left -= count;
      continue;
    }
    for (let i = 0; i < values.length; i++) {
      if (left < times[i]!) return values[i];
      left -= times[i]!;
    }
  }
  return undefined;
}

/** Linear interpolation at (n − 1) q; null where there is none. */
export function latencyAt(all: Latencies, q: number): number | null {
  const sorted = inOrder(all);
  if (sorted.count === 0) return null;
  const at = (sorted.count - 1) * q;
  const below = Math.floor(at);
  const low = atPlace(sorted, below)!;
  const high = atPlace(sorted, below + 1) ?? low;
  return low + (high - low) * (at - below);
}
