/** How late events came, over a window of event time. Percentiles are exact. */
export interface Latencies {
  /** Event times in order, and how late each event was. */
  t: number[];
  ms: number[];
  head: number;
}

export const latencies = (): Latencies => ({ t: [], ms: [], head: 0 });

/** In order of size; made again from the state after a restart. */
const ordered = new WeakMap<Latencies, number[]>();

function inOrder(all: Latencies): number[] {
  let sorted = ordered.get(all);
  if (sorted === undefined) {
    sorted = all.ms.slice(all.head).sort((a, b) => a - b);
    ordered.set(all, sorted);
  }
  return sorted;
}

function indexIn(sorted: readonly number[], from: number, x: number): number {
  let low = from;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < x) low = middle + 1;
    else high = middle;
  }
  return low;
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
  sorted.splice(indexIn(sorted, 0, ms), 0, ms);
  if (all.t.length - all.head > max) forgetFirst(all, sorted);
}

function forgetFirst(all: Latencies, sorted: number[]): void {
  sorted.splice(indexIn(sorted, 0, all.ms[all.head]!), 1);
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

/** Linear interpolation at (n − 1) q; null where there is none. */
export function latencyAt(all: Latencies, q: number): number | null {
  const sorted = inOrder(all);
  if (sorted.length === 0) return null;
  const at = (sorted.length - 1) * q;
  const below = Math.floor(at);
  const low = sorted[below]!;
  const high = sorted[below + 1] ?? low;
  return low + (high - low) * (at - below);
}
