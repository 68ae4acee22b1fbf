import { describe, expect, test } from "bun:test";
import type { Book } from "../../../core/messages/index.ts";
import { createBookKeeper } from "../books/keeper.ts";
import { examplesMissing, examplesOf, fixture, itemsOf, RECV_MS, venueFrames } from "../test-support/frames.ts";
import type { BookUpdate } from "../venue.ts";
import { checksum } from "./book.ts";
import { parse } from "./parse.ts";
import { bookRule } from "./spec.ts";

const { context, read } = venueFrames(import.meta.dir, parse, "kraken");

describe("trades", () => {
  test("the side is the taker's", () => {
    expect(read("trade")).toMatchObject([
      {
        kind: "trade",
        symbol: "BTCUSD",
        ts_ms: 1_790_000_000_127.456,
        recv_ms: RECV_MS,
        price: 64210.5,
        size: 0.25,
        side: "buy",
        trade_id: "7001",
        seq: 7001,
        event_id: "kraken|BTCUSD|2026-09-21T14:13:20.127456Z|7001",
      },
      { side: "sell", seq: 7002, price: 64210.4 },
    ]);
  });

  test("one that cannot be is refused with its number; the others of the frame stand", () => {
    expect(read("trade-bad")).toMatchObject([
      { kind: "rejected", reason: "price", symbol: "BTCUSD", seq: 7003 },
      { kind: "trade", seq: 7004 },
    ]);
  });

  const bad: [string, unknown, string][] = [
    ["price", -1, "price"],
    ["price", 1e16, "price"],
    ["price", null, "price"],
    ["price", "x", "price"],
    ["qty", 0, "size"],
    ["qty", -0.1, "size"],
    ["qty", [], "size"],
    ["trade_id", 1.5, "trade_id"],
    ["trade_id", "7001", "trade_id"],
    ["timestamp", "1790000000", "time"],
    ["timestamp", undefined, "time"],
    ["side", "b", "side"],
    ["symbol", 7, "symbol"],
    ["symbol", "<b>", "symbol"],
  ];
  test.each(bad)("%s = %p is refused as %s", (name, value, reason) => {
    const frame = JSON.parse(fixture(import.meta.dir, "trade.txt")) as { data: Record<string, unknown>[] };
    frame.data = [{ ...frame.data[0], [name]: value }];
    expect(itemsOf(parse, JSON.stringify(frame), context)).toMatchObject([{ kind: "rejected", reason }]);
  });

  test("a price beyond a double is refused", () => {
    const frame = fixture(import.meta.dir, "trade-bad.txt").replace('"price":0', '"price":1e999');
    expect(itemsOf(parse, frame, context)[0]).toMatchObject({ kind: "rejected", reason: "price" });
  });
});

describe("books", () => {
  test("carry the venue's own texts, zeros at the end included", () => {
    const [update] = read("book-update") as BookUpdate[];
    expect(update).toMatchObject({
      kind: "book_update",
      snapshot: false,
      bids: [[64210.4, 0]],
      asks: [[64210.5, 0.1]],
      texts: { bids: [["64210.4", "0.00000000"]], asks: [["64210.5", "0.10000000"]] },
      checksum: 1_345_246_628,
    });
  });

  test("a whole one and its change add up to the venue's checksum", () => {
    const needs: string[] = [];
    const books: Book[] = [];
    const keeper = createBookKeeper({ rule: bookRule, needsBook: (symbol, why) => needs.push(`${symbol} ${why}`) });
    for (const name of ["book-snapshot", "book-update"]) {
      for (const update of read(name) as BookUpdate[]) keeper.apply(update, (book) => books.push(book));
    }
    expect(books.map((book) => book.checksum_ok)).toEqual([true, true]);
    expect(books[1]).toMatchObject({ bids: { 0: [64210.3, 1.35] }, asks: { 0: [64210.5, 0.1] } });
    expect(needs).toEqual([]);
  });

  test("a change that was missed shows, and the book is begun anew", () => {
    const needs: string[] = [];
    const keeper = createBookKeeper({ rule: bookRule, needsBook: (symbol, why) => needs.push(`${symbol} ${why}`) });
    const [whole] = read("book-snapshot") as BookUpdate[];
    const [change] = read("book-update") as BookUpdate[];
    keeper.apply(whole!, () => {});
    keeper.apply({ ...change!, asks: [], texts: { bids: change!.texts!.bids, asks: [] } }, () => {});
    expect(needs).toEqual(["BTCUSD checksum"]);
    expect(keeper.top("BTCUSD", 1)).toBeNull();
  });

  test("levels and checksums that cannot be are refused", () => {
    const frame = fixture(import.meta.dir, "book-update.txt");
    const bad = [
      ['"price":64210.5', '"price":-1', "level"],
      ['"price":64210.5', '"price":0', "level"],
      ['"qty":0.10000000', '"qty":null', "level"],
      ['"qty":0.10000000', '"qty":1e999', "level"],
      ['"checksum":1345246628', '"checksum":"x"', "checksum"],
      ['"checksum":1345246628', '"checksum":4294967296', "checksum"],
      ['"type":"update"', '"type":"x"', "form"],
    ];
    for (const [from, to, reason] of bad) {
      expect(itemsOf(parse, frame.replace(from!, to!), context)).toMatchObject([{ kind: "rejected", reason }]);
    }
  });

  test("zeros at the end that were lost on the way are put back", () => {
    const bids = [["0.50", "10.00000000"]] as const;
    const asks = [["0.51", "0.10000001"]] as const;
    expect(checksum([["0.5", "10"]], asks)).toBe(checksum(bids, asks));
    expect(checksum([["0.5", "10.1"]], asks)).not.toBe(checksum(bids, asks));
    expect(checksum([], [])).toBe(0);
  });
});

