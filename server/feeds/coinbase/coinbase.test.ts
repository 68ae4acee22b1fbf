import { describe, expect, test } from "bun:test";
import type { Quote, Trade } from "../../../core/messages/index.ts";
import { createBookKeeper } from "../books/keeper.ts";
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
import { parse } from "./parse.ts";
import { bookRule } from "./spec.ts";

const { context, read } = venueFrames(import.meta.dir, parse, "coinbase");
const CAPTURE = "cryptofeed/COINBASE.ws.28.0.gz";

describe("trades", () => {
  test("the venue says the waiting order's side: sell means that someone bought", () => {
    expect(read("match")).toEqual([
      {
        ver: 1,
        kind: "trade",
        origin: "live",
        provider: "coinbase",
        symbol: "BTCUSD",
        ts_ms: 1_790_000_000_127.456,
        recv_ms: RECV_MS,
        price: 64210.55,
        size: 0.25,
        side: "buy",
        trade_id: "4001",
        seq: 4001,
        event_id: "coinbase|BTCUSD|2026-09-21T14:13:20.127456Z|4001",
      },
    ]);
    expect(read("last-match")).toMatchObject([
      { side: "sell", seq: 4000, event_id: "coinbase|BTCUSD|2026-09-21T14:13:19.500000Z|4000" },
    ]);
  });

  test("Advanced Trade says the same trade with the same id, newest first; ours come oldest first", () => {
    const [first, second] = read("adv-trades") as Trade[];
    expect([first, second]).toMatchObject([{ seq: 4001 }, { seq: 4002, side: "buy" }]);
    expect(first as unknown).toEqual(read("match")[0]);
  });

  const bad: [string, unknown, string][] = [
    ["price", "0", "price"],
    ["price", "-1", "price"],
    ["price", 7, "price"],
    ["price", "1e16", "price"],
    ["size", "0", "size"],
    ["size", "NaN", "size"],
    ["size", null, "size"],
    ["trade_id", -1, "trade_id"],
    ["trade_id", "x", "trade_id"],
    ["trade_id", 1.5, "trade_id"],
    ["time", "yesterday", "time"],
    ["time", 1_790_000_000_000, "time"],
    ["side", "bid", "side"],
    ["product_id", "<b>", "symbol"],
    ["product_id", undefined, "symbol"],
  ];
  test.each(bad)("%s = %p is refused as %s", (name, value, reason) => {
    const frame = JSON.parse(fixture(import.meta.dir, "match.txt")) as Record<string, unknown>;
    frame[name] = value;
    expect(itemsOf(parse, JSON.stringify(frame), context)).toMatchObject([{ kind: "rejected", reason }]);
  });

  test("a refused one says which number it had: its hole is explained", () => {
    expect(read("match-bad")).toMatchObject([{ kind: "rejected", reason: "size", symbol: "BTCUSD", seq: 4002 }]);
  });
});

test("books: whole, with or without a time, and changed", () => {
  expect(read("snapshot")).toMatchObject([
    {
      kind: "book_update",
      snapshot: true,
      ts_ms: 1_789_999_999_000.001,
      bids: [
        [64210.5, 1],
        [64209, 3.25],
      ],
    },
  ]);
  expect(read("snapshot-no-time")).toMatchObject([{ snapshot: true, ts_ms: RECV_MS, bids: [], asks: [[2410.1, 5]] }]);
  expect(read("l2update")).toMatchObject([
    { snapshot: false, last_seq: null, bids: [[64210.5, 0.75]], asks: [[64210.55, 0]] },
  ]);
  expect(read("adv-l2-snapshot")).toMatchObject([{ snapshot: true, bids: [[64210.5, 1]], asks: [[64210.55, 0.5]] }]);
  expect(read("adv-l2-update")).toMatchObject([{ snapshot: false, bids: [], asks: [[64210.55, 0]] }]);
});

test("half a change is none", () => {
  for (const change of ['["buy","1","-1"]', '["bid","1","1"]', '["buy","0","1"]', '["buy",1,1]', '"x"', "null"]) {
    const frame = fixture(import.meta.dir, "l2update.txt").replace('["sell","64210.55","0.0"]', change);
    expect(itemsOf(parse, frame, context)).toMatchObject([{ kind: "rejected", reason: "level", symbol: "BTCUSD" }]);
  }
});

test("tickers: the price and the best prices, sizes where they are said", () => {
  expect(read("ticker")).toMatchObject([
    { kind: "price", price: 64210.55, time: "2026-09-21T14:13:20.127456Z" },
    { kind: "quote", seq: 90_001, bid: 64210.5, bid_size: 1, ask: 64211, ask_size: 2.5 },
  ]);
  expect(read("ticker-no-sizes")).toMatchObject([
    { kind: "price" },
    { kind: "quote", bid: 64210.5, bid_size: null, ask: null, ask_size: null },
  ]);
  expect(read("adv-ticker")).toMatchObject([{ kind: "price" }, { kind: "quote", bid_size: 1, ask_size: 2.4 }]);
});

