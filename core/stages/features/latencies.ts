/** How late events came, over a window of event time. Percentiles are exact. */
export interface Latencies {
  /** Event times in order, and how late each event was. */
  t: number[];
  ms: number[];
  head: number;
}

export const latencies = (): Latencies => ({ t: [], ms: [], head: 0 });

/** In order of size, in pieces: putting one in moves a piece of a busy minute, not all of it. */
interface Ordered {
  readonly pieces: number[][];
  count: number;
}

const PIECE_MAX = 512;

/** Made again from the state after a restart. */
const ordered = new WeakMap<Latencies, Ordered>();

function inOrder(all: Latencies): Ordered {
  let sorted = ordered.get(all);
  if (sorted === undefined) {
    const whole = all.ms.slice(all.head).sort((a, b) => a - b);
    const pieces: number[][] = [];
    for (let from = 0; from < whole.length; from += PIECE_MAX / 2) pieces.push(whole.slice(from, from + PIECE_MAX / 2));
    sorted = { pieces, count: whole.length };
    ordered.set(all, sorted);
  }
  return sorted;
}

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
function pieceFor(pieces: readonly (readonly number[])[], x: number): number {
  let low = 0;
  let high = pieces.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const piece = pieces[middle]!;
    if (piece[piece.length - 1]! < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

function put(sorted: Ordered, x: number): void {
  const { pieces } = sorted;
  sorted.count++;
  if (pieces.length === 0) {
    pieces.push([x]);
    return;
  }
  const at = pieceFor(pieces, x);
  const piece = pieces[at]!;
  piece.splice(indexIn(piece, x), 0, x);
  if (piece.length > PIECE_MAX) pieces.splice(at + 1, 0, piece.splice(PIECE_MAX / 2));
}

function take(sorted: Ordered, x: number): void {
  const { pieces } = sorted;
  const at = pieceFor(pieces, x);
  const piece = pieces[at]!;
  piece.splice(indexIn(piece, x), 1);
  sorted.count--;
  if (piece.length === 0) pieces.splice(at, 1);
}

export function addLatency(all: Latencies, ts_ms: number, ms: number, max: number): void {
  const sorted = inOrder(all);
  let at = all.t.length;
  while (at > all.head && all.t[at - 1]! > ts_ms) at--;
  if (at === all.t.length) {
    all.t.push(ts_ms);
    all.ms.push(ms);
  } else {
    all.t.splice(at, 0, ts_ms);
    all.ms.splice(at, 0, ms);
  }
  put(sorted, ms);
  if (all.t.length - all.head > max) forgetFirst(all, sorted);
}

function forgetFirst(all: Latencies, sorted: Ordered): void {
  take(sorted, all.ms[all.head]!);
  all.head++;
}

export function forgetLatencies(all: Latencies, before_ms: number): void {
  const sorted = inOrder(all);
  while (all.head < all.t.length && all.t[all.head]! < before_ms) forgetFirst(all, sorted);
  if (all.head < 1_024 || all.head * 2 < all.t.length) return;
  all.t.splice(0, all.head);
  all.ms.splice(0, all.head);
  all.head = 0;
}

/** The value at a place in the order of size. */
function valueAt({ pieces }: Ordered, place: number): number | undefined {
  let left = place;
  for (const piece of pieces) {
    if (left < piece.length) return piece[left];
    left -= piece.length;
  }
  return undefined;
}

/** Linear interpolation at (n − 1) q; null where there is none. */
export function latencyAt(all: Latencies, q: number): number | null {
  const sorted = inOrder(all);
  if (sorted.count === 0) return null;
  const at = (sorted.count - 1) * q;
  const below = Math.floor(at);
  const low = valueAt(sorted, below)!;
  const high = valueAt(sorted, below + 1) ?? low;
  return low + (high - low) * (at - below);
}
