import { describe, expect, test } from "bun:test";
import { TapebellError } from "../../../core/errors.ts";
import { fixture, restOf, venueFrames } from "../test-support/frames.ts";
import { parse } from "./parse.ts";
import { kraken, limits } from "./spec.ts";
import { restName, streamName, toVenue } from "./symbols.ts";

const { read } = venueFrames(import.meta.dir, parse, "kraken");
const SYMBOL = { symbol: "BTCUSD", venue: "BTC/USD" };

describe("REST", () => {
  const answers = {
    Trades: fixture(import.meta.dir, "rest-trades.txt"),
    OHLC: fixture(import.meta.dir, "rest-ohlc.txt"),
    AssetPairs: fixture(import.meta.dir, "rest-pairs.txt"),
    Ticker: fixture(import.meta.dir, "rest-ticker.txt"),
  };
  const range = { from_seq: 7000, to_seq: 7003, from_ms: 1_790_000_000_000, to_ms: 1_790_000_000_400 };

  test("a hole is filled with the stream's own ids", async () => {
    const { rest, asked } = restOf(answers);
    const { trades, complete } = await kraken.rest!.trades(rest, SYMBOL, range);
    expect(trades.map(({ recv_ms, ...one }) => one)).toEqual(
      (read("trade") as (typeof trades)[number][]).map(({ recv_ms, ...one }) => one),
    );
    expect(complete).toBe(true);
    expect(asked).toEqual(["https://api.kraken.com/0/public/Trades?pair=XBTUSD&count=1000&since=1789999999999000000"]);
  });

  test("by time, and what is not all there", async () => {
    const { rest } = restOf(answers);
    const times = { from_seq: null, to_seq: null, from_ms: 1_790_000_000_120, to_ms: 1_790_000_000_200 };
    expect((await kraken.rest!.trades(rest, SYMBOL, times)).trades.map((trade) => trade.seq)).toEqual([7001, 7002]);
    expect((await kraken.rest!.trades(rest, SYMBOL, { ...range, from_seq: 6990 })).complete).toBe(false);
    expect((await kraken.rest!.trades(rest, SYMBOL, { ...range, to_seq: 7010 })).complete).toBe(false);
  });

  test("candles: the one still forming is left out", async () => {
    const { rest, asked } = restOf(answers);
    const candles = await kraken.rest!.candles(rest, SYMBOL, 1_789_999_860_000, 1_790_000_030_000);
    expect(candles).toMatchObject([
      { start_ts_ms: 1_789_999_860_000, open: 64000, high: 64110, low: 63990, close: 64100, trade_count: 25 },
      { start_ts_ms: 1_789_999_920_000, volume: 0, notional: 0, trade_count: 0 },
    ]);
    expect(candles[0]!.notional).toBe(64_050 * 8);
    expect(asked[0]).toContain("OHLC?pair=XBTUSD&interval=1&since=1789999859");
  });

  test("markets are named as the stream names them", async () => {
    expect(await kraken.rest!.markets(restOf(answers).rest)).toEqual([
      { symbol: "BTCUSD", venue: "BTC/USD", decimals: 1, quote_volume_24h: 115_200_000, is_trading: true },
      { symbol: "DOGEUSD", venue: "DOGE/USD", decimals: 7, quote_volume_24h: null, is_trading: false },
    ]);
  });

  test("a refusal and nonsense are errors that name the call", async () => {
    const bad = ['{"error":["EQuery:Unknown asset pair"]}', "<html>", '{"error":[],"result":{"last":"1"}}', "[]"];
    for (const answer of bad) {
      const asked = kraken.rest!.trades(restOf({ Trades: answer }).rest, SYMBOL, range);
      await expect(asked).rejects.toThrow(TapebellError);
      await expect(asked).rejects.toThrow("public/Trades");
    }
  });
});

test("symbols: old names and new, dollars of any kind", () => {
  for (const ours of ["BTCUSD", "XBTUSD", "BTCUSDT", "BTC/USD", "XBT-USDC"]) {
    expect(toVenue(ours)).toEqual({ symbol: ours, venue: "BTC/USD" });
  }
  expect(toVenue("ETHXBT")?.venue).toBe("ETH/BTC");
  expect(toVenue("AAPL")).toBeNull();
  expect(toVenue("BTCXBT")).toBeNull();
  expect(restName("BTC/USD")).toBe("XBTUSD");
  expect(restName("DOGE/EUR")).toBe("XDGEUR");
  expect(streamName("ETH/XBT")).toBe("ETH/BTC");
});

test("subscriptions: one request per channel, one ticker whatever asks for it", () => {
  const [plan, ...others] = kraken.sockets([SYMBOL], ["trade", "quote", "book", "ticker"]);
  expect(others).toEqual([]);
  expect(plan!.subscribe.map((text) => JSON.parse(text) as unknown)).toEqual([
    { method: "subscribe", params: { channel: "trade", snapshot: false, symbol: ["BTC/USD"] }, req_id: 1 },
    { method: "subscribe", params: { channel: "book", depth: 25, symbol: ["BTC/USD"] }, req_id: 2 },
    { method: "subscribe", params: { channel: "ticker", event_trigger: "bbo", symbol: ["BTC/USD"] }, req_id: 3 },
  ]);
  expect(JSON.parse(plan!.remove([SYMBOL])[0]!)).toMatchObject({ method: "unsubscribe" });
  expect(JSON.parse(limits.ping!.text!)).toEqual({ method: "ping" });
  expect(
    kraken.sockets(
      Array.from({ length: 250 }, () => SYMBOL),
      ["trade"],
    ),
  ).toHaveLength(3);
});
