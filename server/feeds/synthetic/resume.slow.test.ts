import { describe, expect, test } from "bun:test";
import type { Trade } from "../../../core/messages/trade.ts";
import { createScript } from "./acts.ts";
import { createMarket, MINUTE_MS } from "./market.ts";
import type { Resume } from "./resume.ts";
import { barsOf, expectOrder, happened, identity, names, resumeFrom } from "./test-support/check.ts";
import { baselineOf, confirmedMoves } from "./test-support/confirmed-move.ts";
import { recorded, runFeed, T0, tradesOf } from "./test-support/run.ts";

const once = (trades: readonly Trade[]): string[] => [
  ...new Map(trades.map((t) => [t.event_id, identity(t)])).values(),
];

describe("a restart on the same data", () => {
  test("goes on where the log ends: nothing missing, nothing else, the same bytes", async () => {
    const first = await runFeed({ resume: recorded(T0), start_ms: T0, until_ms: T0 + 61_234 });
    const second = await runFeed({ resume: resumeFrom(first), start_ms: T0 + 200_000, until_ms: T0 + 230_000 });
    expect(barsOf(second)).toEqual([]);
    expectOrder(second.emitted);
    for (const symbol of names) {
      const trades = [...tradesOf(first.records, symbol), ...tradesOf(second.records, symbol)];
      expect(once(trades)).toEqual(happened(7, symbol, T0, trades.at(-1)!.ts_ms + 1));
    }
  });

  test("a long hole is bridged by candles up to the last ten minutes, older minutes are left alone", async () => {
    const now = T0 + 3 * 3_600_000 + 7_000;
    const run = await runFeed({ resume: recorded(T0 + 30_000), start_ms: now, until_ms: now + 2_000 });
    for (const symbol of names) {
      const bars = barsOf(run, symbol);
      expect(bars[0]!.start_ts_ms).toBe(T0);
      expect(bars).toHaveLength(170);
      expect(tradesOf(run.records, symbol)[0]!.ts_ms).toBeGreaterThanOrEqual(T0 + 170 * MINUTE_MS);
    }
    expectOrder(run.emitted);
  });

  test("killed amid its history it makes the rest, from the newest candle on", async () => {
    const market = createMarket(7);
    const newest_ts_ms = T0 - 100 * MINUTE_MS;
    const points = names.slice(0, 7).map((s, i) => [s, { newest_ts_ms, price: market.priceAt(i, newest_ts_ms) }]);
    const resume: Resume = { symbols: Object.fromEntries(points), open_gaps: [] };
    const run = await runFeed({ resume, start_ms: T0 + 1_000, until_ms: T0 + 1_500 });
    expect(barsOf(run, names[0]!)).toHaveLength(90);
    expect(barsOf(run, names[7]!)).toHaveLength(1_430);
  });

  test("killed at the height of an act, the price drifts back instead of jumping, and no rule fires", async () => {
    const t0 = T0 + 10_000;
    const first = await runFeed({
      scenario: "tour",
      resume: null,
      start_ms: t0 - 100,
      until_ms: t0 + 20_000,
      acts_at_ms: t0,
    });
    const { hero } = createScript(7, "tour", t0)!;
    const last = tradesOf(first.records, hero).at(-1)!;
    const second = await runFeed({
      scenario: "tour",
      resume: resumeFrom(first),
      start_ms: t0 + 25_000,
      until_ms: t0 + 400_000,
    });
    const trades = tradesOf(second.records, hero);
    expect(Math.abs(trades[0]!.price / last.price - 1)).toBeLessThan(0.004);
    expect(trades.at(-1)!.price).toBeLessThan(last.price * 0.995);
    const bars = barsOf(first, hero);
    expect(confirmedMoves(trades, baselineOf(bars))).toEqual([]);
    for (const [i, t] of trades.entries()) {
      const before = trades[Math.max(0, i - 5)]!;
      expect(Math.abs(t.price / before.price - 1)).toBeLessThan(0.01);
    }
  });

  test("a gap an earlier run left open is closed once everything missing has been sent", async () => {
    const t0 = T0 + 10_000;
    const first = await runFeed({
      scenario: "tour",
      resume: recorded(t0),
      start_ms: t0,
      until_ms: t0 + 48_000,
      acts_at_ms: t0,
    });
    const resume = resumeFrom(first);
    expect(resume.open_gaps).toMatchObject([{ status: "open", revision: 0 }]);
    const second = await runFeed({ resume, start_ms: t0 + 90_000, until_ms: t0 + 92_000 });
    const gapAt = second.records.findIndex((r) => r.kind === "gap");
    expect(second.records[gapAt]).toMatchObject({ id: resume.open_gaps[0]!.id, revision: 1, status: "filled" });
    expect(tradesOf(second.records.slice(0, gapAt)).at(-1)!.ts_ms).toBeGreaterThan(t0 + 89_000);
  });
});

describe("when the world is slow", () => {
  test("a sink that takes seconds loses nothing and disturbs no order", async () => {
    const run = await runFeed({
      resume: recorded(T0),
      start_ms: T0,
      until_ms: T0 + 180_000,
      emitTakes: (at_ms) => (at_ms > T0 + 20_000 && at_ms < T0 + 100_000 ? 7_300 : 0),
    });
    expectOrder(run.emitted);
    expect(run.statuses.some((s) => s.state === "catching_up")).toBe(true);
    expect(run.statuses.at(-2)!.state).toBe("live");
    for (const symbol of names) {
      const trades = tradesOf(run.records, symbol);
      expect(trades.map(identity)).toEqual(happened(7, symbol, T0, trades.at(-1)!.ts_ms + 1));
    }
  });

  test.each([5, 125])(
    "a machine that slept %d minutes catches up: every minute once, as trades or as a candle",
    async (minutes) => {
      let slept = false;
      const wake = T0 + 10_000 + minutes * MINUTE_MS;
      const run = await runFeed({
        resume: recorded(T0),
        start_ms: T0,
        until_ms: wake + 10_000,
        onSleep(now_ms, jump) {
          if (slept || now_ms < T0 + 10_000) return;
          slept = true;
          jump(wake);
        },
      });
      expectOrder(run.emitted);
      for (const symbol of names) {
        const trades = tradesOf(run.records, symbol);
        const bars = barsOf(run, symbol);
        const cut = minutes === 5 ? T0 : Math.floor((wake - 10 * MINUTE_MS) / MINUTE_MS) * MINUTE_MS;
        expect(bars.map((b) => b.start_ts_ms)).toEqual(
          Array.from({ length: (cut - T0) / MINUTE_MS }, (_, i) => T0 + i * MINUTE_MS),
        );
        const after = trades.filter((t) => t.ts_ms >= cut);
        expect(after.map(identity)).toEqual(happened(7, symbol, cut, after.at(-1)!.ts_ms + 1));
      }
    },
  );

  test("a clock set back is waited out and said, and no time is told twice", async () => {
    let back = false;
    const run = await runFeed({
      resume: recorded(T0),
      start_ms: T0,
      until_ms: T0 + 60_000,
      onSleep(now_ms, jump) {
        if (back || now_ms < T0 + 30_000) return;
        back = true;
        jump(T0 + 5_000);
      },
    });
    expectOrder(run.emitted);
    expect(run.statuses.some((s) => s.state === "stale" && s.text.includes("clock went back"))).toBe(true);
    for (const symbol of names) {
      const trades = tradesOf(run.records, symbol);
      expect(trades.map(identity)).toEqual(happened(7, symbol, T0, trades.at(-1)!.ts_ms + 1));
    }
  });
});
