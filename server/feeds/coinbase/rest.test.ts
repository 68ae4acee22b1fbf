import { describe, expect, test } from "bun:test";
import { TapebellError } from "../../../core/errors.ts";
import type { Trade } from "../../../core/messages/index.ts";
import { fixture, RECV_MS, restOf, venueFrames } from "../test-support/frames.ts";
import { parse } from "./parse.ts";
import { coinbaseOf, toVenue } from "./spec.ts";

const { read } = venueFrames(import.meta.dir, parse, "coinbase");
const SYMBOL = { symbol: "BTCUSD", venue: "BTC-USD" };

const coinbase = coinbaseOf();

describe("REST", () => {
  const answers = {
    "/trades": fixture(import.meta.dir, "rest-trades.txt"),
    "/candles": fixture(import.meta.dir, "rest-candles.txt"),
    "/products/stats": fixture(import.meta.dir, "rest-stats.txt"),
    "/products": fixture(import.meta.dir, "rest-products.txt"),
  };
  const range = { from_seq: 4000, to_seq: 4003, from_ms: 0, to_ms: RECV_MS };

  test("a hole is filled with the stream's own ids, oldest first", async () => {
    const { rest, asked } = restOf(answers);
    const { trades, complete } = await coinbase.rest!.trades(rest, SYMBOL, range);
    const stream = read("adv-trades") as Trade[];
    expect(trades.map(({ event_id, side }) => [event_id, side])).toEqual(stream.map((t) => [t.event_id, t.side]));
    expect(complete).toBe(true);
    expect(asked).toEqual(["https://api.exchange.coinbase.com/products/BTC-USD/trades?limit=1000&after=4003"]);
  });

  test("by time, where no number is known", async () => {
    const times = { from_seq: null, to_seq: null, from_ms: 1_790_000_000_000, to_ms: 1_790_000_000_200 };
    const { trades, complete } = await coinbase.rest!.trades(restOf(answers).rest, SYMBOL, times);
    expect(trades.map((trade) => trade.seq)).toEqual([4001, 4002]);
    expect(complete).toBe(true);
  });

  test("what the venue does not give all of is not complete, and the asking ends", async () => {
    const { rest, asked } = restOf(answers);
    const { trades, complete } = await coinbase.rest!.trades(rest, SYMBOL, { ...range, from_seq: 3990 });
    expect(trades.map((trade) => trade.seq)).toEqual([4000, 4001, 4002]);
    expect(complete).toBe(false);
    expect(asked.length).toBeLessThanOrEqual(3);
  });

  test("candles: the venue's odd order is put right, what still forms is left out", async () => {
    const { rest } = restOf(answers);
    const candles = await coinbase.rest!.candles(rest, SYMBOL, 1_789_999_860_000, 1_790_000_039_999);
    expect(candles).toEqual([
      {
        start_ts_ms: 1_789_999_860_000,
        open: 64000,
        high: 64110,
        low: 63990,
        close: 64100,
        volume: 8,
        notional: null,
        trade_count: null,
        buy_volume: null,
      },
    ]);
    const { rest: day, asked } = restOf(answers);
    await coinbase.rest!.candles(day, SYMBOL, 1_789_900_020_000, 1_789_900_020_000 + 1_440 * 60_000);
    expect(asked).toHaveLength(5);
  });

  test("markets", async () => {
    expect(await coinbase.rest!.markets(restOf(answers).rest)).toEqual([
      { symbol: "BTCUSD", venue: "BTC-USD", decimals: 2, quote_volume_24h: 576_032_000, is_trading: true },
      { symbol: "OLDUSD", venue: "OLD-USD", decimals: 4, quote_volume_24h: null, is_trading: false },
    ]);
  });

  test("nonsense is an error that names the call", async () => {
    for (const answer of ["<html>", "{}", '[{"trade_id":1}]', { status: 429, body: "slow down", retry_after_ms: 1 }]) {
      const asked = coinbase.rest!.trades(restOf({ "/trades": answer }).rest, SYMBOL, range);
      await expect(asked).rejects.toThrow(TapebellError);
      await expect(asked).rejects.toThrow("products/BTC-USD/trades");
    }
  });
});

test("subscriptions: dollars of any kind are one book; heartbeats always come along", () => {
  for (const ours of ["BTCUSD", "BTCUSDT", "BTCUSDC", "BTC-USD"]) {
    expect(toVenue(ours)).toEqual({ symbol: ours, venue: "BTC-USD" });
  }
  expect(toVenue("USDTUSD")?.venue).toBe("USDT-USD");
  expect(toVenue("AAPL")).toBeNull();
  const [plan, ...others] = coinbase.sockets([SYMBOL], ["trade", "quote", "book", "ticker"]);
  expect(others).toEqual([]);
  expect(JSON.parse(plan!.subscribe[0]!)).toEqual({
    type: "subscribe",
    product_ids: ["BTC-USD"],
    channels: ["heartbeat", "matches", "ticker", "level2_batch"],
  });
  expect(JSON.parse(plan!.remove([SYMBOL])[0]!)).toMatchObject({ type: "unsubscribe", product_ids: ["BTC-USD"] });
});

test("Advanced Trade: one channel a message, the same markets and REST side", () => {
  const advanced = coinbaseOf({ COINBASE_API: "advanced" });
  const symbols = [{ symbol: "BTCUSD", venue: "BTC-USD" }];
  const [plan] = advanced.sockets(symbols, ["trade", "quote", "book"]);
  expect(plan!.url).toBe("wss://advanced-trade-ws.coinbase.com");
  const product_ids = ["BTC-USD"];
  expect(plan!.subscribe.map((text) => JSON.parse(text) as unknown)).toEqual([
    { type: "subscribe", channel: "heartbeats" },
    { type: "subscribe", product_ids, channel: "market_trades" },
    { type: "subscribe", product_ids, channel: "ticker" },
    { type: "subscribe", product_ids, channel: "level2" },
  ]);
  expect(advanced.rest).toBe(coinbase.rest);
});
