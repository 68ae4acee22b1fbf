import { describe, expect, test } from "bun:test";
import type { Bar } from "../../../core/messages/bar.ts";
import type { MarketRecord } from "../../../core/messages/index.ts";
import { type BarsOut, bars } from "../../../core/stages/bars/index.ts";
import { BARS_DEFAULTS } from "../../../core/stages/bars/settings.ts";
import { createScript } from "./acts.ts";
import { createMarket, MINUTE_MS } from "./market.ts";
import type { Resume } from "./resume.ts";
import { SYMBOLS } from "./symbols.ts";
import { recorded, runFeed, T0, tradesOf } from "./test-support/run.ts";

/** What the real bars stage makes of what the feed sends. */
function candles(records: readonly MarketRecord[]): {
  out: BarsOut[];
  final: (symbol: string, interval: string) => Bar[];
} {
  const out: BarsOut[] = [];
  const state = bars.init(BARS_DEFAULTS);
  for (const record of records) bars.step(state, record, (one) => out.push(one));
  const newest = new Map<string, Bar>();
  for (const one of out) if (one.kind === "bar" && one.final) newest.set(one.bar_id, one);
  const final = (symbol: string, interval: string): Bar[] =>
    [...newest.values()]
      .filter((b) => b.symbol === symbol && b.interval === interval)
      .sort((a, b) => a.start_ts_ms - b.start_ts_ms);
  return { out, final };
}

const START_MS = T0 + 23_456;
const ACTS_MS = START_MS + 600;
const STOP_MS = START_MS + 100_000;
const first = await runFeed({ scenario: "tour", start_ms: START_MS, until_ms: STOP_MS, acts_at_ms: ACTS_MS });
const made = candles(first.records);

describe("the bars stage over the synthetic tape", () => {
  test("a start: nothing is refused, and a minute of trades gives the candle that history would have given", () => {
    const { out, final } = made;
    expect(out.filter((one) => one.kind === "dead_letter")).toEqual([]);
    const market = createMarket(7);
    for (const [index, { symbol }] of SYMBOLS.entries()) {
      const minutes = final(symbol, "1m").filter((b) => b.start_ts_ms >= T0 - 10 * MINUTE_MS && b.end_ts_ms <= T0);
      expect(minutes).toHaveLength(10);
      for (const bar of minutes) {
        const { revision, provider, volume, notional, vwap, buy_volume, ...facts } = market.minuteBar(
          index,
          bar.start_ts_ms,
        )!;
        expect(bar).toMatchObject({ ...facts, revision: 0, provider });
        expect(bar.volume / volume).toBeCloseTo(1, 12);
        expect(bar.notional / notional).toBeCloseTo(1, 12);
        expect(bar.vwap / vwap).toBeCloseTo(1, 12);
        expect(bar.buy_volume).toBeCloseTo(buy_volume, 6);
      }
    }
  });

  test("the mute: the candle out meanwhile is partial, then revised and whole; gap open, then filled", () => {
    const { out } = made;
    const script = createScript(7, "tour", ACTS_MS)!;
    const { from_ms } = script.between(ACTS_MS + 46_000, ACTS_MS + 46_000).find((a) => a.kind === "mute")!.mute!;
    const second = Math.floor(from_ms / 1_000) * 1_000;
    const said = out.filter(
      (one): one is Bar =>
        one.kind === "bar" &&
        one.final &&
        one.symbol === script.hero &&
        one.interval === "1s" &&
        one.start_ts_ms === second,
    );
    expect(said.length).toBeGreaterThanOrEqual(2);
    expect(said.map((b) => b.revision)).toEqual(said.map((_, i) => i));
    expect(said.at(-1)!.trade_count).toBeGreaterThan(said[0]!.trade_count);
    expect(said.some((b) => b.partial)).toBe(true);
    expect(said.at(-1)!.partial).toBe(false);
    expect(out.flatMap((one) => (one.kind === "gap" ? [one.status] : []))).toEqual(["open", "filled"]);
  });

  test.each([4, 190, 1_300])(
    "a restart after %d minutes: nothing is refused and no minute is missing",
    async (minutes) => {
      const before = await runFeed({ resume: recorded(START_MS), start_ms: START_MS, until_ms: STOP_MS });
      const again_ms = STOP_MS + minutes * MINUTE_MS;
      const points = SYMBOLS.map(({ symbol }) => {
        const { ts_ms, price } = tradesOf(before.records, symbol).at(-1)!;
        return [symbol, { newest_ts_ms: ts_ms, price }];
      });
      const resume: Resume = { symbols: Object.fromEntries(points), open_gaps: [] };
      const after = await runFeed({ resume, start_ms: again_ms, until_ms: again_ms + 61_000 });
      const { out, final } = candles([...before.records, ...after.records]);
      expect(out.filter((one) => one.kind === "dead_letter")).toEqual([]);
      for (const { symbol } of SYMBOLS) {
        const starts = final(symbol, "1m").map((b) => b.start_ts_ms);
        expect(starts).toEqual(Array.from({ length: starts.length }, (_, i) => starts[0]! + i * MINUTE_MS));
        expect(
          final(symbol, "1m")
            .slice(1)
            .some((b) => b.partial),
        ).toBe(false);
        expect(starts.at(-1)!).toBe(Math.floor(again_ms / MINUTE_MS) * MINUTE_MS);
      }
    },
  );
});
