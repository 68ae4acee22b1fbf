import { link, type Order, unlink } from "./order.ts";

/**
 * The last N values with mean and spread, at a cost that does not grow with N. The sums are kept in
 * two doubles each (value and error), so adding and taking away leaves no drift, and the variance of values that differ
 * in the ninth digit only is still right.
 */
export interface History {
  ring: number[];
  at: number;
  s1: number;
  s1e: number;
  s2: number;
  s2e: number;
  /** Largest sum of squares since the sums were last made anew: how coarse their last digits may be. */
  peak: number;
}

export const history = (): History => ({ ring: [], at: 0, s1: 0, s1e: 0, s2: 0, s2e: 0, peak: 0 });

const SPLIT = 134_217_729;
/** Beyond this ratio the tail of a value long gone could be seen in what is left. */
const FORGET = 2 ** 40;

function addValue(h: History, x: number): void {
  const sum = h.s1 + x;
  const part = sum - h.s1;
  const error = h.s1e + (h.s1 - (sum - part) + (x - part));
  h.s1 = sum + error;
  h.s1e = error - (h.s1 - sum);
}

/** sign · x², exactly. */
function addSquare(h: History, x: number, sign: 1 | -1): void {
  const c = SPLIT * x;
  const high = c - (c - x);
  const low = x - high;
  const square = x * x;
  const rest = sign * (low * low - (square - high * high - 2 * high * low));
  const value = sign * square;
  const sum = h.s2 + value;
  const part = sum - h.s2;
  const error = h.s2e + rest + (h.s2 - (sum - part) + (value - part));
  h.s2 = sum + error;
  h.s2e = error - (h.s2 - sum);
}

function rebuild(h: History): void {
  h.s1 = 0;
  h.s1e = 0;
  h.s2 = 0;
  h.s2e = 0;
  for (let i = 0; i < h.ring.length; i++) {
    addValue(h, h.ring[i]!);
    addSquare(h, h.ring[i]!, 1);
  }
  h.peak = h.s2;
}

/** `ordered` follows what comes and goes. */
export function remember(h: History, x: number, max: number, ordered: Order | null): void {
  let slot = h.at;
  if (h.ring.length < max) {
    slot = h.ring.length;
    h.ring.push(x);
  } else {
    const out = h.ring[slot]!;
    if (ordered !== null) unlink(ordered, h.ring, slot);
    h.ring[slot] = x;
    h.at = slot + 1 === max ? 0 : slot + 1;
    addValue(h, -out);
    addSquare(h, out, -1);
  }
  if (ordered !== null) link(ordered, h.ring, slot);
  addValue(h, x);
  addSquare(h, x, 1);
  if (h.s2 > h.peak) h.peak = h.s2;
  else if (h.peak > FORGET * h.s2) rebuild(h);
}

/** max − min < 1e-9 of the largest magnitude: what spread there is, is rounding. */
function isFlat(h: History): boolean {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < h.ring.length; i++) {
    const x = h.ring[i]!;
    if (x < min) min = x;
    if (x > max) max = x;
  }
  return max - min < 1e-9 * Math.max(Math.abs(min), Math.abs(max));
}

/** (x − mean) / population sd; null with fewer than 2 values or no real spread. */
export function zScore(h: History, x: number): number | null {
  const n = h.ring.length;
  if (n < 2) return null;
  // n · Σx² − (Σx)², both to twice the digits of a double.
  const c = SPLIT * h.s1;
  const high = c - (c - h.s1);
  const low = h.s1 - high;
  const square = h.s1 * h.s1;
  const squareRest = low * low - (square - high * high - 2 * high * low) + 2 * h.s1 * h.s1e;
  const c2 = SPLIT * h.s2;
  const high2 = c2 - (c2 - h.s2);
  const scaled = n * h.s2;
  const scaledRest = n * high2 - scaled + n * (h.s2 - high2) + n * h.s2e;
  const spread = scaled - square + (scaledRest - squareRest);
  if (!(spread > 0)) return null;
  const sd = Math.sqrt(spread) / n;
  // The range is at least 2 sd and Σx² at least the largest square: only where this fails is a look at all values needed.
  if (sd < 1e-9 * Math.sqrt(h.s2) && isFlat(h)) return null;
  return (x - h.s1 / n - h.s1e / n) / sd;
}
