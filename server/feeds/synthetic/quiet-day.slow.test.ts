import { describe, expect, test } from "bun:test";
import { createMarket, MINUTE_MS, type RawTrade } from "./market.ts";
import { meanMinuteVolume, QUIET_SYMBOL, SYMBOLS } from "./symbols.ts";
import { T0 } from "./test-support/run.ts";

const start_s = T0 / 1_000;
const DAY_S = 86_400;
const day = (seed: number): RawTrade[][] => {
  const market = createMarket(seed);
  return SYMBOLS.map((_, index) => {
    const trades: RawTrade[] = [];
    for (let s = start_s - DAY_S; s < start_s; s++) trades.push(...market.second(index, s));
    return trades;
  });
};

/** Largest rise or fall between any two trades at most `window_ms` apart. */
function largestMove(trades: readonly RawTrade[], window_ms: number): number {
  let largest = 0;
  const highs: number[] = [];
  const lows: number[] = [];
  let [highFrom, lowFrom] = [0, 0];
  for (const [i, { ticks, ts_ms }] of trades.entries()) {
    while (highs.length > highFrom && trades[highs.at(-1)!]!.ticks <= ticks) highs.pop();
    while (lows.length > lowFrom && trades[lows.at(-1)!]!.ticks >= ticks) lows.pop();
    highs.push(i);
    lows.push(i);
    while (trades[highs[highFrom]!]!.ts_ms < ts_ms - window_ms) highFrom++;
    while (trades[lows[lowFrom]!]!.ts_ms < ts_ms - window_ms) lowFrom++;
    largest = Math.max(largest, ticks / trades[lows[lowFrom]!]!.ticks - 1, 1 - ticks / trades[highs[highFrom]!]!.ticks);
  }
  return largest;
}

function largestSideVolume(trades: readonly RawTrade[], window_ms: number): number {
  const sums = { buy: 0, sell: 0 };
  let from = 0;
  let largest = 0;
  for (const trade of trades) {
    sums[trade.buy ? "buy" : "sell"] += trade.lots;
    for (; trades[from]!.ts_ms < trade.ts_ms - window_ms; from++) {
      sums[trades[from]!.buy ? "buy" : "sell"] -= trades[from]!.lots;
    }
    largest = Math.max(largest, sums.buy, sums.sell);
  }
  return largest;
}

describe("a quiet day, all symbols", () => {
  const days = [7, 11].map(day);

  test("no move comes near a rule: at most a third of each limit in 5 s, 60 s, 5 min and 15 min", () => {
    for (const symbols of days) {
      for (const trades of symbols) {
        expect(largestMove(trades, 5_000)).toBeLessThan(0.025 / 3);
        expect(largestMove(trades, 60_000)).toBeLessThan(0.041 / 3);
        expect(largestMove(trades, 300_000)).toBeLessThan(0.056 / 3);
        expect(largestMove(trades, 900_000)).toBeLessThan(0.12 / 3);
      }
    }
  });

  test("volume of ten seconds on one side stays under a quarter of the confirmed move's factor", () => {
    for (const symbols of days) {
      for (const [index, trades] of symbols.entries()) {
        const spec = SYMBOLS[index]!;
        const mean10s = (meanMinuteVolume(spec) / 12) * 10 ** spec.sizeDecimals;
        expect(largestSideVolume(trades, 10_000) / mean10s).toBeLessThan(50);
      }
    }
  });

  test("rates, mean volume and buyer share are what the symbol's row says", () => {
    for (const symbols of days) {
      for (const [index, trades] of symbols.entries()) {
        const spec = SYMBOLS[index]!;
        const lots = trades.reduce((sum, t) => sum + t.lots, 0);
        const bought = trades.reduce((sum, t) => sum + (t.buy ? t.lots : 0), 0);
        expect(trades.length / DAY_S / spec.tradesPerSec).toBeCloseTo(1, 1);
        expect(Math.abs(lots / 10 ** spec.sizeDecimals / 1_440 / meanMinuteVolume(spec) - 1)).toBeLessThan(0.15);
        expect(Math.abs(bought / lots - 0.5)).toBeLessThan(0.04);
      }
    }
  });

  test("the quiet symbol trades every few seconds at most and never pauses for long", () => {
    const quiet = days[0]![SYMBOLS.findIndex((s) => s.symbol === QUIET_SYMBOL)]!;
    const pauses = quiet.slice(1).map((t, i) => (t.ts_ms - quiet[i]!.ts_ms) / 1_000);
    expect(Math.min(...pauses)).toBeGreaterThan(3);
    expect(Math.max(...pauses)).toBeLessThan(25);
    const usual = pauses.filter((p) => p >= 5 && p <= 20).length / pauses.length;
    expect(usual).toBeGreaterThan(0.9);
  });

  test("minute returns have fat tails, follow BTC, and the busy hours are busier", () => {
    const returns = days[0]!.map((trades) => {
      const closes = new Map<number, number>();
      for (const t of trades) closes.set(Math.floor(t.ts_ms / MINUTE_MS), t.ticks);
      const values = [...closes.values()];
      return values.slice(1).map((v, i) => Math.log(v / values[i]!));
    });
    const mean = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0) / x.length;
    const sd = (x: readonly number[]): number => Math.sqrt(mean(x.map((v) => v * v)) - mean(x) ** 2);
    const [btc, eth] = [returns[0]!, returns[1]!];
    const correlation = (mean(btc.map((v, i) => v * eth[i]!)) - mean(btc) * mean(eth)) / (sd(btc) * sd(eth));
    expect(correlation).toBeGreaterThan(0.5);
    expect(correlation).toBeLessThan(0.98);
    const all = returns.flatMap((r) => r.map((v) => v / sd(r)));
    expect(mean(all.map((v) => v ** 4))).toBeGreaterThan(3.3);
    const perHour = new Float64Array(24);
    for (const t of days[0]![0]!) perHour[new Date(t.ts_ms).getUTCHours()]! += 1;
    expect(perHour[15]! / perHour[3]!).toBeGreaterThan(1.3);
  });
});
