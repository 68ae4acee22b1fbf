import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { TapebellError } from "../../../core/errors.ts";
import type { Trade } from "../../../core/messages/trade.ts";
import {
  captureMissing,
  captureOf,
  contextOf,
  examplesMissing,
  examplesOf,
  fixture,
  fixtures,
  itemsOf,
  mutated,
  RECV_MS,
  restOf,
} from "../test-support/frames.ts";
import type { BookUpdate } from "../venue.ts";
import { parse, quick } from "./parse.ts";
import { parseSlowly } from "./slow.ts";
import { bookRule, bybit, bybitLinear, limits, toVenue } from "./spec.ts";

const context = contextOf("bybit");
const read = (name: string) => itemsOf(parse, fixture(import.meta.dir, `${name}.txt`), context);
const all = fixtures(import.meta.dir).map(({ text }) => text);
const SYMBOL = { symbol: "ETHUSDT", venue: "ETHUSDT" };

describe("trades", () => {
  test("of a perpetual: two of one order share time and sequence, not the id", () => {
    expect(read("trade-linear")).toMatchObject([
      {
        kind: "trade",
        provider: "bybit",
        symbol: "ETHUSDT",
        ts_ms: 1_790_000_000_127,
        recv_ms: RECV_MS,
        price: 2410.15,
        size: 0.35,
        side: "sell",
        trade_id: "0c6bd7f5-1d2a-5c11-9f6e-3f0a1b2c3d4e",
        seq: 301_400_500_600,
        event_id: "bybit|ETHUSDT|2026-09-21T14:13:20.127000Z|0c6bd7f5-1d2a-5c11-9f6e-3f0a1b2c3d4e",
      },
      { price: 2410.1, size: 1.2, trade_id: "5f1c0d3e-88aa-5b0f-8f10-6a5b4c3d2e1f", seq: 301_400_500_600 },
    ]);
  });

  test("of spot: the id is too long for a number and stays a text", () => {
    expect(read("trade-spot")).toMatchObject([
      { side: "buy", trade_id: "2290000000912345678", seq: 0, price: 64210.5, size: 0.015 },
    ]);
  });

  test("what cannot be is refused by name; the good ones of the frame stand", () => {
    expect(read("trade-bad")).toMatchObject([
      { kind: "rejected", reason: "price", detail: 'p is "0"', symbol: "BTCUSDT" },
      { kind: "rejected", reason: "size", detail: 'v is "NaN"' },
      { kind: "trade", price: 64211, side: "sell" },
    ]);
  });

  const field: [string, unknown, string][] = [
    ["p", "-1", "price"],
    ["p", 64210.5, "price"],
    ["p", "1e400", "price"],
    ["p", "1e16", "price"],
    ["p", " 1", "price"],
    ["v", "0", "size"],
    ["v", "-1", "size"],
    ["v", "Infinity", "size"],
    ["v", null, "size"],
    ["T", "1790000001000", "time"],
    ["T", -1, "time"],
    ["T", 0, "time"],
    ["T", 1.5, "time"],
    ["S", "buy", "side"],
    ["i", "", "trade_id"],
    ["i", 12, "trade_id"],
    ["i", "x".repeat(65), "trade_id"],
    ["i", "a|b", "trade_id"],
    ["seq", -1, "sequence"],
    ["seq", "7", "sequence"],
    ["s", "<b>", "symbol"],
    ["s", 7, "symbol"],
  ];
  test.each(field)("%s = %p is refused as %s", (name, value, reason) => {
    const frame = JSON.parse(fixture(import.meta.dir, "trade-spot.txt")) as { data: Record<string, unknown>[] };
    frame.data[0]![name] = value;
    expect(itemsOf(parse, JSON.stringify(frame), context)).toMatchObject([{ kind: "rejected", reason }]);
  });

  test("data of another form is refused, not passed over", () => {
    for (const data of ["{}", "[]", "null", "7"]) {
      const frame = `{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1790000000130,"data":${data}}`;
      expect(itemsOf(parse, frame, context)).toMatchObject([{ kind: "rejected", reason: "form" }]);
    }
  });

  test("usual frames are read the quick way, as bytes or as text, and say what the slow way says", () => {
    for (const name of ["trade-linear", "trade-spot"]) {
      const text = fixture(import.meta.dir, `${name}.txt`);
      const slow = itemsOf(parseSlowly, text, context);
      expect(quick(text, RECV_MS, context) as unknown).toEqual(slow);
      expect(quick(new TextEncoder().encode(text), RECV_MS, context) as unknown).toEqual(slow);
    }
  });
});

