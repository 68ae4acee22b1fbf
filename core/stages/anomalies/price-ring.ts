/**
 * The price as it stood at the end of each of the last 60 steps, carried forward: what a window of 60 steps needs to know
 * of its past, to a sixtieth of its length, at a constant cost and 60 numbers.
 */
export interface PriceRing {
  step_ms: number;
  /** Newest step that has a price, and that price: it joins the others when the step is over. */
  at: number;
  newest: number;
  /** The ring knows nothing before. */
  first: number;
  /** The very first price: all that is known of the time before the end of step `first`. */
  open: number;
  prices: number[];
}

const RING_STEPS = 61;

/** Can a window of this length be measured on this ring? */
const spans = (ring: PriceRing, window_ms: number): boolean => ring.step_ms * (RING_STEPS - 1) >= window_ms;

/** The step a window of this length is measured in. */
const stepFor = (window_ms: number): number => Math.max(1_000, Math.ceil(window_ms / (RING_STEPS - 1)));

const priceRing = (step_ms: number): PriceRing => ({ step_ms, at: 0, newest: 0, first: 0, open: 0, prices: [] });

/** Forgets everything: the next price is the first. */
export function clear(ring: PriceRing): void {
  ring.prices = [];
  ring.open = 0;
}

export function push(ring: PriceRing, ts_ms: number, price: number): void {
  const { step_ms } = ring;
  if (ring.prices.length === 0) {
    ring.at = Math.floor(ts_ms / step_ms);
    ring.first = ring.at;
    ring.open = price;
    ring.newest = price;
    for (let i = 0; i < RING_STEPS; i++) ring.prices.push(price);
    return;
  }
  if (ts_ms >= (ring.at + 1) * step_ms) {
    const step = Math.floor(ts_ms / step_ms);
    for (let s = Math.max(ring.at, step - RING_STEPS); s < step; s++) ring.prices[s % RING_STEPS] = ring.newest;
    ring.at = step;
  } else if (ts_ms < ring.at * step_ms) return;
  ring.newest = price;
}

const at = (ring: PriceRing, step: number): number => (step < ring.at ? ring.prices[step % RING_STEPS]! : ring.newest);

/** The price `ago_ms` before `now_ms`, at most one step younger; 0 where nothing is known. */
export function priceAgo(ring: PriceRing, now_ms: number, ago_ms: number): number {
  if (ring.prices.length === 0) return 0;
  const step = Math.floor((now_ms - ago_ms) / ring.step_ms);
  if (step < ring.first) return ring.open;
  return at(ring, step);
}

/** Until when `priceAgo` goes on saying what it says now. */
export const sameUntil = (ring: PriceRing, now_ms: number, ago_ms: number): number =>
  (Math.floor((now_ms - ago_ms) / ring.step_ms) + 1) * ring.step_ms + ago_ms;

/**
 * When the price was last not beyond `from`, looking back from `now_ms` to the window's start: where the move began.
 * `sign` is 1 for a rise, −1 for a fall.
 */
export function moveStart(ring: PriceRing, now_ms: number, ago_ms: number, from: number, sign: 1 | -1): number {
  const oldest = Math.max(Math.floor((now_ms - ago_ms) / ring.step_ms), ring.first, ring.at - RING_STEPS + 1);
  for (let step = ring.at; step >= oldest; step--)
    if (sign * (at(ring, step) - from) <= 0) return Math.min(now_ms, (step + 1) * ring.step_ms);
  return Math.min(now_ms, Math.max(now_ms - ago_ms, oldest * ring.step_ms));
}

/** Rings for windows of these lengths, the shortest steps first. */
export const ringsFor = (windows: readonly { ms: number }[]): PriceRing[] =>
  [...new Set(windows.map((w) => stepFor(w.ms)))].sort((a, b) => a - b).map(priceRing);

/** The ring a window of this length is measured on. */
export function ringOf(rings: readonly PriceRing[], window_ms: number): PriceRing {
  let i = 0;
  while (i < rings.length - 1 && !spans(rings[i]!, window_ms)) i++;
  return rings[i]!;
}
