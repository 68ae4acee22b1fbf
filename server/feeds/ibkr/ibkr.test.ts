import { describe, expect, test } from "bun:test";
import { contextOf, fixture, fixtures, itemsOf, RECV_MS } from "../test-support/frames.ts";
import { VENUES } from "../venues.ts";
import { contractOf, hasTrades } from "./contracts.ts";
import { parse } from "./parse.ts";
import { ibkrOf } from "./spec.ts";
import { Ticks } from "./ticks.ts";

const context = contextOf("ibkr", (symbol) => symbol);
const read = (name: string) => itemsOf(parse, fixture(import.meta.dir, `${name}.txt`), context);

test("fixtures: what each frame becomes", () => {
  const kinds = fixtures(import.meta.dir).map(({ name, text }) => [
    name,
    ...itemsOf(parse, text, context).map(({ kind }) => kind),
  ]);
  expect(kinds).toEqual([
    ["error-denied.txt", "denied"],
    ["error-notice.txt", "ack"],
    ["error-refused.txt", "refused"],
    ["error-unknown.txt", "unknown"],
    ["price.txt", "price"],
    ["quote-one-sided.txt", "quote"],
    ["quote.txt", "quote"],
    ["time.txt", "pong"],
    ["trade-bad.txt", "rejected"],
    ["trade-one-by-one.txt", "trade"],
    ["trade-volume.txt", "trade"],
  ]);
});

test("trades: the day's volume is the id, or the number we counted", () => {
  expect(read("trade-volume")).toMatchObject([
    {
      symbol: "AAPL",
      ts_ms: 1_790_000_000_127,
      price: 251.35,
      size: 100,
      side: null,
      seq: 67_854,
      event_id: "ibkr|AAPL|2026-09-21T14:13:20.127000Z|v67854",
    },
  ]);
  expect(read("trade-one-by-one")).toMatchObject([{ ts_ms: 1_790_000_000_000, trade_id: "t12" }]);
});

test("quotes say no time, and a size that is not said is none", () => {
  expect(read("quote")).toMatchObject([{ ts_ms: RECV_MS, bid: 251.34, bid_size: 3, ask: 251.36, ask_size: 1 }]);
  expect(read("quote-one-sided")).toMatchObject([{ bid: 310.4, bid_size: null, ask: null, ask_size: null }]);
});

describe("a trade that cannot be", () => {
  const good = JSON.parse(fixture(import.meta.dir, "trade-volume.txt")) as object;
  test.each([
    ["p", -1, "price"],
    ["p", "251", "price"],
    ["q", 0, "size"],
    ["q", null, "size"],
    ["t", null, "time"],
    ["i", "", "trade_id"],
    ["n", -1, "sequence"],
    ["s", "<b>", "symbol"],
  ])("%s = %p is refused as %s", (field, value, reason) => {
    const frame = JSON.stringify({ ...good, [field]: value });
    expect(itemsOf(parse, frame, context)).toMatchObject([{ kind: "rejected", reason }]);
  });
});

test("errors say what to do", () => {
  expect(read("error-denied")).toMatchObject([{ text: expect.stringContaining("IBKR_CLIENT_ID (326") as string }]);
  expect(read("error-refused")).toMatchObject([
    { symbols: ["NOSUC"], text: expect.stringContaining("NAME:KIND:EXCHANGE:CURRENCY") as string },
  ]);
});

describe("contracts", () => {
  test.each([
    ["AAPL", "AAPL STK SMART USD"],
    ["BRK.B", "BRK B STK SMART USD"],
    ["SAP:STK:IBIS:EUR", "SAP STK IBIS EUR"],
    ["700:STK:SEHK:HKD", "700 STK SEHK HKD"],
    ["EUR.USD:CASH", "EUR CASH IDEALPRO USD"],
    ["EUR.CHF:CASH", "EUR CASH IDEALPRO CHF"],
    ["BTC:CRYPTO", "BTC CRYPTO PAXOS USD"],
    ["ES:FUT:CME:USD:202612", "ES FUT CME USD 202612"],
    ["ES:CONTFUT", "ES CONTFUT CME USD"],
    ["SPX:IND", "SPX IND CBOE USD"],
  ])("%s", (text, expected) => {
    const contract = contractOf(text)!;
    const { symbol, secType, exchange, currency, lastTradeDateOrContractMonth: expiry } = contract;
    expect([symbol, secType, exchange, currency, ...(expiry === undefined ? [] : [expiry])].join(" ")).toBe(expected);
    expect(hasTrades(contract)).toBe(!["CASH", "IND"].includes(secType));
  });

  test.each([
    "",
    "BTCUSDT",
    "BTCUSD",
    "aapl",
    "ES:FUT",
    "ES:STK:CME:USD:202612",
    "A:B",
    "A:STK:SMART:USD:1:2",
    "A::B",
    "A:constructor",
  ])("%p is none", (text) => expect(contractOf(text)).toBeNull());
});

