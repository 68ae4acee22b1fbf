import { expect, test } from "bun:test";
import fc from "fast-check";
import { BACKOFF, backoffMs } from "./backoff.ts";

test("waits double up to the most, spread over the upper half", () => {
  expect([0, 1, 2, 3].map((attempt) => backoffMs(attempt, 0))).toEqual([200, 400, 800, 1_600]);
  expect(backoffMs(0, 0.999)).toBe(400);
  expect(backoffMs(50, 0.999_999)).toBe(BACKOFF.maxMs);
});

test("no attempt waits nothing or more than the most", () => {
  fc.assert(
    fc.property(fc.nat(10_000), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (attempt, random) => {
      const waitMs = backoffMs(attempt, random);
      expect(waitMs).toBeGreaterThanOrEqual(BACKOFF.firstMs / 2);
      expect(waitMs).toBeLessThanOrEqual(BACKOFF.maxMs);
    }),
  );
});
