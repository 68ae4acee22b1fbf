import { describe, expect, test } from "bun:test";
import { TapebellError } from "../../../core/errors.ts";
import type { Trade } from "../../../core/messages/trade.ts";
import { contextOf, fixture, itemsOf, restOf } from "../test-support/frames.ts";
import { parse } from "./parse.ts";
import { bybit, bybitLinear, limits, toVenue } from "./spec.ts";

const SYMBOL = { symbol: "ETHUSDT", venue: "ETHUSDT" };

describe("REST", () => {
  const answers = {
    "recent-trade": fixture(import.meta.dir, "rest-trades.txt"),
    kline: fixture(import.meta.dir, "rest-kline.txt"),
    "instruments-info": fixture(import.meta.dir, "rest-instruments.txt"),
    tickers: fixture(import.meta.dir, "rest-tickers.txt"),
  };
  const range = { from_seq: null, to_seq: null, from_ms: 1_790_000_000_000, to_ms: 1_790_000_001_000 };

  test("trades have the ids of the stream and come oldest first", async () => {
    const { rest, asked } = restOf(answers);
    const { trades, complete } = await bybitLinear.rest!.trades(rest, SYMBOL, range);
    const stream = itemsOf(parse, fixture(import.meta.dir, "trade-linear.txt"), contextOf("bybit-linear")) as Trade[];
    expect(trades.map(({ event_id }) => event_id)).toEqual(stream.map(({ event_id }) => event_id));
    expect(trades.map(({ recv_ms, ...rest }) => rest)).toEqual(stream.map(({ recv_ms, ...rest }) => rest));
    expect(complete).toBe(true);
    expect(asked).toEqual(["https://api.bybit.com/v5/market/recent-trade?category=linear&symbol=ETHUSDT&limit=1000"]);
  });

  test("what reaches further back than the venue tells is not complete", async () => {
    const from_ms = 1_789_999_998_999;
    const { complete } = await bybitLinear.rest!.trades(restOf(answers).rest, SYMBOL, { ...range, from_ms });
    expect(complete).toBe(false);
  });

  test("candles come oldest first; the one still forming is left out", async () => {
    const { rest } = restOf(answers);
    const candles = await bybit.rest!.candles(rest, SYMBOL, 1_789_999_860_000, 1_790_000_040_000);
    expect(candles.map((one) => one.start_ts_ms)).toEqual([1_789_999_860_000, 1_789_999_920_000]);
    expect(candles[1]).toEqual({
      start_ts_ms: 1_789_999_920_000,
      open: 64100,
      high: 64220,
      low: 64090,
      close: 64200,
      volume: 12.25,
      notional: 786_000,
      trade_count: null,
      buy_volume: null,
    });
  });

  test("a day is asked for in pages", async () => {
    const { rest, asked } = restOf(answers);
    await bybit.rest!.candles(rest, SYMBOL, 1_789_900_020_000, 1_789_900_020_000 + 1_440 * 60_000);
    expect(asked).toHaveLength(2);
  });

  test("markets: dated futures are left out, what does not trade says so", async () => {
    expect(await bybit.rest!.markets(restOf(answers).rest)).toEqual([
      { symbol: "BTCUSDT", venue: "BTCUSDT", decimals: 2, quote_volume_24h: 115_000_000.25, is_trading: true },
      { symbol: "OLDUSDT", venue: "OLDUSDT", decimals: 5, quote_volume_24h: null, is_trading: false },
    ]);
  });

  test("a refusal, an outage and nonsense are errors that name the call", async () => {
    const bad = [
      '{"retCode":10001,"retMsg":"params error","result":{},"time":1}',
      "<html>",
      '{"retCode":0,"result":{"list":7},"time":1}',
      { status: 403, body: "blocked", retry_after_ms: null },
    ];
    for (const answer of bad) {
      const asked = bybit.rest!.trades(restOf({ "recent-trade": answer }).rest, SYMBOL, range);
      await expect(asked).rejects.toThrow(TapebellError);
      await expect(asked).rejects.toThrow("api.bybit.com/v5/market/recent-trade");
    }
  });
});

describe("subscriptions", () => {
  test("ours and theirs", () => {
    expect(toVenue("BTCUSDT")).toEqual({ symbol: "BTCUSDT", venue: "BTCUSDT" });
    expect(toVenue("BTCUSD")).toEqual({ symbol: "BTCUSD", venue: "BTCUSDT" });
    expect(toVenue("ETH-BTC")).toEqual({ symbol: "ETH-BTC", venue: "ETHBTC" });
    for (const none of ["AAPL", "USDT", "btcusdt", "BTC USDT", ""]) expect(toVenue(none)).toBeNull();
  });

  test("many symbols are spread over requests and sockets within the venue's limits", () => {
    const symbols = Array.from({ length: 120 }, (_, i) => ({ symbol: `S${i}USDT`, venue: `S${i}USDT` }));
    const plans = bybitLinear.sockets(symbols, ["trade", "quote", "book"]);
    expect(plans.map((plan) => plan.symbols.length)).toEqual([50, 50, 20]);
    for (const plan of plans) {
      expect(plan.url).toBe("wss://stream.bybit.com/v5/public/linear");
      const topics = plan.subscribe.flatMap((text) => (JSON.parse(text) as { args: string[] }).args);
      expect(topics).toHaveLength(plan.symbols.length * 3);
      expect(plan.subscribe.every((text) => (JSON.parse(text) as { args: string[] }).args.length <= 10)).toBe(true);
    }
    expect(JSON.parse(plans[0]!.remove([symbols[0]!])[0]!)).toMatchObject({
      op: "unsubscribe",
      args: ["publicTrade.S0USDT", "orderbook.1.S0USDT", "orderbook.50.S0USDT"],
    });
    expect(JSON.parse(limits.ping!.text!)).toEqual({ op: "ping" });
  });
});
