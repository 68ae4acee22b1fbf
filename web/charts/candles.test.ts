import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { ShownBar } from "../state/bars.ts";
import { makeBar } from "../test-support/fake-market.ts";
import { between, EMPTY_SLOTS_MAX, slots, updates, within } from "./candles.ts";

const row = (second: number): ShownBar => ({
  bar: makeBar({ symbol: "BTCUSDT", interval: "1s", start_ts_ms: second * 1_000 }),
  was: null,
});
const shape = (list: readonly { start_ts_ms: number; row: unknown }[]) =>
  list.map((slot) => `${slot.start_ts_ms / 1_000}${slot.row === null ? "-" : ""}`).join(" ");

describe("slots of the time axis", () => {
  test("a second without trades keeps its place, a long pause is closed up", () => {
    expect(shape(slots([row(1), row(2), row(5)], 1_000))).toBe("1 2 3- 4- 5");
    expect(slots([row(1), row(1 + EMPTY_SLOTS_MAX + 2)], 1_000)).toHaveLength(2);
    expect(between(0, 1_000, 1_000)).toEqual([]);
  });
});

describe("what to redraw", () => {
  const have = [row(1), row(2), row(4)];
  const all = new Map([...have, row(5), row(8), row(3)].map((one) => [one.bar.start_ts_ms, one]));
  const shown = { lastMs: 4_000, has: (start: number) => [1_000, 2_000, 3_000, 4_000].includes(start) };
  const plan = (...changed: number[]) => {
    const steps = updates(
      changed.map((second) => second * 1_000),
      (start) => all.get(start),
      shown,
      1_000,
    );
    return steps === null
      ? "all"
      : steps.map(({ slot, historical }) => `${shape([slot])}${historical ? "h" : ""}`).join(" ");
  };

  test("the last candle, new ones with the empty places before them, and corrections of older ones", () => {
    expect(plan(4)).toBe("4");
    expect(plan(5)).toBe("5");
    expect(plan(8)).toBe("5- 6- 7- 8");
    expect(plan(2, 4, 5)).toBe("2h 4 5");
    expect(plan(3)).toBe("3h");
  });

  test("something before the start, in a closed pause, or gone needs all", () => {
    expect(plan(0)).toBe("all");
    expect(plan(99)).toBe("all");
    expect(updates([1_000], () => row(1), { lastMs: null, has: () => false }, 1_000)).toBeNull();
  });

  test("drawing step by step ends where drawing everything does", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 40 }), (seconds) => {
        const rows: ShownBar[] = [];
        let drawn: { start_ts_ms: number; row: ShownBar | null }[] = [];
        for (const second of seconds) {
          rows.push(row(second));
          rows.sort((a, b) => a.bar.start_ts_ms - b.bar.start_ts_ms);
          const at = (start: number) => rows.find((one) => one.bar.start_ts_ms === start);
          const has = (start: number) => drawn.some((slot) => slot.start_ts_ms === start);
          const steps = updates([second * 1_000], at, { lastMs: drawn.at(-1)?.start_ts_ms ?? null, has }, 1_000);
          if (steps === null) drawn = slots(rows, 1_000);
          else {
            for (const { slot } of steps) {
              drawn = [...drawn.filter((one) => one.start_ts_ms !== slot.start_ts_ms), slot].sort(
                (a, b) => a.start_ts_ms - b.start_ts_ms,
              );
            }
          }
          expect(drawn.filter((slot) => slot.row !== null).map((slot) => slot.start_ts_ms)).toEqual(
            rows.map((one) => one.bar.start_ts_ms),
          );
        }
      }),
    );
  });
});

test("the rows in view are found at any edge", () => {
  const rows = [2, 4, 6, 8].map(row);
  const seen = (from: number, to: number) =>
    within(rows, from * 1_000, to * 1_000).map((one) => one.bar.start_ts_ms / 1_000);
  expect([seen(0, 9), seen(4, 6), seen(5, 5), seen(9, 20), seen(3, 7)]).toEqual([[2, 4, 6, 8], [4, 6], [], [], [4, 6]]);
});
