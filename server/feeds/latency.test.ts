import { expect, test } from "bun:test";
import { createLatencyWindow, quantile } from "./latency.ts";

test("quantiles interpolate between neighbours", () => {
  expect(quantile([], 0.5)).toBeNull();
  expect(quantile([4], 0.95)).toBe(4);
  expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
  expect(quantile([0, 10], 0.95)).toBeCloseTo(9.5, 12);
});

test("only the last minute and the newest samples count", () => {
  const window = createLatencyWindow(3);
  expect(window.percentiles(0)).toEqual({ p50: null, p95: null });
  window.add(1_000, 900);
  window.add(2_000, 10);
  window.add(3_000, 20);
  window.add(4_000, 30);
  expect(window.percentiles(5_000).p50).toBe(20);
  expect(window.percentiles(63_500)).toEqual({ p50: 30, p95: 30 });
  expect(window.percentiles(64_001)).toEqual({ p50: null, p95: null });
});
