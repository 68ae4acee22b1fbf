import { describe, expect, test } from "bun:test";
import {
  captureMissing,
  captureOf,
  examplesMissing,
  examplesOf,
  fixture,
  itemsOf,
  RECV_MS,
  venueFrames,
} from "../test-support/frames.ts";
import type { BookUpdate } from "../venue.ts";
import { parse, quick } from "./parse.ts";
import { parseSlowly } from "./slow.ts";
import { bookRule } from "./spec.ts";

const { context, read } = venueFrames(import.meta.dir, parse, "bybit");

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