describe("books", () => {
  test("one level of each side is a quote; an empty side is null", () => {
    expect(read("orderbook-1")).toMatchObject([
      {
        kind: "quote",
        ts_ms: 1_790_000_000_498,
        seq: 7001,
        bid: 64210.4,
        bid_size: 1.25,
        ask: 64210.5,
        ask_size: 0.75,
      },
    ]);
    expect(read("orderbook-1-one-sided")).toMatchObject([{ kind: "quote", bid: null, bid_size: null, ask: 64210.5 }]);
  });

  test("a whole one, a change of it, and a new beginning after the venue's restart", () => {
    expect(read("orderbook-50-snapshot")).toMatchObject([
      {
        kind: "book_update",
        snapshot: true,
        last_seq: 5000,
        bids: [
          [64210.4, 1.25],
          [64210.3, 3],
        ],
      },
    ]);
    expect(read("orderbook-50-delta")).toMatchObject([
      {
        snapshot: false,
        last_seq: 5001,
        bids: [
          [64210.4, 0],
          [64210.2, 4],
        ],
        asks: [],
        checksum: null,
      },
    ]);
    expect(read("orderbook-50-restart")).toMatchObject([{ snapshot: true, last_seq: 1 }]);
  });

  test("update ids count up by one: a hole breaks the book, an old one is passed over", () => {
    const update = read("orderbook-50-delta")[0] as BookUpdate;
    expect(bookRule.follows(5000, update, true)).toBe(true);
    expect(bookRule.follows(4999, update, false)).toBe(false);
    expect(bookRule.follows(5001, update, false)).toBeNull();
    expect(bookRule.follows(9000, update, false)).toBeNull();
  });

  test("levels that cannot be are refused", () => {
    for (const level of ['["0","1"]', '["1","-1"]', '["NaN","1"]', '["1"]', "[1,2]", '"x"', "null"]) {
      const frame = fixture(import.meta.dir, "orderbook-50-delta.txt").replace('["64210.2","4"]', level);
      expect(itemsOf(parse, frame, context)).toMatchObject([{ kind: "rejected", reason: "level", symbol: "BTCUSDT" }]);
    }
  });
});

test("tickers: a price, and a quote where both sides are said", () => {
  expect(read("ticker-linear")).toMatchObject([
    { kind: "price", symbol: "ETHUSDT", price: 2410.1, time: "2026-09-21T14:13:20.131000Z" },
    { kind: "quote", bid: 2410.05, ask: 2410.1, ask_size: 3.75, seq: 301_400_500_600 },
  ]);
  expect(read("ticker-spot")).toMatchObject([{ kind: "price", price: 64210.5 }]);
  expect(read("ticker-delta-other")).toEqual([]);
});

test("what is said about the connection: answered pings, taken and refused subscriptions, by symbol", () => {
  expect(read("pong")).toEqual([{ kind: "pong", ts_ms: null }]);
  expect(read("pong-private")).toEqual([{ kind: "pong", ts_ms: 1_790_000_002_000 }]);
  expect(read("ack")).toEqual([{ kind: "ack", id: "subscribe-publicTrade.BTCUSDT", text: "subscribe" }]);
  expect(read("refused")).toMatchObject([{ kind: "refused", symbols: ["NOSUCHUSDT"] }]);
  expect(read("refused-topics")).toMatchObject([{ kind: "refused", id: null, symbols: ["NOSUCH"] }]);
});

test("what nobody knows is said so", () => {
  expect(read("unknown-topic")).toMatchObject([{ kind: "unknown" }]);
  for (const text of ["", "hello", "[]", "7", "null", '{"a":1}', '{"op":"login"}', '{"topic":7}']) {
    expect(itemsOf(parse, text, context)).toMatchObject([{ kind: "unknown", text }]);
  }
});

describe("mutated frames", () => {
  test("nothing escapes, no number is none, and the quick way accepts only what the slow way does", () => {
    fc.assert(
      fc.property(mutated(all), (frame) => {
        expect(itemsOf(parse, frame, context)).toEqual(itemsOf(parseSlowly, frame, context));
      }),
      { numRuns: 3_000 },
    );
  });
});

test.skipIf(examplesMissing)(
  "the venue's examples: trades, books and tickers are read, other topics are unknown",
  () => {
    const examples = examplesOf("bybit-v5");
    const of = (file: string, kind: string) =>
      examples
        .filter((one) => one.file === file && one.kind === kind)
        .flatMap(({ text }) => itemsOf(parse, text, context).map((item) => item.kind));
    for (const file of ["Linear_Trades.txt", "Option_Trades.txt", "Spot_Trades.txt"])
      expect(of(file, "=")).toEqual(["trade"]);
    for (const file of ["Linear_Liquidations.txt", "Option_Klines.txt", "Spot_PriceLimit.txt", "Spot_SystemStatus.txt"])
      expect(of(file, "=")).toEqual(["unknown"]);
    expect(of("Option_Book.txt", "=")).toEqual(["book_update"]);
    expect(of("Spot_Ticker.txt", "=")).toEqual(["price"]);
    expect(of("Linear_Ticker.txt", "=")).toEqual(["price", "quote"]);
    expect(of("Option_Ticker.txt", "=")).toEqual(["price", "quote"]);
    expect(examples.filter(({ kind }) => kind === "<").length).toBe(13);
    for (const { kind, text } of examples) {
      if (kind === "<") expect(itemsOf(parse, text, context)).toMatchObject([{ kind: "ack" }]);
    }
    expect(of("vendor_doc_examples.jsonl", "jsonl")).toEqual([
      "trade",
      "book_update",
      "price",
      "quote",
      "price",
      "quote",
      "price",
      "quote",
      "price",
      "unknown",
      "unknown",
    ]);
  },
);

test.skipIf(captureMissing("cryptofeed/BYBIT.ws.26.0.gz"))("frames from before V5 are unknown, all of them", () => {
  const frames = captureOf("cryptofeed/BYBIT.ws.26.0.gz");
  expect(frames).toHaveLength(1_098);
  for (const { text, recv_ms } of frames) {
    expect(itemsOf(parse, text, context, recv_ms).map((item) => item.kind)).toEqual(["unknown"]);
  }
});

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
