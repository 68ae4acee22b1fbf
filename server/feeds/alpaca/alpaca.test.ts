import { describe, expect, test } from "bun:test";
import { createBookKeeper } from "../books/keeper.ts";
import { examplesMissing, examplesOf, fixture, itemsOf, RECV_MS, venueFrames } from "../test-support/frames.ts";
import type { BookUpdate } from "../venue.ts";
import { parse } from "./parse.ts";
import { alpacaOf, bookRule, toVenue } from "./spec.ts";

const { context, read } = venueFrames(import.meta.dir, parse, "alpaca");
const STOCK = { symbol: "AAPL", venue: "AAPL" };
const COIN = { symbol: "BTCUSD", venue: "BTC/USD" };
const alpaca = alpacaOf({ ALPACA_API_KEY: "key-1", ALPACA_API_SECRET: "secret-1", ALPACA_FEED: "sip" });

describe("trades", () => {
  test("of stocks: many in a frame, times to the microsecond, ids by exchange", () => {
    expect(read("trades")).toMatchObject([
      {
        kind: "trade",
        symbol: "AAPL",
        ts_ms: 1_790_000_000_127.456,
        recv_ms: RECV_MS,
        price: 251.35,
        size: 100,
        side: null,
        trade_id: "V:5001",
        seq: 5001,
        event_id: "alpaca|AAPL|2026-09-21T14:13:20.127456Z|V:5001",
      },
      { trade_id: "Q:5001", seq: 5001, size: 7 },
    ]);
  });

  test("of coins: the taker's side is said", () => {
    expect(read("trade-coin")).toMatchObject([{ symbol: "BTCUSD", side: "sell", trade_id: "90010", seq: 90_010 }]);
  });

  test("one that cannot be is refused; the others of the frame stand", () => {
    expect(read("trade-bad")).toMatchObject([
      { kind: "rejected", reason: "price", symbol: "AAPL" },
      { kind: "trade", seq: 5003 },
    ]);
  });

  test("prices that are not the market's are counted, not shown; B is an average on the tapes A and B only", () => {
    expect(read("trade-conditions")).toMatchObject([
      { kind: "rejected", reason: "condition", detail: 'c is ["M"]', symbol: "IBM" },
      { kind: "rejected", reason: "condition" },
      { kind: "trade", symbol: "AAPL", price: 251.1 },
    ]);
  });

  const bad: [string, unknown, string][] = [
    ["p", -1, "price"],
    ["p", "251.35", "price"],
    ["p", 1e16, "price"],
    ["s", 0, "size"],
    ["s", -5, "size"],
    ["s", null, "size"],
    ["i", -1, "trade_id"],
    ["i", "5001", "trade_id"],
    ["i", 1e18, "trade_id"],
    ["t", 1_790_000_000, "time"],
    ["t", "2026-02-30T00:00:00Z", "time"],
    ["x", "NYSE", "exchange"],
    ["c", "@", "form"],
    ["tks", "X", "side"],
    ["S", "<b>", "symbol"],
  ];
  test.each(bad)("%s = %p is refused as %s", (name, value, reason) => {
    const [first] = JSON.parse(fixture(import.meta.dir, "trades.txt")) as Record<string, unknown>[];
    const frame = JSON.stringify([{ ...first, [name]: value }]);
    expect(itemsOf(parse, frame, context)).toMatchObject([{ kind: "rejected", reason }]);
  });
});

test("quotes: a side without orders is null", () => {
  expect(read("quotes")).toMatchObject([
    { kind: "quote", symbol: "AAPL", ts_ms: 1_790_000_000_335.689, bid: 251.34, bid_size: 3, ask: 251.36, ask_size: 1 },
    { kind: "quote", symbol: "IBM", bid: 310.4, ask: null, ask_size: null },
  ]);
});

test("books of coins, whole and changed", () => {
  const updates = read("book-coin") as BookUpdate[];
  expect(updates.map(({ snapshot }) => snapshot)).toEqual([true, false]);
  const keeper = createBookKeeper({ rule: bookRule, needsBook: (symbol, why) => expect([symbol, why]).toEqual([]) });
  for (const update of updates) keeper.apply(update, () => {});
  expect(keeper.top("BTCUSD", 2)).toMatchObject({ bids: [], asks: [[64210.5, 0.75]] });
});

test("corrections and cancels of trades said before are counted and kept, with what they say", () => {
  expect(read("correction")).toMatchObject([
    {
      kind: "rejected",
      reason: "correction",
      symbol: "AAPL",
      detail: "trade 5001 at 251.35 × 100 is now 5009 at 251.3 × 100",
    },
  ]);
  expect(read("cancel")).toMatchObject([
    { kind: "rejected", reason: "cancel", symbol: "AAPL", detail: 'trade 5001 at 251.35 × 100 is taken back ("C")' },
  ]);
});

