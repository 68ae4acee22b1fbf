/** "M0 4L1 2…": values across a box, the newest at the right edge; empty for fewer than two. */
export function sparkPath(values: readonly number[], width: number, height: number): string {
  if (values.length < 2) return "";
  const low = Math.min(...values);
  const high = Math.max(...values);
  const span = high - low;
  const x = (i: number): number => (i / (values.length - 1)) * width;
  const y = (value: number): number => (span === 0 ? height / 2 : height - ((value - low) / span) * height);
  return values.map((value, i) => `${i === 0 ? "M" : "L"}${x(i).toFixed(1)} ${y(value).toFixed(1)}`).join("");
}

export interface Plot {
  readonly path: string;
  x(ts_ms: number): number;
  y(price: number): number;
}

/** A line of prices over time, scaled so that the levels are in view too; null for fewer than two points. */
export function plot(
  points: readonly (readonly [number, number])[],
  levels: readonly number[],
  width: number,
  height: number,
): Plot | null {
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined || points.length < 2 || last[0] <= first[0]) return null;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const price of [...points.map((point) => point[1]), ...levels]) {
    low = Math.min(low, price);
    high = Math.max(high, price);
  }
  const margin = (high - low || Math.abs(high) || 1) * 0.06;
  const x = (ts_ms: number): number => ((ts_ms - first[0]) / (last[0] - first[0])) * width;
  const y = (price: number): number => height - ((price - low + margin) / (high - low + 2 * margin)) * height;
  const path = points
    .map(([ts, price], i) => `${i === 0 ? "M" : "L"}${x(ts).toFixed(1)} ${y(price).toFixed(1)}`)
    .join("");
  return { path, x, y };
}
