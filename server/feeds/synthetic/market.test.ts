import { describe, expect, test } from "bun:test";
import { Bar } from "../../../core/messages/bar.ts";
import { Trade } from "../../../core/messages/trade.ts";
import { createMarket, LATENCY_MAX_MS, type Market, MINUTE_MS, type RawTrade, toTrade } from "./market.ts";
import { meanMinuteVolume, QUIET_SYMBOL, SYMBOLS } from "./symbols.ts";
import { T0 } from "./test-support/run.ts";

const start_s = T0 / 1_000;
const text = (market: Market, index: number, s: number): string =>
  JSON.stringify(market.second(index, s).map((raw, i) => toTrade(SYMBOLS[index]!, raw, i, raw.ts_ms + raw.latency_ms)));

describe("the market is a function of seed and time", () => {
  test("same seconds, any order, any instance: same bytes", () => {
    const asked = Array.from(
      { length: 300 },
      (_, i) => [i % SYMBOLS.length, start_s + ((i * 7_919) % 90_000)] as const,
    );
    const first = createMarket(7);
    const one = asked.map(([index, s]) => text(first, index, s));
    const second = createMarket(7);
    const other = asked
      .toReversed()
      .map(([index, s]) => text(second, index, s))
      .toReversed();
    expect(other).toEqual(one);
    expect(one.join("")).toContain("event_id");
    const neighbour = createMarket(8);
    expect(asked.map(([index, s]) => text(neighbour, index, s))).not.toEqual(one);
  });

  test("a history candle is exactly the candle of the minute's trades", () => {
    const market = createMarket(7);
    const again = createMarket(7);
    for (let index = 0; index < SYMBOLS.length; index++) {
      const { symbol } = SYMBOLS[index]!;
      for (const minute of [0, 1, 17, 611, 1_439]) {
        const start_ms = T0 - minute * MINUTE_MS;
        const bar = market.minuteBar(index, start_ms)!;
        const trades = Array.from({ length: 60 }, (_, s) => again.second(index, start_ms / 1_000 + s)).flatMap(
          (second) => second.map((raw, i) => toTrade(SYMBOLS[index]!, raw, i, raw.ts_ms)),
        );
        const sum = (of: (t: Trade) => number): number => trades.reduce((total, t) => total + of(t), 0);
        expect(Bar.parse(bar)).toEqual(bar);
        expect(bar).toMatchObject({
          symbol,
          bar_id: `${symbol}-${start_ms}-1m`,
          end_ts_ms: start_ms + MINUTE_MS,
          open: trades[0]!.price,
          close: trades.at(-1)!.price,
          high: Math.max(...trades.map((t) => t.price)),
          low: Math.min(...trades.map((t) => t.price)),
          trade_count: trades.length,
          bin_count: new Set(trades.map((t) => Math.floor(t.ts_ms / 10))).size,
          last_ts_ms: trades.at(-1)!.ts_ms,
          final: true,
          partial: false,
          origin: "synthetic",
        });
        expect(bar.volume / sum((t) => t.size)).toBeCloseTo(1, 12);
        expect(bar.notional / sum((t) => t.size * t.price)).toBeCloseTo(1, 12);
        expect(bar.buy_volume).toBeCloseTo(
          sum((t) => (t.side === "buy" ? t.size : 0)),
          6,
        );
        expect(bar.vwap).toBeGreaterThanOrEqual(bar.low);
        expect(bar.vwap).toBeLessThanOrEqual(bar.high);
      }
    }
  });

  test("trades are valid records, in time order, inside their second, with prices and sizes of whole units", () => {
    const market = createMarket(3);
    for (let index = 0; index < SYMBOLS.length; index++) {
      const spec = SYMBOLS[index]!;
      let last_ms = 0;
      for (let s = start_s; s < start_s + 300; s++) {
        for (const raw of market.second(index, s)) {
          expect(Math.floor(raw.ts_ms / 1_000)).toBe(s);
          expect(raw.ts_ms).toBeGreaterThanOrEqual(last_ms);
          expect(raw.latency_ms).toBeGreaterThan(0);
          expect(raw.latency_ms).toBeLessThanOrEqual(LATENCY_MAX_MS);
          last_ms = raw.ts_ms;
          const trade = toTrade(spec, raw, 0, raw.ts_ms);
          expect(Trade.parse(trade)).toEqual(trade);
          expect(Number(trade.price.toFixed(spec.decimals))).toBe(trade.price);
          expect(Number(trade.size.toFixed(spec.sizeDecimals))).toBe(trade.size);
        }
      }
    }
  });

  test("it also has a price before 2024 and in 2060", () => {
    const market = createMarket(7);
    for (const year of [1971, 2023, 2060]) {
      const ts_ms = Date.UTC(year, 5, 1);
      for (const [index, { anchor }] of SYMBOLS.entries()) {
        expect(market.priceAt(index, ts_ms) / anchor).toBeGreaterThan(0.4);
        expect(market.priceAt(index, ts_ms) / anchor).toBeLessThan(2.5);
      }
      expect(market.minuteBar(0, ts_ms)!.trade_count).toBeGreaterThan(20);
    }
  });
});

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
