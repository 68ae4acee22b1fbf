import { describe, expect, test } from "bun:test";
import { TapebellError } from "../../../core/errors.ts";
import type { Trade } from "../../../core/messages/index.ts";
import { fixture, restOf, venueFrames } from "../test-support/frames.ts";
import { parse } from "./parse.ts";
import { alpacaOf } from "./spec.ts";

const { read } = venueFrames(import.meta.dir, parse, "alpaca");
const STOCK = { symbol: "AAPL", venue: "AAPL" };
const COIN = { symbol: "BTCUSD", venue: "BTC/USD" };
const alpaca = alpacaOf({ ALPACA_API_KEY: "key-1", ALPACA_API_SECRET: "secret-1", ALPACA_FEED: "sip" });

describe("REST", () => {
  const range = { from_seq: null, to_seq: null, from_ms: 1_790_000_000_000, to_ms: 1_790_000_001_000 };
  const answers = {
    page_token: fixture(import.meta.dir, "rest-stock-trades-2.txt"),
    "stocks/AAPL/trades": fixture(import.meta.dir, "rest-stock-trades.txt"),
    "crypto/us/trades": fixture(import.meta.dir, "rest-coin-trades.txt"),
    "stocks/AAPL/bars": fixture(import.meta.dir, "rest-bars.txt"),
    "most-actives": fixture(import.meta.dir, "rest-actives.txt"),
    snapshots: fixture(import.meta.dir, "rest-snapshots.txt"),
  };

  test("trades of a stock, all pages, with the stream's ids and the keys in the headers", async () => {
    const { rest, asked } = restOf(answers);
    const { trades, complete } = await alpaca.rest!.trades(rest, STOCK, range);
    expect(trades.map((trade) => trade.event_id)).toEqual([
      (read("trades")[0] as Trade).event_id,
      (read("trade-bad")[1] as Trade).event_id,
    ]);
    expect(complete).toBe(true);
    expect(asked).toHaveLength(2);
    expect(asked[0]).toContain("v2/stocks/AAPL/trades?feed=sip&limit=10000&sort=asc&start=2026-09-21T14:13:20.000Z");
    expect(asked[0]).toContain('{"APCA-API-KEY-ID":"key-1","APCA-API-SECRET-KEY":"secret-1"}');
    expect(asked[1]).toContain("&page_token=abc");
  });

  test("trades of a coin", async () => {
    const { rest, asked } = restOf(answers);
    const { trades } = await alpaca.rest!.trades(rest, COIN, range);
    expect(trades.map(({ recv_ms, ...one }) => one)).toEqual(
      (read("trade-coin") as Trade[]).map(({ recv_ms, ...one }) => one),
    );
    expect(asked[0]).toContain("v1beta3/crypto/us/trades?symbols=BTC%2FUSD");
  });

  test("candles: the one still forming is left out", async () => {
    const { rest } = restOf(answers);
    expect(await alpaca.rest!.candles(rest, STOCK, 1_789_999_860_000, 1_790_000_039_999)).toEqual([
      {
        start_ts_ms: 1_789_999_860_000,
        open: 251,
        high: 251.5,
        low: 250.9,
        close: 251.2,
        volume: 1000,
        notional: 251_250,
        trade_count: 40,
        buy_volume: null,
      },
    ]);
  });

  test("markets: the most active stocks, by what was traded of them", async () => {
    expect(await alpaca.rest!.markets(restOf(answers).rest)).toEqual([
      { symbol: "AAPL", venue: "AAPL", decimals: 2, quote_volume_24h: 250_500_000, is_trading: true, is_stock: true },
      { symbol: "NEWCO", venue: "NEWCO", decimals: 2, quote_volume_24h: null, is_trading: true, is_stock: true },
    ]);
  });

  test("a refusal and nonsense are errors that name the call and no key", async () => {
    const bad = [
      "<html>",
      "[]",
      '{"trades":[{"p":1}]}',
      '{"trades":7}',
      { status: 403, body: "forbidden", retry_after_ms: null },
    ];
    for (const answer of bad) {
      const error = await alpaca.rest!.trades(restOf({ trades: answer }).rest, STOCK, range).then(
        () => null,
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(TapebellError);
      expect((error as TapebellError).message).toContain("stocks/AAPL/trades");
      expect((error as TapebellError).message).not.toContain("secret-1");
    }
  });
});
