import { gauss, smoothNoise, streamKey, unit } from "./prng.ts";

/** Whole seconds are counted from here, so that they and their halvings fit 32-bit arithmetic from 1956 to 2092. */
export const ORIGIN_S = 1_704_067_200;

const DAY_S = 86_400;
const LEVELS = 20;
const TOP_S = 1 << LEVELS;
const TOP_SD = 2;
/** Spans longer than this are summed once per block: inside one they are a straight line. */
const BLOCK_LEVEL = 6;
const BLOCK_S = 1 << BLOCK_LEVEL;
/** Above this level (2^12 s, about 68 min) the local mood no longer matters: it has averaged out. */
const MOOD_LEVELS = 12;
const FAT_TAIL_CHANCE = 0.02;
const FAT_TAIL_FACTOR = 2.2;

/** How busy the day is at that second: quiet in the UTC night, busiest around 15:00; averages 1. */
export function dayShape(second: number): number {
  return Math.sin(((second / DAY_S) % 1) * 2 * Math.PI - 0.75 * Math.PI);
}

/** How lively the market is, 0 to 1, changing over an hour or two. */
export function mood(moodKey: number, second: number): number {
  return smoothNoise(moodKey, second / 5_400);
}

export function moodKeyOf(seed: number): number {
  return streamKey(seed, "mood");
}

export interface Path {
  /** Displacement at a whole second (counted from ORIGIN_S); one day's change has a standard deviation of about 1. */
  at(second: number): number;
}

/**
 * Brownian motion by midpoint displacement: every dyadic span of 2^k seconds adds a tent whose height is drawn from
 * (key, k, index), so twenty additions give any second. Tents of short spans follow the market's mood
 * (volatility clusters, busy hours), and one in fifty is larger, so that returns have heavy but bounded tails.
 * The arrays only remember the tents of the last span asked for.
 */
export function createPath(seed: number, name: string): Path {
  const keys = Array.from({ length: LEVELS + 1 }, (_, level) => streamKey(seed, `${name}/${level}`));
  const tailKeys = keys.map((key) => key ^ 0x2545f491);
  const topKey = streamKey(seed, `${name}/top`);
  const moodKey = moodKeyOf(seed);
  const index = new Float64Array(LEVELS + 1).fill(Number.NaN);
  const height = new Float64Array(LEVELS + 1);

  const tentHeight = (level: number, n: number): number => {
    const span = 1 << level;
    let scale = 0.5 * Math.sqrt(span / DAY_S);
    if (level <= MOOD_LEVELS) {
      const middle = (n + 0.5) * span;
      scale *= (1 + 0.3 * dayShape(middle)) * (0.6 + 0.8 * mood(moodKey, middle));
    }
    if (unit(tailKeys[level]!, n) < FAT_TAIL_CHANCE) scale *= FAT_TAIL_FACTOR;
    return scale * gauss(keys[level]!, n);
  };

  const tent = (level: number, s: number): number => {
    const n = s >> level;
    if (index[level] !== n) {
      index[level] = n;
      height[level] = tentHeight(level, n);
    }
    const span = 1 << level;
    const f = (s & (span - 1)) / span;
    return height[level]! * (f < 0.5 ? 2 * f : 2 - 2 * f);
  };

  /** Everything but the short spans: straight between whole blocks. */
  const coarse = (block: number): number => {
    const s = block * BLOCK_S;
    const top = s >> LEVELS;
    const from = gauss(topKey, top);
    let sum = TOP_SD * (from + (gauss(topKey, top + 1) - from) * ((s & (TOP_S - 1)) / TOP_S));
    for (let level = BLOCK_LEVEL + 1; level <= LEVELS; level++) sum += tent(level, s);
    return sum;
  };
  let block = Number.NaN;
  let blockStart = 0;
  let blockEnd = 0;

  return {
    at(second) {
      const s = second | 0;
      const b = s >> BLOCK_LEVEL;
      if (b !== block) {
        block = b;
        blockStart = coarse(b);
        blockEnd = coarse(b + 1);
      }
      let sum = blockStart + (blockEnd - blockStart) * ((s & (BLOCK_S - 1)) / BLOCK_S);
      for (let level = 1; level <= BLOCK_LEVEL; level++) sum += tent(level, s);
      return sum;
    },
  };
}
