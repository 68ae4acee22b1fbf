/**
 * Central moments of a set of numbers in slots of a flat array: mean, M2, M3, M4 (the counts are the caller's). Sets are
 * only ever grown and joined, never taken from, so nothing is lost to cancellation.
 */
const MEAN = 0;
const M2 = 1;
const M3 = 2;
const M4 = 3;

/** Puts `x` into the set of `count` numbers at `at`; there is one more afterwards. */
export function addNumber(slots: Float64Array, at: number, count: number, x: number): void {
  const n = count + 1;
  const d = x - slots[at + MEAN]!;
  const step = d / n;
  const step2 = step * step;
  const grown = d * step * count;
  const m2 = slots[at + M2]!;
  const m3 = slots[at + M3]!;
  slots[at + MEAN]! += step;
  slots[at + M4]! += grown * step2 * (n * n - 3 * n + 3) + 6 * step2 * m2 - 4 * step * m3;
  slots[at + M3]! += grown * step * (n - 2) - 3 * step * m2;
  slots[at + M2]! += grown;
}

/** What the join of two sets says. */
export interface Spread {
  count: number;
  m2: number;
  m3: number;
  m4: number;
}

export function join(
  out: Spread,
  a: Float64Array,
  i: number,
  na: number,
  b: Float64Array,
  j: number,
  nb: number,
): void {
  out.count = na + nb;
  if (na === 0 || nb === 0) {
    const one = na === 0 ? b : a;
    const at = na === 0 ? j : i;
    out.m2 = one[at + M2]!;
    out.m3 = one[at + M3]!;
    out.m4 = one[at + M4]!;
    return;
  }
  const n = na + nb;
  const d = b[j + MEAN]! - a[i + MEAN]!;
  const dn = d / n;
  const both = d * dn * na * nb;
  const a2 = a[i + M2]!;
  const b2 = b[j + M2]!;
  out.m2 = a2 + b2 + both;
  out.m3 = a[i + M3]! + b[j + M3]! + both * dn * (na - nb) + 3 * dn * (na * b2 - nb * a2);
  out.m4 =
    a[i + M4]! +
    b[j + M4]! +
    both * dn * dn * (na * na - na * nb + nb * nb) +
    6 * dn * dn * (na * na * b2 + nb * nb * a2) +
    4 * dn * (na * b[j + M3]! - nb * a[i + M3]!);
}

/** Where all numbers are the same, what is left of their spread is rounding. */
const NO_SPREAD = 1e-15;

export const sampleSd = ({ count, m2 }: Spread): number | null =>
  count < 2 ? null : Math.sqrt(Math.max(0, m2) / (count - 1));

/** Bias-corrected skewness, from three numbers on. */
export function skewness({ count: n, m3 }: Spread, sd: number | null): number | null {
  if (n < 3 || sd === null || sd <= NO_SPREAD) return null;
  return (n / ((n - 1) * (n - 2))) * (m3 / (sd * sd * sd));
}

/** Bias-corrected excess kurtosis, from four numbers on. */
export function kurtosis({ count: n, m2, m4 }: Spread, sd: number | null): number | null {
  if (n < 4 || sd === null || sd <= NO_SPREAD) return null;
  const variance = m2 / (n - 1);
  const fourth = m4 / (variance * variance);
  const beyond = (n - 2) * (n - 3);
  return ((n * (n + 1)) / ((n - 1) * beyond)) * fourth - (3 * (n - 1) * (n - 1)) / beyond;
}
