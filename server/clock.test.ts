import { expect, test } from "bun:test";
import { systemClock } from "./clock.ts";

test("sleep lasts at least as long as asked", async () => {
  const from = performance.now();
  await systemClock.sleep(15);
  expect(performance.now() - from).toBeGreaterThan(13);
});

test("a signal ends a sleep early, and one that has fired already forbids it", async () => {
  const stop = new AbortController();
  const sleeping = systemClock.sleep(3_600_000, stop.signal);
  stop.abort();
  await sleeping;
  await systemClock.sleep(3_600_000, stop.signal);
  expect(stop.signal.aborted).toBe(true);
});