test("what is said about the connection", () => {
  expect(read("heartbeat")).toEqual([{ kind: "venue_time", ts_ms: 1_790_000_001_000.5 }]);
  expect(read("adv-heartbeats")).toEqual([{ kind: "venue_time", ts_ms: 1_790_000_001_123.456 }]);
  expect(read("subscriptions")).toEqual([
    { kind: "ack", id: null, text: "subscribed to matches: BTC-USD, ETH-USD; heartbeat: BTC-USD" },
  ]);
  expect(read("adv-subscriptions")).toMatchObject([{ kind: "ack" }]);
  expect(read("error")).toEqual([
    {
      kind: "refused",
      id: null,
      symbols: ["NOSUCH-USD"],
      text: "Failed to subscribe: NOSUCH-USD is not a valid product",
    },
  ]);
});

test("what nobody knows is said so", () => {
  expect(read("unknown-type")).toMatchObject([{ kind: "unknown" }]);
  for (const text of ["", "hello", "[]", "7", "null", '{"a":1}', '{"type":"toString"}', '{"channel":"constructor"}']) {
    expect(itemsOf(parse, text, context)).toMatchObject([{ kind: "unknown", text }]);
  }
});

test.skipIf(examplesMissing)(
  "the venue's examples: trades, tickers and heartbeats are read, other channels are unknown",
  () => {
    const kinds = examplesOf("coinbase").map(({ file, kind, text }) => [
      `${file.slice("AdvancedTrade_".length, -".txt".length)} ${kind}`,
      ...itemsOf(parse, text, context).map((item) => item.kind),
    ]);
    expect(kinds.filter(([name]) => name!.endsWith("<")).every(([, kind]) => kind === "ack")).toBe(true);
    expect(kinds.filter(([name]) => name!.endsWith("="))).toEqual([
      ["BatchTicker =", "price"],
      ["Concurrent =", "unknown"],
      ["Concurrent =", "unknown"],
      ["Heartbeat =", "venue_time"],
      ["Klines =", "unknown"],
      ["Symbol =", "unknown"],
      ["Ticker =", "price", "quote"],
      ["Trades =", "trade", "trade"],
    ]);
  },
);

describe.skipIf(captureMissing(CAPTURE))("half a minute of ten products, as recorded", () => {
  const frames = captureMissing(CAPTURE) ? [] : captureOf(CAPTURE);
  const items = frames.flatMap(({ text, recv_ms }) => itemsOf(parse, text, context, recv_ms));

  test("every frame is accounted for", () => {
    expect(frames).toHaveLength(9_946);
    const counts = new Map<string, number>();
    for (const { kind } of items) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    expect(Object.fromEntries(counts)).toEqual({ ack: 3, book_update: 9_729, trade: 107, price: 107, quote: 107 });
  });

  test("the ids of each product's trades count up by one", () => {
    const last = new Map<string, number>();
    for (const item of items) {
      if (item.kind !== "trade") continue;
      const before = last.get(item.symbol);
      if (before !== undefined) expect(item.seq).toBe(before + 1);
      last.set(item.symbol, item.seq);
    }
    expect(last.size).toBe(10);
  });

  test("the taker's side is the ticker's, which the venue says as it is", () => {
    const sides = new Map<number, string>();
    for (const { text } of frames) {
      const frame = JSON.parse(text) as { type: string; trade_id: number; side: string };
      if (frame.type === "ticker") sides.set(frame.trade_id, frame.side);
    }
    for (const trade of items) if (trade.kind === "trade") expect(trade.side).toBe(sides.get(trade.seq) as never);
    expect(sides.size).toBe(107);
  });

  test("the books are whole from the first change to the last, and never crossed", () => {
    const keeper = createBookKeeper({ rule: bookRule, needsBook: (symbol, why) => expect([symbol, why]).toEqual([]) });
    let books = 0;
    for (const item of items) {
      if (item.kind !== "book_update") continue;
      keeper.apply(item, ({ bids, asks }) => {
        books++;
        expect(bids[0]![0]).toBeLessThan(asks[0]![0]);
      });
    }
    expect(books).toBe(9_729);
    for (const quote of new Map(
      items.filter((item): item is Quote => item.kind === "quote").map((q) => [q.symbol, q]),
    ).values()) {
      const top = keeper.top(quote.symbol, 1)!;
      expect(Math.abs(top.bids[0]![0] / quote.bid! - 1)).toBeLessThan(0.01);
    }
  });
});

test.skipIf(captureMissing("cryptofeed/BITSTAMP.ws.1.0.gz"))("another venue's frames are unknown, all of them", () => {
  const frames = captureOf("cryptofeed/BITSTAMP.ws.1.0.gz");
  expect(frames).toHaveLength(747);
  for (const { text } of frames) {
    expect(itemsOf(parse, text, context).map((item) => item.kind)).toEqual(["unknown"]);
  }
});
