import { expect, test } from "bun:test";
import fc from "fast-check";
import { quantileOf } from "../../test-support/plain.ts";
import { history, remember } from "./history.ts";
import { order, quantile } from "./order.ts";

const QUANTILES = [0, 0.05, 0.5, 0.95, 1];
/** Many equal ones, rising and falling, and any. −0 and 0 are one price move, and one text. */
const value = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ min: -1, max: 1, noNaN: true })).map((x) => x + 0);

test("quantiles are those of the last values in order, however many are equal, with or without a restart", () => {
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 1, max: 12 }),
      fc.nat(60),
      (xs, max, restart) => {
        const h = history();
        let ordered = order(h.ring, h.at, max, QUANTILES);
        xs.forEach((x, i) => {
          if (i === restart) ordered = order(h.ring, h.at, max, QUANTILES);
          remember(h, x, max, ordered);
          const last = xs.slice(Math.max(0, i + 1 - max), i + 1);
          QUANTILES.forEach((q, which) => {
            expect(quantile(ordered, h.ring, which)).toBeCloseTo(quantileOf(last, q), 12);
          });
        });
      },
    ),
  );
});
