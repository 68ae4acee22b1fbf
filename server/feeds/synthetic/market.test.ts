import { describe, expect, test } from "bun:test";
import { Bar } from "../../../core/messages/bar.ts";
import { Trade } from "../../../core/messages/trade.ts";
import { LATENCY_MAX_MS } from "./lanes.ts";
import { createMarket, type Market, MINUTE_MS, toTrade } from "./market.ts";
import { SYMBOLS } from "./symbols.ts";
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
