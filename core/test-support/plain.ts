/** Statistics as the formula says them, all values looked at each time: what the quick ones are held against. */
export const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length;

export const spread = (xs: readonly number[]): number => {
  const m = mean(xs);
  return Math.sqrt(mean(xs.map((x) => (x - m) ** 2)));
};

/** Linear interpolation at (n − 1) q. */
export function quantileOf(xs: readonly number[], q: number): number {
  const sorted = xs.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * q;
  const low = sorted[Math.floor(place)]!;
  return low + ((sorted[Math.ceil(place)] ?? low) - low) * (place % 1);
}

/** The prices at a grid from the first point on, the last one carried forward. */
export function sampled(points: readonly { ts_ms: number; price: number }[], step_ms: number): number[] {
  const samples: number[] = [];
  let at = 0;
  for (let grid = points[0]!.ts_ms; grid <= points.at(-1)!.ts_ms; grid += step_ms) {
    while (at + 1 < points.length && points[at + 1]!.ts_ms <= grid) at++;
    samples.push(points[at]!.price);
  }
  return samples;
}

/** Between neighbours. */
export const simpleReturns = (prices: readonly number[]): number[] => prices.slice(1).map((p, i) => p / prices[i]! - 1);
