import { read, valueAt } from "../blocks.ts";
import { addNumber } from "./moments.ts";
import type { Series } from "./series.ts";

export const VOLUME = 4;
export const NOTIONAL = 5;
/** Gains and losses of the price, each weighed by how many changes came after it, as Wilder smooths them. */
export const GAIN = 6;
export const LOSS = 7;
export const SLOTS = 8;

/** Of the older part only every so many tails are kept; those between are a few points longer than the next one. */
const KEPT_EVERY = 8;

export interface Parts {
  /** Kept tails of [first, mid), the shortest first: that of the last point, then every eighth before it. */
  front: Float64Array;
  back: Float64Array;
  near: Near;
}

/**
 * Every tail of the few places that a window looks at now: its first point goes through them one by one, and each would be
 * made longer again from the kept one otherwise. A place is told by how far it is from the middle.
 */
interface Near {
  tails: Float64Array;
  /** Which place an entry is of; −1 none. */
  places: Int32Array;
  /** How many of its tails are there. */
  counts: Int32Array;
}

/** A window's first point and its fifteenth are at most two places apart. */
const NEAR = 3;
const NEAR_SLOTS = KEPT_EVERY * SLOTS;
const near = (): Near => ({
  tails: new Float64Array(NEAR * NEAR_SLOTS),
  places: new Int32Array(NEAR).fill(-1),
  counts: new Int32Array(NEAR),
});

const made = new WeakMap<Series, Parts[]>();

export function forgetParts(all: Series): void {
  made.delete(all);
}

const change = (before: number, price: number, log: boolean): number =>
  log ? Math.log(price / before) : price / before - 1;

export const WILDER_CHANGES = 14;
const KEEP = (WILDER_CHANGES - 1) / WILDER_CHANGES;
/** Powers of it; what is not in the table weighs nothing. */
const KEPT = Float64Array.from({ length: 1_024 }, (_, changes) => KEEP ** changes);
export const weight = (changes: number): number => KEPT[changes] ?? 0;

const slots = new Float64Array(SLOTS);

/** Makes the tail in `slots` longer: it began at point `i + 1`, whose price is `after`, and begins at `i` afterwards. */
function lengthen(i: number, mid: number, price: number, size: number, after: number, log: boolean): void {
  if (i < mid - 1) {
    addNumber(slots, 0, mid - 2 - i, change(price, after, log));
    const moved = ((after - price) / WILDER_CHANGES) * weight(mid - 2 - i);
    if (moved > 0) slots[GAIN]! += moved;
    else slots[LOSS]! -= moved;
  }
  slots[VOLUME]! += size;
  slots[NOTIONAL]! += price * size;
}

function frontOf(all: Series, { first, mid }: { first: number; mid: number }, log: boolean): Float64Array {
  const kept = new Float64Array(Math.ceil((mid - first) / KEPT_EVERY) * SLOTS);
  slots.fill(0);
  let after = 0;
  for (let i = mid - 1; i >= first; i--) {
    const price = valueAt(all.p, i);
    lengthen(i, mid, price, valueAt(all.v, i), after, log);
    after = price;
    const place = mid - 1 - i;
    if (place % KEPT_EVERY === 0) kept.set(slots, (place / KEPT_EVERY) * SLOTS);
  }
  return kept;
}

/** The tail [i, mid), summed up anew; good until the next one is asked for. */
export function tailOf(all: Series, i: number, mid: number, log: boolean): Float64Array {
  slots.fill(0);
  let after = 0;
  for (let j = mid - 1; j >= i; j--) {
    const price = valueAt(all.p, j);
    lengthen(j, mid, price, valueAt(all.v, j), after, log);
    after = price;
  }
  return slots;
}

const prices = new Float64Array(KEPT_EVERY);
const sizes = new Float64Array(KEPT_EVERY);

/** The tail [i, mid); good until the next one is asked for. */
export function tailAt(all: Series, { front, near }: Parts, i: number, mid: number, log: boolean): Float64Array {
  const back = mid - 1 - i;
  const place = Math.floor(back / KEPT_EVERY);
  const step = back - place * KEPT_EVERY;
  const entry = place % NEAR;
  if (near.places[entry] !== place || near.counts[entry]! <= step) {
    near.places[entry] = place;
    near.counts[entry] = step + 1;
    lookNear(all, front, near.tails, entry * NEAR_SLOTS, place, step, mid, log);
  }
  const from = entry * NEAR_SLOTS + step * SLOTS;
  for (let slot = 0; slot < SLOTS; slot++) slots[slot] = near.tails[from + slot]!;
  return slots;
}

/** The kept tail of a place and the `steps` longer ones, into `tails`. */
function lookNear(
  all: Series,
  front: Float64Array,
  tails: Float64Array,
  to: number,
  place: number,
  steps: number,
  mid: number,
  log: boolean,
): void {
  for (let slot = 0; slot < SLOTS; slot++) slots[slot] = front[place * SLOTS + slot]!;
  tails.set(slots, to);
  const kept = mid - 1 - place * KEPT_EVERY;
  const i = kept - steps;
  read(all.p, i, kept + 1, prices);
  read(all.v, i, kept, sizes);
  for (let j = kept - 1; j >= i; j--) {
    lengthen(j, mid, prices[j - i]!, sizes[j - i]!, prices[j - i + 1]!, log);
    tails.set(slots, to + (kept - j) * SLOTS);
  }
}

/** The newer part takes in point `i` behind one of price `before`. */
export function grow(
  back: Float64Array,
  i: number,
  mid: number,
  before: number,
  price: number,
  size: number,
  log: boolean,
): void {
  addNumber(back, 0, i - mid, change(before, price, log));
  const moved = (price - before) / WILDER_CHANGES;
  back[GAIN] = back[GAIN]! * KEEP + Math.max(moved, 0);
  back[LOSS] = back[LOSS]! * KEEP + Math.max(-moved, 0);
  back[VOLUME]! += size;
  back[NOTIONAL]! += price * size;
}

export function backOf(all: Series, mid: number, log: boolean): Float64Array {
  const back = new Float64Array(SLOTS);
  for (let i = mid; i < all.n; i++)
    grow(back, i, mid, valueAt(all.p, i - 1), valueAt(all.p, i), valueAt(all.v, i), log);
  return back;
}

export function partsOf(all: Series, log: boolean): Parts[] {
  let parts = made.get(all);
  if (parts === undefined) {
    parts = all.windows.map((window) => ({
      front: frontOf(all, window, log),
      back: backOf(all, window.mid, log),
      near: near(),
    }));
    made.set(all, parts);
  }
  return parts;
}

/** All that a window holds becomes its front. */
export function turn(all: Series, window: { first: number; mid: number }, parts: Parts, log: boolean): void {
  window.mid = all.n;
  parts.front = frontOf(all, window, log);
  parts.back.fill(0);
  parts.near.places.fill(-1);
}
