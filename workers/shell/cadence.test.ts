import { expect, test } from "bun:test";
import fc from "fast-check";
import { Cadence } from "./cadence.ts";

test("the first is said, then every Nth, however many come at once", () => {
  const said: number[] = [];
  const cadence = new Cadence(50, (total) => said.push(total));
  for (let i = 0; i < 149; i++) cadence.count();
  cadence.count(0);
  cadence.count(60);
  expect(said).toEqual([1, 50, 100, 209]);
});

test("what is no fault is said every Nth only", () => {
  const said: number[] = [];
  const cadence = new Cadence(3, (total) => said.push(total), false);
  for (let i = 0; i < 7; i++) cadence.count();
  expect(said).toEqual([3, 6]);
});

test("there is one line at most per count, and never more than N uncounted between two", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.array(fc.integer({ min: 0, max: 50 })), (every, steps) => {
      const said: number[] = [0];
      const cadence = new Cadence(every, (total) => said.push(total));
      for (const n of steps) cadence.count(n);
      expect(cadence.total).toBe(steps.reduce((sum, n) => sum + n, 0));
      expect(cadence.total - said.at(-1)!).toBeLessThan(every);
      expect(new Set(said).size).toBe(said.length);
    }),
  );
});
