import { expect, test } from "bun:test";
import fc from "fast-check";
import { history, percentile, remember, zScore } from "./history.ts";

function exact(values: readonly number[], x: number): { z: number; sd: number } {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const sd = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length);
  return { z: (x - mean) / sd, sd };
}

test("after 100,000 values of changing size it says what the last 300 say", () => {
  let seed = 3;
  const random = (): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 4_294_967_296 - 0.5;
  };
  const h = history();
  const all: number[] = [];
  for (let i = 0; i < 100_000; i++) {
    const x = i % 20_000 < 5 ? random() * 1e9 : 0.05 + random() * 1e-6;
    all.push(x);
    remember(h, x, 300, true);
  }
  const last = all.slice(-300);
  expect(zScore(h, 0.0500012)! / exact(last, 0.0500012).z).toBeCloseTo(1, 8);
  expect(h.sorted).toEqual(last.toSorted((a, b) => a - b));
});

test("percentiles are those of the sorted values", () => {
  // −0 and 0 are one price move, and one text.
  const values = fc
    .array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 3, maxLength: 40 })
    .map((all) => all.map((x) => x + 0));
  fc.assert(
    fc.property(values, fc.integer({ min: 3, max: 10 }), (xs, max) => {
      const h = history();
      for (const x of xs) remember(h, x, max, true);
      const sorted = xs.slice(-max).toSorted((a, b) => a - b);
      expect(percentile(h, 0)).toBe(sorted[0]!);
      expect(percentile(h, 1)).toBe(sorted.at(-1)!);
      if (sorted.length % 2 === 1) expect(percentile(h, 0.5)).toBe(sorted[(sorted.length - 1) / 2]!);
    }),
  );
});

test("values that differ by rounding only have no spread", () => {
  const h = history();
  for (let i = 0; i < 50; i++) remember(h, 0.1 + (i % 2) * 1e-17, 300, true);
  expect(zScore(h, 0.2)).toBeNull();
  const zeros = history();
  for (let i = 0; i < 50; i++) remember(zeros, 0, 300, true);
  expect(zScore(zeros, 0.2)).toBeNull();
});
