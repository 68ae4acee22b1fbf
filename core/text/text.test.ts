import { expect, test } from "bun:test";
import fc from "fast-check";
import { fixedHalfEven, plainNumber } from "./rounding.ts";
import { duration, isoOffset, parseIso } from "./time.ts";

test("ties go to even, everything else to the nearest, from the binary value", () => {
  for (const [x, digits, text] of [
    [0.125, 2, "0.12"],
    [0.375, 2, "0.38"],
    [2.5, 0, "2"],
    [3.5, 0, "4"],
    [1.005, 2, "1.00"],
    [0.00375 * 100, 2, "0.38"],
    [-0.125, 2, "-0.12"],
    [-0.001, 2, "0.00"],
    [1e21, 1, "1000000000000000000000.0"],
    [5e-324, 3, "0.000"],
  ] as const)
    expect(fixedHalfEven(x, digits)).toBe(text);
});

test("away from ties it agrees with toFixed", () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e6, noNaN: true }), fc.integer({ min: 0, max: 8 }), (x, digits) => {
      const tie = Number.isInteger(x * 2 ** 20);
      return tie || fixedHalfEven(x, digits) === x.toFixed(digits);
    }),
  );
});

test("plain numbers read back as what they were", () => {
  expect(plainNumber(2.759e-5)).toBe("0.00002759");
  expect(plainNumber(2e-7)).toBe("0.0000002");
  expect(plainNumber(1.5e21)).toBe("1500000000000000000000");
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (x) => {
      const text = plainNumber(x);
      return Number(text) === x && !text.includes("e");
    }),
  );
});

test("times as the source systems spell them, there and back", () => {
  expect(isoOffset(1_700_000_001_000)).toBe("2023-11-14T22:13:21+00:00");
  expect(isoOffset(1_700_000_001_999.9995)).toBe("2023-11-14T22:13:22+00:00");
  expect(isoOffset(1_700_000_060_999)).toBe("2023-11-14T22:14:20.999000+00:00");
  expect(parseIso("2023-11-14T22:13:21.000250+00:00")).toBeCloseTo(1_700_000_001_000.25, 3);
  expect(parseIso("no time")).toBeNaN();
  fc.assert(fc.property(fc.integer({ min: 0, max: 4e12 }), (ms) => parseIso(isoOffset(ms)) === ms));
});

test("stretches in a reader's words", () => {
  expect([-5, 480, 48_000, 200_000, 180_000, 7_500_000, 7_200_000].map(duration)).toEqual([
    "0 ms",
    "480 ms",
    "48 s",
    "3 min 20 s",
    "3 min",
    "2 h 5 min",
    "2 h",
  ]);
});
