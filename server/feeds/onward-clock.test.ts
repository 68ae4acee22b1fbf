import { expect, test } from "bun:test";
import { onwardClock } from "./onward-clock.ts";

const HOUR_MS = 3_600_000;

test("set back by an hour it goes on; set right again it is right; small steps are the clock's own", () => {
  let wall_ms = 1_000_000_000;
  const clock = onwardClock({ now: () => wall_ms, sleep: async () => undefined });
  const step = (ms: number): number => {
    wall_ms += ms;
    return clock.now();
  };
  const start_ms = clock.now();
  expect(step(10)).toBe(start_ms + 10);
  expect(step(-5)).toBe(start_ms + 5);
  expect(step(-HOUR_MS)).toBe(start_ms + 5);
  expect(clock.set_back_ms).toBe(HOUR_MS);
  expect(step(20)).toBe(start_ms + 25);
  // The thread stood still for ten seconds: time has passed.
  expect(step(10_000)).toBe(start_ms + 10_025);
  expect(step(HOUR_MS)).toBe(start_ms + 10_025);
  expect(clock.set_back_ms).toBe(0);
  expect(step(2 * HOUR_MS)).toBe(start_ms + 10_025 + 2 * HOUR_MS);
});
