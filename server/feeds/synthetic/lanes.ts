import { createPath, dayShape, mood, moodKeyOf } from "./path.ts";
import { smoothNoise, streamKey, unit } from "./prng.ts";
import { SYMBOLS, type SymbolSpec } from "./symbols.ts";

/** Nothing takes longer from the synthetic exchange to us. */
export const LATENCY_MAX_MS = 60;

/** What one symbol's trades are drawn from. */
export interface Lane {
  readonly spec: SymbolSpec;
  readonly tickScale: number;
  readonly lotScale: number;
  readonly timeKey: number;
  readonly sizeKey: number;
  readonly priceKey: number;
  readonly latencyKey: number;
  /** Both count seconds from ORIGIN_S; they remember the last answers only for speed. */
  readonly base: (second: number) => number;
  readonly pace: (second: number) => number;
}

/**
 * Cumulative number of trades at a second, as a smooth increasing function: trade k happens where it passes k plus a
 * jitter below 1. So the trades of any second are known without counting from the start.
 */
function paceAt(spec: SymbolSpec, key: number, second: number): number {
  const { tradesPerSec, swing } = spec;
  const day = (-0.35 * swing * 86_400 * dayShape(second + 21_600)) / (2 * Math.PI);
  const gusts = ((0.4 * swing * 20) / 1.5) * smoothNoise(key, second / 20);
  const waves = ((0.25 * swing * 300) / 1.5) * smoothNoise(key ^ 0x1b873593, second / 300);
  return tradesPerSec * (second + day + gusts + waves);
}

/** Where on that scale trade k happens. */
export function passAt(lane: Lane, k: number): number {
  return k + 0.5 + (unit(lane.timeKey, k) - 0.5) * lane.spec.jitter;
}

/** Mean 1, at most about 11: many small trades, some large, none absurd. */
export function sizeFactor(random: number): number {
  const a = ((random & 0xffff) + 0.5) / 65_536;
  const b = ((random >>> 16) + 0.5) / 65_536;
  return (2 * b * Math.min(1 / Math.sqrt(a), 10)) / 1.9;
}

export function latencyOf(random: number): number {
  const u = (random >>> 8) / 16_777_216;
  return Math.min(LATENCY_MAX_MS, Math.round(3 + 9 * (random & 0xff) * (1 / 255) + 0.6 / (1.012 - u)));
}

/** A second's end is the next one's start: the last two answers spare every other evaluation. */
function remembered(compute: (second: number) => number): (second: number) => number {
  let [a, b, valueA, valueB] = [Number.NaN, Number.NaN, 0, 0];
  return (second) => {
    if (second === b) return valueB;
    if (second === a) return valueA;
    [a, valueA] = [b, valueB];
    b = second;
    valueB = compute(second);
    return valueB;
  };
}

/** More than a minute of seconds, so that the eight symbols of a minute share what they have in common. */
const SHARED_SECONDS = 128;

function shared(compute: (second: number) => number): (second: number) => number {
  const seconds = new Float64Array(SHARED_SECONDS).fill(Number.NaN);
  const values = new Float64Array(SHARED_SECONDS);
  return (second) => {
    const at = second & (SHARED_SECONDS - 1);
    if (seconds[at] !== second) {
      values[at] = compute(second);
      seconds[at] = second;
    }
    return values[at]!;
  };
}

export interface Lanes {
  readonly lanes: readonly Lane[];
  /** How lively the whole market is at a second counted from ORIGIN_S. */
  readonly moodAt: (second: number) => number;
}

export function createLanes(seed: number): Lanes {
  const moodKey = moodKeyOf(seed);
  const marketPath = createPath(seed, "market");
  const market = shared((second) => marketPath.at(second));
  const moodAt = shared((second) => mood(moodKey, second));

  const lanes = SYMBOLS.map((spec): Lane => {
    const own = createPath(seed, spec.symbol);
    const key = (name: string): number => streamKey(seed, `${spec.symbol}/${name}`);
    const paceKey = key("pace");
    return {
      spec,
      tickScale: 10 ** spec.decimals,
      lotScale: 10 ** spec.sizeDecimals,
      timeKey: key("time"),
      sizeKey: key("size"),
      priceKey: key("price"),
      latencyKey: key("latency"),
      pace: remembered((second) => paceAt(spec, paceKey, second)),
      base: remembered(
        (second) => spec.anchor * Math.exp(spec.marketVol * market(second) + spec.ownVol * own.at(second)),
      ),
    };
  });
  return { lanes, moodAt };
}
