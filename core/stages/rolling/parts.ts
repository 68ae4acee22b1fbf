import { addNumber } from "./moments.ts";
import type { Series } from "./series.ts";

export const VOLUME = 4;
export const NOTIONAL = 5;
/** Gains and losses of the price, each weighed by how many changes came after it, as Wilder smooths them. */
export const GAIN = 6;
export const LOSS = 7;
export const SLOTS = 8;

export interface Parts {
  /** Tails of [first, mid) from `base` on: point i at (i − base) · SLOTS. */
  base: number;
  front: Float64Array;
  back: Float64Array;
}

const made = new WeakMap<Series, Parts[]>();

export const knownParts = (all: Series): Parts[] | undefined => made.get(all);

export function forgetParts(all: Series): void {
  made.delete(all);
}

function change(all: Series, i: number, log: boolean): number {
  const ratio = all.p[i]! / all.p[i - 1]!;
  return log ? Math.log(ratio) : ratio - 1;
}

export const WILDER_CHANGES = 14;
const KEEP = (WILDER_CHANGES - 1) / WILDER_CHANGES;
/** Powers of it; what is not in the table weighs nothing. */
const KEPT = Float64Array.from({ length: 1_024 }, (_, changes) => KEEP ** changes);
export const weight = (changes: number): number => KEPT[changes] ?? 0;

export function frontOf(all: Series, { first, mid }: { first: number; mid: number }, log: boolean): Float64Array {
  const slots = new Float64Array((mid - first) * SLOTS);
  for (let i = mid - 1; i >= first; i--) {
    const at = (i - first) * SLOTS;
    if (i < mid - 1) {
      slots.copyWithin(at, at + SLOTS, at + 2 * SLOTS);
      addNumber(slots, at, mid - 2 - i, change(all, i + 1, log));
      const moved = ((all.p[i + 1]! - all.p[i]!) / WILDER_CHANGES) * weight(mid - 2 - i);
      if (moved > 0) slots[at + GAIN]! += moved;
      else slots[at + LOSS]! -= moved;
    }
    slots[at + VOLUME]! += all.v[i]!;
    slots[at + NOTIONAL]! += all.p[i]! * all.v[i]!;
  }
  return slots;
}

export function grow(all: Series, back: Float64Array, i: number, mid: number, log: boolean): void {
  addNumber(back, 0, i - mid, change(all, i, log));
  const moved = (all.p[i]! - all.p[i - 1]!) / WILDER_CHANGES;
  back[GAIN] = back[GAIN]! * KEEP + Math.max(moved, 0);
  back[LOSS] = back[LOSS]! * KEEP + Math.max(-moved, 0);
  back[VOLUME]! += all.v[i]!;
  back[NOTIONAL]! += all.p[i]! * all.v[i]!;
}

export function backOf(all: Series, mid: number, log: boolean): Float64Array {
  const back = new Float64Array(SLOTS);
  for (let i = mid; i < all.t.length; i++) grow(all, back, i, mid, log);
  return back;
}

export function partsOf(all: Series, log: boolean): Parts[] {
  let parts = made.get(all);
  if (parts === undefined) {
    parts = all.windows.map((window) => ({
      base: window.first,
      front: frontOf(all, window, log),
      back: backOf(all, window.mid, log),
    }));
    made.set(all, parts);
  }
  return parts;
}

/** All that a window holds becomes its front. */
export function turn(all: Series, window: { first: number; mid: number }, parts: Parts, log: boolean): void {
  window.mid = all.t.length;
  parts.base = window.first;
  parts.front = frontOf(all, window, log);
  parts.back.fill(0);
}
