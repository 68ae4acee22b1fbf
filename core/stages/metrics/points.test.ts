import { expect, test } from "bun:test";
import fc from "fast-check";
import { sampled, simpleReturns, spread } from "../../test-support/plain.ts";
import { insert, moveSamples, points, prune, samples, volatility } from "./points.ts";

const STEP_MS = 5_000;
const LENGTH_MS = 60_000;

test("volatility is that of the samples anew, for prices at any pace, late ones too, and as old ones are let go", () => {
  const tick = fc.record({
    // Mostly on, in leaps and on the grid's own beat; now and then back.
    by_ms: fc.oneof(fc.integer({ min: 1, max: 900 }), fc.constant(STEP_MS), fc.integer({ min: -20_000, max: 30_000 })),
    price: fc.integer({ min: 90, max: 110 }),
  });
  fc.assert(
    fc.property(fc.array(tick, { minLength: 300, maxLength: 700 }), (ticks) => {
      const all = points();
      const seen = samples();
      const kept = new Map<number, number>();
      let now_ms = 1_700_000_000_000;
      for (const { by_ms, price } of ticks) {
        now_ms += by_ms;
        kept.set(now_ms, price);
        let at = insert(all, now_ms, price);
        const moved = prune(all, now_ms - LENGTH_MS - STEP_MS);
        moveSamples(seen, moved);
        at -= moved;
        let first = at;
        while (first > all.head && all.t[first - 1]! >= now_ms - LENGTH_MS) first--;
        const quick = volatility(all, first, at, STEP_MS, seen);
        const inside = all.t.slice(first, at + 1).map((ts_ms) => ({ ts_ms, price: kept.get(ts_ms)! }));
        const changes = simpleReturns(sampled(inside, STEP_MS));
        const isKnown = inside.length >= 3 && changes.length >= 2;
        if (quick === null) expect(isKnown).toBe(false);
        else expect(quick).toBeCloseTo(isKnown ? spread(changes) : Number.NaN, 12);
        expect(quick).toBe(volatility(all, first, at, STEP_MS, samples()));
      }
    }),
    { numRuns: 30 },
  );
});
