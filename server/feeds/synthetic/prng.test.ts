import { describe, expect, test } from "bun:test";
import { bits, gauss, smoothNoise, streamKey, unit } from "./prng.ts";

const N = 100_000;
const moments = (draw: (n: number) => number) => {
  const values = Array.from({ length: N }, (_, n) => draw(n));
  const mean = values.reduce((a, b) => a + b, 0) / N;
  const central = (p: number): number => values.reduce((a, b) => a + (b - mean) ** p, 0) / N;
  return { mean, variance: central(2), kurtosis: central(4) / central(2) ** 2, values };
};

describe("counter-based randomness", () => {
  const key = streamKey(7, "test");

  test("a number depends on key and counter alone, for any counter", () => {
    const forward = [-5, 0, 1, 2, 4_294_967_295].map((n) => bits(key, n));
    const backward = [4_294_967_295, 2, 1, 0, -5].map((n) => bits(key, n)).reverse();
    expect(forward).toEqual(backward);
    expect(new Set(forward).size).toBe(5);
  });

  test("seeds, names and large seeds give streams of their own", () => {
    const keys = [0, 1, 7, -7, 2 ** 40, 2 ** 40 + 1, 2 ** 32 + 7].flatMap((s) =>
      ["a", "b"].map((n) => streamKey(s, n)),
    );
    expect(new Set(keys).size).toBe(keys.length);
  });

  test("uniform: mean, variance, every byte equally often, neighbours unrelated", () => {
    const { mean, variance, values } = moments((n) => unit(key, n));
    expect(mean).toBeCloseTo(0.5, 2);
    expect(variance).toBeCloseTo(1 / 12, 3);
    for (const shift of [0, 8, 16, 24]) {
      const counts = new Float64Array(256);
      for (let n = 0; n < N; n++) counts[(bits(key, n) >>> shift) & 0xff]! += 1;
      const chi2 = counts.reduce((sum, c) => sum + (c - N / 256) ** 2 / (N / 256), 0);
      expect(chi2).toBeGreaterThan(150);
      expect(chi2).toBeLessThan(380);
    }
    for (const lag of [1, 2, 64]) {
      let covariance = 0;
      for (let n = lag; n < N; n++) covariance += (values[n]! - 0.5) * (values[n - lag]! - 0.5);
      expect(Math.abs(covariance / N / variance)).toBeLessThan(0.015);
    }
  });

  test("nearly normal and bounded", () => {
    const { mean, variance, kurtosis, values } = moments((n) => gauss(key, n));
    expect(mean).toBeCloseTo(0, 1);
    expect(Math.abs(variance - 1)).toBeLessThan(0.03);
    expect(kurtosis).toBeGreaterThan(2.5);
    expect(kurtosis).toBeLessThan(3.1);
    expect(values.every((v) => Math.abs(v) <= 2 * Math.sqrt(3))).toBe(true);
  });

  test("smooth noise is continuous with a bounded slope and mean 0.5", () => {
    let sum = 0;
    for (let i = 0; i < N; i++) {
      const x = i / 50 - 900;
      sum += smoothNoise(key, x);
      expect(Math.abs(smoothNoise(key, x + 0.001) - smoothNoise(key, x))).toBeLessThan(0.00151);
    }
    expect(sum / N).toBeCloseTo(0.5, 1);
  });
});
