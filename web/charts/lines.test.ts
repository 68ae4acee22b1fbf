import { expect, test } from "bun:test";
import { plot, sparkPath } from "./lines.ts";

test("a sparkline fills its box, the newest at the right, the highest on top", () => {
  expect(sparkPath([1, 3, 2], 10, 4)).toBe("M0.0 4.0L5.0 0.0L10.0 2.0");
  expect(sparkPath([5, 5], 10, 4)).toBe("M0.0 2.0L10.0 2.0");
  expect([sparkPath([], 10, 4), sparkPath([1], 10, 4)]).toEqual(["", ""]);
});

test("a plot keeps its levels in view", () => {
  const drawn = plot(
    [
      [0, 100],
      [10, 110],
    ],
    [130],
    100,
    50,
  );
  expect(drawn?.y(130)).toBeGreaterThan(0);
  expect(drawn?.y(100)).toBeLessThan(50);
  expect([drawn?.x(0), drawn?.x(5), drawn?.x(10)]).toEqual([0, 50, 100]);
  expect(plot([[0, 100]], [], 100, 50)).toBeNull();
  expect(
    plot(
      [
        [5, 100],
        [5, 101],
      ],
      [],
      100,
      50,
    ),
  ).toBeNull();
});