test("ticker: the last price and the best prices", () => {
  expect(read("ticker")).toMatchObject([
    { kind: "price", price: 64210.5, time: "2026-09-21T14:13:20.127456Z" },
    { kind: "quote", bid: 64210.4, bid_size: 1.25, ask: 64210.5, ask_size: 0.75 },
  ]);
});

test("what is said about the connection", () => {
  expect(read("heartbeat")).toEqual([{ kind: "pong", ts_ms: null }]);
  expect(read("pong")).toEqual([{ kind: "pong", ts_ms: 1_790_000_000_100.1 }]);
  expect(read("status")).toEqual([{ kind: "ack", id: null, text: "the system is online" }]);
  expect(read("status-maintenance")).toMatchObject([{ kind: "going_away" }]);
  expect(read("ack")).toEqual([{ kind: "ack", id: "1", text: "subscribe trade BTC/USD" }]);
  expect(read("refused")).toEqual([
    { kind: "refused", id: "1", symbols: ["NOSUCH/USD"], text: "Currency pair not supported NOSUCH/USD" },
  ]);
});

test("what nobody knows is said so, v1 and futures included", () => {
  for (const name of ["unknown-v1", "unknown-futures", "unknown-ohlc"]) {
    expect(read(name)).toMatchObject([{ kind: "unknown" }]);
  }
  for (const text of ["", "hello", "[]", "7", "null", '{"a":1}', '{"channel":"toString"}', '{"method":7}']) {
    expect(itemsOf(parse, text, context)).toMatchObject([{ kind: "unknown", text }]);
  }
});

describe.skipIf(examplesMissing)("the venue's examples", () => {
  const examples = examplesMissing ? [] : examplesOf("kraken");

  test("what is spot v2 and ours is read, the rest is unknown", () => {
    const kinds = examples.map(({ file, kind, text }) => [
      `${file.slice(0, -".txt".length)} ${kind}`,
      ...itemsOf(parse, text, context).map((item) => item.kind),
    ]);
    expect(kinds).toEqual([
      ["Futures_Ticker <", "unknown"],
      ["Futures_Ticker =", "unknown"],
      ["Spot_AggBook <", "ack"],
      ["Spot_AggBook =", "book_update"],
      ["Spot_Concurrent <", "ack"],
      ["Spot_Concurrent <", "ack"],
      ["Spot_Concurrent =", "unknown"],
      ["Spot_Concurrent =", "unknown"],
      ["Spot_IndividualBook <", "ack"],
      ["Spot_IndividualBook =", "unknown"],
      ["Spot_Kline <", "ack"],
      ["Spot_Kline =", "unknown"],
      ["Spot_Ticker <", "ack"],
      ["Spot_Ticker =", "price", "quote"],
      ["Spot_Trades <", "ack"],
      ["Spot_Trades =", "trade"],
    ]);
  });

  test("the book's checksum is the venue's own", () => {
    const book = examples.find(({ file, kind }) => file === "Spot_AggBook.txt" && kind === "=")!;
    const [update] = itemsOf(parse, book.text, context) as BookUpdate[];
    expect(update!.bids).toHaveLength(10);
    expect(checksum(update!.texts!.bids, update!.texts!.asks)).toBe(update!.checksum!);
  });
});
