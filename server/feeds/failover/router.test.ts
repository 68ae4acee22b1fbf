import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Trade } from "../../../core/messages/index.ts";
import { tinyTrade } from "../test-support/tiny-venue.ts";
import { Router } from "./router.ts";

const T0 = 1_700_000_000_000;
const HOLD_MS = 60_000;

test("before anyone is routed all is held; the first route hands on everything, once", () => {
  const router = new Router(HOLD_MS);
  const trades = [1, 2, 3].map((seq) => tinyTrade(seq, T0 + seq * 10, "A", "one") as Trade);
  for (const trade of trades) expect(router.take(trade, T0 + 100)).toBe(false);
  expect(router.providerOf("A")).toBeNull();
  const { routes, held } = router.route("one", ["A", "B"], null, "the first", T0 + 200);
  expect(held).toEqual(trades);
  expect(routes).toMatchObject([
    { symbol: "A", provider: "one", from_ms: T0 + 10, reason: "the first" },
    { symbol: "B", provider: "one", from_ms: T0 + 200 },
  ]);
  expect(router.route("one", ["A", "B"], null, "again", T0 + 300)).toEqual({ routes: [], held: [] });
});

test("what an earlier run told goes on with the same venue, and begins after it with another", () => {
  const router = new Router(HOLD_MS);
  router.seed("A", "one", T0);
  expect(router.take(tinyTrade(9, T0 + 5, "A", "one") as Trade, T0 + 5)).toBe(false);
  expect(router.take(tinyTrade(1, T0, "A", "two") as Trade, T0 + 5)).toBe(false);
  expect(router.take(tinyTrade(2, T0 + 1, "A", "two") as Trade, T0 + 5)).toBe(false);
  const { routes, held } = router.route("two", ["A"], null, "", T0 + 6);
  expect(routes[0]?.from_ms).toBe(T0 + 1);
  expect(held.map(({ seq }) => seq)).toEqual([2]);
});

test("a trade dated years ahead shuts no venue out", () => {
  const router = new Router(HOLD_MS);
  router.route("one", ["A"], null, "", T0);
  expect(router.take(tinyTrade(1, T0 + 1e11, "A", "one") as Trade, T0 + 10)).toBe(true);
  const { routes } = router.route("two", ["A"], T0 + 500, "", T0 + 1_000);
  expect(routes[0]?.from_ms).toBe(T0 + 2_000);
  expect(router.take(tinyTrade(1, T0 + 2_001, "A", "two") as Trade, T0 + 2_002)).toBe(true);
});

test("what stands by is held no longer than it may be needed", () => {
  const router = new Router(1_000);
  for (let seq = 0; seq < 5_000; seq++) router.take(tinyTrade(seq, T0 + seq, "A", "two") as Trade, T0 + seq);
  const { held } = router.route("two", ["A"], null, "", T0 + 5_000);
  expect(held.length).toBeGreaterThanOrEqual(1_000);
  expect(held.length).toBeLessThanOrEqual(2_002);
  expect(held.at(-1)?.seq).toBe(4_999);
});

test("over any run of switches every trade of a venue within its time is handed on exactly once, and none outside it", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          step_ms: fc.integer({ min: 0, max: 200 }),
          provider: fc.constantFrom("one", "two"),
          lag_ms: fc.integer({ min: 0, max: 40 }),
          to: fc.option(fc.constantFrom("one", "two"), { freq: 6 }),
        }),
        { maxLength: 150 },
      ),
      (events) => {
        const router = new Router(1e9);
        const given: Trade[] = [];
        const all: Trade[] = [];
        const spans: { provider: string; from_ms: number }[] = [];
        let now_ms = T0;
        let seq = 0;
        for (const { step_ms, provider, lag_ms, to } of events) {
          now_ms += step_ms;
          const trade = tinyTrade(++seq, now_ms - lag_ms, "A", provider) as Trade;
          all.push(trade);
          if (router.take(trade, now_ms)) given.push(trade);
          if (to === null) continue;
          const { routes, held } = router.route(to, ["A"], now_ms - 40, "", now_ms);
          given.push(...held);
          for (const route of routes) spans.push({ provider: route.provider, from_ms: route.from_ms });
        }
        expect(new Set(given.map(({ seq }) => seq)).size).toBe(given.length);
        for (let i = 1; i < spans.length; i++) {
          expect(spans[i]!.from_ms).toBeGreaterThan(spans[i - 1]!.from_ms);
          expect(spans[i]!.provider).not.toBe(spans[i - 1]!.provider);
        }
        const teller = (ts_ms: number): string | null =>
          spans.findLast(({ from_ms }) => from_ms <= ts_ms)?.provider ?? null;
        for (const trade of given) expect(teller(trade.ts_ms)).toBe(trade.provider);
        // A span that another one followed is whole.
        const last_ms = spans.at(-1)?.from_ms ?? 0;
        const first_ms = spans[0]?.from_ms ?? 0;
        const due = all.filter(
          ({ provider, ts_ms }) => ts_ms >= first_ms && ts_ms >= last_ms && teller(ts_ms) === provider,
        );
        for (const trade of due) expect(given.includes(trade)).toBe(true);
      },
    ),
    { numRuns: 300 },
  );
});
