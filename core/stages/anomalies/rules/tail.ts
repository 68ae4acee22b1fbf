/**
 * How large returns of one window usually are: counts in bins 15 % apart, in two generations of half the memory each,
 * so that what is older than 7 days is forgotten without a date on every value; and each day's largest.
 */
export interface Tail {
  now: number[];
  before: number[];
  /** When the present generation began; −1 before the first value. */
  since_ms: number;
  /** When anything was first seen. */
  first_ms: number;
  /** Largest of the second under way, entered when it ends. */
  second: number;
  largest: number;
  /** The largest of each of the last 8 UTC days, by day number modulo 8, and those day numbers. */
  day_max: number[];
  days: number[];
  /** What 99.99 % stay below; 0 while too little is known. */
  limit: number;
  limit_ms: number;
}

/** 0.1 % … 100 %: what is smaller counts as no move, for no limit lies there. */
const BINS = 50;
const SMALLEST = 1e-3;
const RATIO = Math.log(1.15);
const DAY_MS = 86_400_000;
export const MEMORY_DAYS = 7;
const GENERATION_MS = (MEMORY_DAYS * DAY_MS) / 2;
const DAYS = MEMORY_DAYS + 1;
const LIMIT_EVERY_MS = 60_000;
/** A longer silence was not watched. */
const SILENCE_MAX_S = 86_400;

export const tail = (): Tail => ({
  now: new Array<number>(BINS).fill(0),
  before: new Array<number>(BINS).fill(0),
  since_ms: -1,
  first_ms: -1,
  second: -1,
  largest: 0,
  day_max: new Array<number>(DAYS).fill(0),
  days: new Array<number>(DAYS).fill(-1),
  limit: 0,
  limit_ms: -1,
});

/** Six digits are enough, and a third of the room in a checkpoint. */
const short = (size: number): number => Math.round(size * 1e6) / 1e6;

/** `weight` seconds in which the return went as far as `size`. */
export function enter(t: Tail, ts_ms: number, size: number, weight: number): void {
  if (t.since_ms < 0) {
    t.since_ms = ts_ms;
    t.first_ms = ts_ms;
  }
  while (ts_ms - t.since_ms >= GENERATION_MS) {
    t.before = t.now;
    t.now = new Array<number>(BINS).fill(0);
    // After a long silence both generations are empty: no need to turn through each that was missed.
    t.since_ms = ts_ms - t.since_ms >= 2 * GENERATION_MS ? ts_ms : t.since_ms + GENERATION_MS;
  }
  const bin = size <= SMALLEST ? 0 : Math.min(BINS - 1, Math.floor(Math.log(size / SMALLEST) / RATIO));
  t.now[bin]! += weight;
  const day = Math.floor(ts_ms / DAY_MS);
  const slot = day % DAYS;
  if (t.days[slot] !== day) {
    t.days[slot] = day;
    t.day_max[slot] = 0;
  }
  if (size > t.day_max[slot]!) t.day_max[slot] = short(size);
}

/**
 * The return of one print. Seconds are the unit: a burst of trades must not count as many, and a second without a trade
 * is one too. For the window's length the last return may still stand in silence; after that the price stood still.
 */
export function observe(t: Tail, ts_ms: number, size: number, window_ms: number): void {
  const second = Math.floor(ts_ms / 1_000);
  if (second === t.second) {
    if (size > t.largest) t.largest = size;
    return;
  }
  if (t.second >= 0) {
    const passed = Math.min(second - t.second, SILENCE_MAX_S);
    const standing = Math.min(passed, Math.ceil(window_ms / 1_000));
    enter(t, t.second * 1_000, t.largest, standing);
    if (passed > standing) t.now[0]! += passed - standing;
  }
  t.second = second;
  t.largest = size;
}

/** Upper edge of the bin below which the share `q` of all seconds lies; 0 with fewer than `least` of them. */
function quantile(t: Tail, q: number, least: number): number {
  let total = 0;
  for (let i = 0; i < BINS; i++) total += t.now[i]! + t.before[i]!;
  if (total < least) return 0;
  let above = total * (1 - q);
  for (let i = BINS - 1; i >= 0; i--) {
    above -= t.now[i]! + t.before[i]!;
    if (above < 0) return SMALLEST * Math.exp(RATIO * (i + 1));
  }
  return SMALLEST;
}

/** Read at most once a minute: one move does not change what is normal. */
export function limitOf(t: Tail, ts_ms: number, q: number, least: number): number {
  if (t.limit_ms < 0 || ts_ms - t.limit_ms >= LIMIT_EVERY_MS || ts_ms < t.limit_ms) {
    t.limit = quantile(t, q, least);
    t.limit_ms = ts_ms;
  }
  return t.limit;
}

/** The largest of the last 7 days, the present second left out. */
export function largestOf(t: Tail, ts_ms: number): number {
  const today = Math.floor(ts_ms / DAY_MS);
  let largest = 0;
  for (let i = 0; i < DAYS; i++)
    if (t.days[i]! >= today - MEMORY_DAYS && t.day_max[i]! > largest) largest = t.day_max[i]!;
  return largest;
}
