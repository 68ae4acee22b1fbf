import { type Column, read, valueAt } from "../blocks.ts";
import { WILDER_CHANGES as CHANGES } from "./parts.ts";
import { type Series, type SeriesSettings, smooth } from "./series.ts";

/** (13/14)^700 is under 1e-22: what came before these has no weight left. */
const WILDER_CHANGES_MAX = 700;

interface Means {
  gain: number;
  loss: number;
}

function strength({ gain, loss }: Means): number {
  if (loss === 0) return gain === 0 ? 50 : 100;
  return (100 * gain) / (gain + loss);
}

const prices = new Float64Array(CHANGES + 1);

/** Of the 14 changes up to price `last`. */
function means(p: Column, last: number): Means {
  let gain = 0;
  let loss = 0;
  read(p, last - CHANGES, last + 1, prices);
  for (let i = 1; i <= CHANGES; i++) {
    const d = prices[i]! - prices[i - 1]!;
    if (d > 0) gain += d;
    else loss -= d;
  }
  return { gain: gain / CHANGES, loss: loss / CHANGES };
}

/** Cutler's RSI of the last 14 changes up to price `last`. */
export const rsiCutler = (p: Column, last: number): number => strength(means(p, last));

/** Wilder's RSI: the mean of the first 14 changes, then smoothed change by change. */
export function rsiWilder(p: Column, first: number, last: number): number | null {
  if (last - first < CHANGES) return null;
  const from = Math.max(first, last - WILDER_CHANGES_MAX);
  const now = means(p, from + CHANGES);
  for (let i = from + CHANGES + 1; i <= last; i++) {
    const d = valueAt(p, i) - valueAt(p, i - 1);
    now.gain = (now.gain * (CHANGES - 1) + Math.max(d, 0)) / CHANGES;
    now.loss = (now.loss * (CHANGES - 1) + Math.max(-d, 0)) / CHANGES;
  }
  return strength(now);
}

/** The same of a window up to the newest trade, from its sums. */
export function rsiWilderNow(all: Series, settings: SeriesSettings, which: number, first: number): number | null {
  const last = all.n - 1;
  if (last - first < CHANGES) return null;
  const now = means(all.p, first + CHANGES);
  return smooth(all, settings, which, now) ? strength(now) : rsiWilder(all.p, first, last);
}
