/**
 * The values of a ring in order, as a list of its slots, with a finger on each place somebody asked for. What leaves is
 * unlinked where it stands; what comes is looked for from the one that came before it, and returns of neighbouring
 * prices are neighbours here too. Only for speed: made again from the ring after a restart, it answers the same.
 *
 * Equal values stand oldest first. The one that leaves is the oldest of all, so it is before every equal one.
 */
export interface Order {
  /** Of a slot the slot after and before it; the last element closes the circle. */
  next: Int32Array;
  prev: Int32Array;
  count: number;
  newest: number;
  fingers: Finger[];
}

interface Finger {
  readonly q: number;
  slot: number;
  rank: number;
}

/** Of the values in `ring`, of which `oldest` is the slot that leaves next. */
export function order(ring: readonly number[], oldest: number, max: number, quantiles: readonly number[]): Order {
  const made: Order = {
    next: new Int32Array(max + 1).fill(max),
    prev: new Int32Array(max + 1).fill(max),
    count: 0,
    newest: max,
    fingers: quantiles.map((q) => ({ q, slot: max, rank: 0 })),
  };
  for (let i = 0; i < ring.length; i++) link(made, ring, (oldest + i) % ring.length);
  return made;
}

/** The value just put into `slot` finds its place. */
export function link(one: Order, ring: readonly number[], slot: number): void {
  const { next, prev, fingers } = one;
  const end = next.length - 1;
  const x = ring[slot]!;
  let before = one.newest;
  if (one.count > 0) {
    if (ring[before]! <= x) while (next[before] !== end && ring[next[before]!]! <= x) before = next[before]!;
    else
      do before = prev[before]!;
      while (before !== end && ring[before]! > x);
  }
  const after = next[before]!;
  next[before] = slot;
  prev[slot] = before;
  next[slot] = after;
  prev[after] = slot;
  one.newest = slot;
  for (let i = 0; i < fingers.length; i++) {
    const finger = fingers[i]!;
    if (one.count === 0) finger.slot = slot;
    else if (x < ring[finger.slot]!) finger.rank++;
  }
  one.count++;
}

/** The oldest value, still in `slot`, leaves. */
export function unlink(one: Order, ring: readonly number[], slot: number): void {
  const { next, prev, fingers } = one;
  const end = next.length - 1;
  const before = prev[slot]!;
  const after = next[slot]!;
  next[before] = after;
  prev[after] = before;
  one.count--;
  if (one.newest === slot) one.newest = end;
  const x = ring[slot]!;
  for (let i = 0; i < fingers.length; i++) {
    const finger = fingers[i]!;
    if (finger.slot !== slot) {
      if (x <= ring[finger.slot]!) finger.rank--;
    } else if (after !== end) finger.slot = after;
    else {
      finger.slot = before;
      finger.rank = Math.max(0, finger.rank - 1);
    }
  }
}

/** Linear interpolation at (n − 1) q of the `which`th quantile. */
export function quantile(one: Order, ring: readonly number[], which: number): number {
  const finger = one.fingers[which]!;
  const position = (one.count - 1) * finger.q;
  const below = Math.floor(position);
  while (finger.rank < below) {
    finger.slot = one.next[finger.slot]!;
    finger.rank++;
  }
  while (finger.rank > below) {
    finger.slot = one.prev[finger.slot]!;
    finger.rank--;
  }
  const a = ring[finger.slot]!;
  if (below === position) return a;
  return a + (ring[one.next[finger.slot]!]! - a) * (position - below);
}