test("what is said about the connection", () => {
  expect(read("connected")).toEqual([{ kind: "ack", id: null, text: "connected" }]);
  expect(read("authenticated")).toEqual([{ kind: "logged_in" }]);
  expect(read("subscription")).toEqual([
    { kind: "ack", id: null, text: "subscribed to trades: AAPL, IBM; quotes: AAPL; corrections: AAPL, IBM" },
  ]);
});

describe("errors", () => {
  const error = (code: number, msg = "words") =>
    itemsOf(parse, JSON.stringify([{ T: "error", code, msg }]), context) as { kind: string; text: string }[];

  test("of the connection: in words that say what to do, with the code", () => {
    expect(read("error")).toEqual([
      { kind: "denied", text: "allows one connection an account, and another program has it: end that one (406)" },
    ]);
    expect(error(402)[0]!.text).toContain("check ALPACA_API_KEY");
    for (const code of [401, 402, 404, 406, 407, 409, 500]) {
      expect(error(code)).toMatchObject([{ kind: "denied", text: expect.stringContaining(`(${code})`) as string }]);
    }
  });

  test("of what was asked for, with the venue's own words", () => {
    expect(error(405, "symbol limit exceeded")).toEqual([
      {
        kind: "refused",
        id: null,
        symbols: [],
        text: "more symbols than the account's plan allows: symbol limit exceeded (405)",
      } as never,
    ]);
    for (const code of [400, 410, 499]) expect(error(code)).toMatchObject([{ kind: "refused" }]);
    expect(error(403)).toMatchObject([{ kind: "ack" }]);
  });
});

test("messages that are not asked for, and those nobody knows, are said so one by one", () => {
  expect(read("unused").map((item) => item.kind)).toEqual(Array.from({ length: 7 }, () => "unknown"));
  expect(read("unused")[3]).toMatchObject({ why: "a trading status is not used" });
  for (const text of ["", "hello", "[]", "7", "null", '{"a":1}', '[{"T":"toString"}]', "[[]]"]) {
    expect(itemsOf(parse, text, context)).toMatchObject([{ kind: "unknown", text }]);
  }
});

test.skipIf(examplesMissing)("the venue's examples, each by its kind", () => {
  const kinds = new Map<string, string[]>();
  const examples = examplesOf("alpaca");
  expect(examples).toHaveLength(38);
  for (const { text } of examples) {
    const value = JSON.parse(text) as { T?: string; action?: string } | { T?: string; action?: string }[];
    const one = Array.isArray(value) ? value[0]! : value;
    const said = itemsOf(parse, text, context).map((item) => (item.kind === "rejected" ? item.reason : item.kind));
    const name = one.T ?? "request";
    kinds.set(name, [...new Set([...(kinds.get(name) ?? []), ...said])]);
  }
  expect(Object.fromEntries(kinds)).toEqual({
    success: ["ack", "logged_in"],
    request: ["unknown"],
    error: ["refused", "denied", "ack"],
    subscription: ["ack"],
    t: ["trade"],
    q: ["quote"],
    b: ["unknown"],
    d: ["unknown"],
    s: ["unknown"],
    n: ["unknown"],
    c: ["correction"],
    x: ["cancel"],
    l: ["unknown"],
    i: ["unknown"],
  });
});

describe("subscriptions", () => {
  test("stocks and coins", () => {
    expect(toVenue("AAPL")).toEqual(STOCK);
    expect(toVenue("BRK.B")).toEqual({ symbol: "BRK.B", venue: "BRK.B" });
    expect(toVenue("BTCUSD")).toEqual(COIN);
    expect(toVenue("BTC/USD")).toEqual({ symbol: "BTC/USD", venue: "BTC/USD" });
    expect(toVenue("ETHUSDT")?.venue).toBe("ETH/USDT");
    for (const none of ["", "aapl", "TOOLONG", "AAPL.TOO", "USDUSD"]) expect(toVenue(none)).toBeNull();
  });

  test("all symbols of a kind share one connection; who we are comes first", () => {
    const plans = alpaca.sockets([STOCK, COIN, { symbol: "IBM", venue: "IBM" }], ["trade", "quote", "book"]);
    expect(plans.map(({ url }) => url)).toEqual([
      "wss://stream.data.alpaca.markets/v2/sip",
      "wss://stream.data.alpaca.markets/v1beta3/crypto/us",
    ]);
    expect(plans[0]!.login.map((text) => JSON.parse(text) as unknown)).toEqual([
      { action: "auth", key: "key-1", secret: "secret-1" },
    ]);
    expect(JSON.parse(plans[0]!.subscribe[0]!)).toEqual({
      action: "subscribe",
      trades: ["AAPL", "IBM"],
      quotes: ["AAPL", "IBM"],
    });
    expect(JSON.parse(plans[1]!.remove([COIN])[0]!)).toEqual({
      action: "unsubscribe",
      trades: ["BTC/USD"],
      quotes: ["BTC/USD"],
      orderbooks: ["BTC/USD"],
    });
  });
});
