import { expect, test } from "bun:test";
import fc from "fast-check";
import { createLimiter } from "./limiter.ts";
import { fakeClock } from "./test-support/fake-clock.ts";

test("no span of the limit's length ever holds more than the limit, whatever is asked when", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 6 }),
      fc.array(fc.record({ after_ms: fc.integer({ min: 0, max: 400 }), cost: fc.integer({ min: 0, max: 8 }) }), {
        minLength: 1,
        maxLength: 25,
      }),
      async (count, asks) => {
        const clock = fakeClock(0);
        const limiter = createLimiter({ count, per_ms: 1_000 }, clock);
        const passed: { at_ms: number; cost: number; order: number }[] = [];
        for (const [order, { after_ms, cost }] of asks.entries()) {
          await clock.advance(after_ms);
          void limiter.take(cost).then(() => passed.push({ at_ms: clock.now(), cost: Math.min(cost, count), order }));
        }
        await clock.advance(60_000);
        expect(passed.map(({ order }) => order)).toEqual(asks.map((_, order) => order));
        for (const { at_ms } of passed) {
          const within = passed.filter((one) => one.at_ms >= at_ms && one.at_ms < at_ms + 1_000);
          expect(within.reduce((sum, one) => sum + one.cost, 0)).toBeLessThanOrEqual(count);
        }
      },
    ),
    { numRuns: 60 },
  );
});

test("a block holds everyone back until its end", async () => {
  const clock = fakeClock();
  const limiter = createLimiter({ count: 10, per_ms: 1_000 }, clock);
  limiter.blockUntil(clock.now() + 30_000);
  let passed = false;
  void limiter.take().then(() => {
    passed = true;
  });
  await clock.advance(29_999);
  expect(passed).toBe(false);
  expect(limiter.waitMs()).toBe(1);
  await clock.advance(1);
  await clock.advance(0);
  expect(passed).toBe(true);
});

test("a stop ends the wait and takes nothing", async () => {
  const clock = fakeClock();
  const limiter = createLimiter({ count: 1, per_ms: 1_000 }, clock);
  const stop = new AbortController();
  expect(await limiter.take()).toBe(true);
  const waiting = limiter.take(1, stop.signal);
  await clock.advance(10);
  stop.abort();
  expect(await waiting).toBe(false);
  await clock.advance(1_000);
  expect(limiter.waitMs()).toBe(0);
});
