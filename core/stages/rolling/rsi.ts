const CHANGES = 14;
/** (13/14)^700 is under 1e-22: what came before these has no weight left. */
const WILDER_CHANGES_MAX = 700;

const strength = (gain: number, loss: number): number =>
  loss === 0 ? (gain === 0 ? 50 : 100) : (100 * gain) / (gain + loss);

/** Cutler's RSI of the last 14 changes up to price `last`; null with fewer than 15 prices from `first` on. */
export function rsiCutler(p: readonly number[], first: number, last: number): number | null {
  if (last - first < CHANGES) return null;
  let gain = 0;
  let loss = 0;
  for (let i = last - CHANGES + 1; i <= last; i++) {
    const d = p[i]! - p[i - 1]!;
    if (d > 0) gain += d;
    else loss -= d;
  }
  return strength(gain / CHANGES, loss / CHANGES);
}

/** Wilder's RSI: the mean of the window's first 14 changes, then smoothed change by change. */
export function rsiWilder(p: readonly number[], first: number, last: number): number | null {
  if (last - first < CHANGES) return null;
  const from = Math.max(first, last - WILDER_CHANGES_MAX);
  let gain = 0;
  let loss = 0;
  for (let i = from + 1; i <= from + CHANGES; i++) {
    const d = p[i]! - p[i - 1]!;
    if (d > 0) gain += d;
    else loss -= d;
  }
  gain /= CHANGES;
  loss /= CHANGES;
  for (let i = from + CHANGES + 1; i <= last; i++) {
    const d = p[i]! - p[i - 1]!;
    gain = (gain * (CHANGES - 1) + Math.max(d, 0)) / CHANGES;
    loss = (loss * (CHANGES - 1) + Math.max(-d, 0)) / CHANGES;
  }
  return strength(gain, loss);
}
