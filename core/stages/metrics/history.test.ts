import { expect, test } from "bun:test";
import { mean, spread } from "../../test-support/plain.ts";
import { randomOf } from "../../test-support/random.ts";
import { history, remember, zScore } from "./history.ts";

test("after 100,000 values of changing size it says what the last 300 say", () => {
  const random = randomOf(3);
  const h = history();
  const all: number[] = [];
  for (let i = 0; i < 100_000; i++) {
    const x = i % 20_000 < 5 ? (random() - 0.5) * 1e9 : 0.05 + (random() - 0.5) * 1e-6;
    all.push(x);
    remember(h, x, 300, null);
  }
  const last = all.slice(-300);
  expect(zScore(h, 0.0500012)! / ((0.0500012 - mean(last)) / spread(last))).toBeCloseTo(1, 8);
});

test("values that differ by rounding only have no spread", () => {
  const h = history();
  for (let i = 0; i < 50; i++) remember(h, 0.1 + (i % 2) * 1e-17, 300, null);
  expect(zScore(h, 0.2)).toBeNull();
  const zeros = history();
  for (let i = 0; i < 50; i++) remember(zeros, 0, 300, null);
  expect(zScore(zeros, 0.2)).toBeNull();
});