describe("ticks", () => {
  test("best prices go out once for all that came together, with the sizes as far as they are said", () => {
    const ticks = new Ticks();
    for (const [field, value] of [
      [1, 10],
      [0, 3],
      [2, 11],
      [3, 4],
    ] as const)
      ticks.number("A", field, value, true);
    expect(ticks.quotes()).toEqual([{ e: "quote", s: "A", b: 10, B: 3, a: 11, A: 4 }]);
    expect(ticks.quotes()).toEqual([]);
    ticks.number("A", 1, -1, true);
    expect(ticks.quotes()).toMatchObject([{ b: 0, a: 11 }]);
    ticks.number("A", 2, -1, true);
    expect(ticks.quotes()).toEqual([]);
    ticks.number("B", 66, 5, true);
    expect(ticks.quotes()).toEqual([{ e: "quote", s: "B", b: 5, B: null, a: 0, A: null }]);
  });

  test("the last price is said where trades are not, and of delayed data", () => {
    const ticks = new Ticks();
    expect(ticks.number("A", 4, 10, true)).toBeNull();
    expect(ticks.number("A", 4, 10, false)).toEqual({ e: "price", s: "A", p: 10 });
    expect(ticks.number("A", 68, 10, true)).toEqual({ e: "price", s: "A", p: 10 });
    expect(ticks.number("A", 68, -1, true)).toBeNull();
    expect(ticks.number("A", 14, 10, true)).toBeNull();
  });

  test("a trade with the day's volume; one without a price is no price of the market", () => {
    const ticks = new Ticks();
    expect(ticks.volume("A", 48, "701.28;1;1348075471534;67854;701.46;true")).toEqual({
      e: "trade",
      s: "A",
      t: 1_348_075_471_534,
      p: 701.28,
      q: 1,
      i: "v67854",
      n: 67_854,
    });
    expect(ticks.volume("A", 48, ";0;1469805548873;240304;216.648653;true")).toBeNull();
    expect(ticks.volume("A", 45, "1469805548")).toBeNull();
    // Whatever it is, the parser judges it.
    expect(itemsOf(parse, JSON.stringify(ticks.volume("A", 48, "x;y;z")), context)).toMatchObject([
      { kind: "rejected" },
    ]);
  });

  test("trades of one second are told apart", () => {
    const ticks = new Ticks();
    expect([1, 2].map(() => ticks.trade("A", "1790000000", 5, 1))).toMatchObject([
      { t: 1_790_000_000_000, i: "t1" },
      { t: 1_790_000_000_000, i: "t2" },
    ]);
  });
});

test("one connection, a message per symbol", async () => {
  const venue = ibkrOf({ IBKR_HOST: "10.0.0.5", IBKR_PORT: 4_001 });
  const symbols = ["AAPL", "BTCUSDT", "MSFT"].flatMap((symbol) => venue.toVenue(symbol) ?? []);
  const [plan, ...others] = venue.sockets(symbols, ["trade", "quote"]);
  expect([plan!.url, others.length]).toEqual(["ibkr://10.0.0.5:4001", 0]);
  expect(plan!.subscribe).toEqual(['{"op":"subscribe","symbol":"AAPL"}', '{"op":"subscribe","symbol":"MSFT"}']);
  expect(plan!.remove([symbols[0]!])).toEqual(['{"op":"unsubscribe","symbol":"AAPL"}']);
  expect((await VENUES.ibkr!()).id).toBe("ibkr");
});
