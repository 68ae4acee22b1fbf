import { describe, expect, test } from "bun:test";
import { contextOf, itemsOf } from "../test-support/frames.ts";
import type { Item } from "../venue.ts";
import { parse } from "./parse.ts";
import { binance } from "./spec.ts";

const context = contextOf("binance", (symbol) => symbol);
const RECV_MS = 1_723_161_255_400;
const items = (frame: string): Item[] => itemsOf(parse, frame, context, RECV_MS);
const one = (frame: string): Item => {
  const all = items(frame);
  expect(all).toHaveLength(1);
  return all[0]!;
};
const frame = (data: object, stream?: string): string => JSON.stringify(stream === undefined ? data : { stream, data });

const TRADE = {
  e: "trade",
  E: 1_723_161_255_343,
  s: "BTCUSDT",
  t: 77,
  p: "61837.63",
  q: "0.02",
  T: 1_723_161_255_342,
  m: true,
  M: true,
};
const QUOTE = { u: 9, s: "BTCUSDT", b: "10.5", B: "1", a: "10.6", A: "2" };
const DEPTH = {
  e: "depthUpdate",
  E: 1_723_161_255_343,
  s: "BTCUSDT",
  U: 157,
  u: 160,
  b: [["10.5", "0"]],
  a: [["10.6", "3"]],
};

describe("trades", () => {
  test("of spot and futures, raw and combined, are one record", () => {
    const expected = {
      ver: 1,
      kind: "trade",
      origin: "live",
      provider: "binance",
      symbol: "BTCUSDT",
      ts_ms: 1_723_161_255_342,
      recv_ms: RECV_MS,
      price: 61_837.63,
      size: 0.02,
      side: "sell",
      trade_id: "77",
      seq: 77,
      event_id: "binance|BTCUSDT|2024-08-08T23:54:15.342000Z|77",
    };
    const future = {
      e: "trade",
      E: TRADE.E,
      T: TRADE.T,
      s: "BTCUSDT",
      t: 77,
      p: "61837.63",
      q: "0.02",
      X: "MARKET",
      m: true,
    };
    for (const data of [
      TRADE,
      { ...TRADE, b: 88, a: 50 },
      future,

      { ...TRADE, M: undefined },
    ]) {
      expect(one(frame(data)) as object).toEqual(expected);
      expect(one(frame(data, "btcusdt@trade")) as object).toEqual(expected);
      expect(one(JSON.stringify({ stream: "btcusdt@trade", data }, null, 2)) as object).toEqual(expected);
    }
    expect(one(frame({ ...TRADE, m: false }))).toMatchObject({ side: "buy" });
  });

  test("microseconds", () => {
    expect(one(frame({ ...TRADE, T: 1_723_161_255_342_017, E: 1_723_161_255_343_000 }))).toMatchObject({
      ts_ms: 1_723_161_255_342.017,
      event_id: "binance|BTCUSDT|2024-08-08T23:54:15.342017Z|77",
    });
  });

  const bad: [string, unknown[], string][] = [
    [
      "p",
      ["0", "-1", "NaN", "Infinity", "", " 1", "1e400", "0x10", "1,5", 61_837.63, null, true, undefined, {}, "1e16"],
      "price",
    ],
    ["q", ["0", "-1", "NaN", "", 1, null, undefined, "1e19"], "size"],
    ["T", ["1723161255342", 0, -1, 1.5, null, undefined, 1e16, {}], "time"],
    ["E", ["x", 0, null, undefined], "time"],
    ["t", ["77", -1, 1.5, null, undefined, 2 ** 53], "trade_id"],
    ["s", ["", "BTC USDT", 5, null, undefined, "币安", "X".repeat(65)], "symbol"],
    ["m", ["true", 1, null, undefined], "side"],
  ];
  for (const [name, values, reason] of bad) {
    test(`${name} that cannot be is refused by its name`, () => {
      for (const value of values) {
        const item = one(frame({ ...TRADE, [name]: value }));
        expect([value, item]).toMatchObject([value, { kind: "rejected", reason, recv_ms: RECV_MS }]);
        if (item.kind === "rejected") expect(item.detail).toStartWith(`${name} is `);
      }
    });
  }

  test("what is settled beside the market is no trade, and has its place in the numbering", () => {
    for (const X of ["ADL", "INSURANCE_FUND", 5, null])
      expect(one(frame({ ...TRADE, X }))).toMatchObject({
        kind: "rejected",
        reason: "off_book",
        symbol: "BTCUSDT",
        seq: 77,
      });
    expect(one(frame({ ...TRADE, p: "0" }))).toMatchObject({ reason: "price", seq: 77 });
    const item = one(frame({ ...TRADE, p: "0", q: "0", X: "NA" }));
    expect(item).toMatchObject({ kind: "rejected", reason: "off_book", symbol: "BTCUSDT", seq: 77 });
  });
});

describe("quotes and prices", () => {
  test("spot says no time, futures do; an empty side is null", () => {
    expect(one(frame(QUOTE, "btcusdt@bookTicker"))).toMatchObject({
      kind: "quote",
      ts_ms: RECV_MS,
      seq: 9,
      bid: 10.5,
      bid_size: 1,
      ask: 10.6,
      ask_size: 2,
    });
    expect(one(frame({ e: "bookTicker", ...QUOTE, T: 1_723_161_255_300, E: 1_723_161_255_301 }))).toMatchObject({
      ts_ms: 1_723_161_255_300,
    });
    expect(one(frame({ ...QUOTE, b: "0.00", B: "0.00" }))).toMatchObject({ bid: null, bid_size: null, ask: 10.6 });
  });

  test("what cannot be is refused", () => {
    for (const over of [{ b: "-1" }, { b: "0" }, { A: "NaN" }, { a: 10 }])
      expect(one(frame({ ...QUOTE, ...over }))).toMatchObject({ kind: "rejected", reason: "price" });
    expect(one(frame({ ...QUOTE, u: "9" }))).toMatchObject({ kind: "rejected", reason: "sequence" });
    expect(one(frame({ ...QUOTE, T: 0 }))).toMatchObject({ kind: "rejected", reason: "time" });
  });

  test("tickers are prices, one or many in a frame", () => {
    const ticker = {
      e: "24hrMiniTicker",
      E: 1_723_161_255_343,
      s: "BNBBTC",
      c: "0.0025",
      o: "1",
      h: "1",
      l: "1",
      v: "1",
      q: "1",
    };
    expect(one(frame(ticker))).toMatchObject({
      kind: "price",
      symbol: "BNBBTC",
      price: 0.0025,
      time: "2024-08-08T23:54:15.343000Z",
    });
    expect(
      items(JSON.stringify({ stream: "!miniTicker@arr", data: [ticker, { ...ticker, c: "0" }, 5] })),
    ).toMatchObject([
      { kind: "price" },
      { kind: "rejected", reason: "price" },
      { kind: "unknown", why: "it is no object" },
    ]);
  });
});

describe("books", () => {
  test("changes", () => {
    const update = {
      kind: "book_update",
      snapshot: false,
      first_seq: 157,
      last_seq: 160,
      prev_seq: null,
      bids: [[10.5, 0]],
      asks: [[10.6, 3]],
      checksum: null,
    };
    expect(one(frame(DEPTH, "btcusdt@depth@100ms"))).toMatchObject({ ...update, ts_ms: DEPTH.E } as object);
    expect(one(frame({ ...DEPTH, T: DEPTH.E - 2, pu: 149 }))).toMatchObject({
      ...update,
      prev_seq: 149,
      ts_ms: DEPTH.E - 2,
    } as object);
  });

  test("partial books are whole ones", () => {
    const spot = { lastUpdateId: 160, bids: [["0.0024", "10"]], asks: [] };
    expect(one(frame(spot, "btcusdt@depth5@100ms"))).toMatchObject({
      kind: "book_update",
      symbol: "BTCUSDT",
      snapshot: true,
      last_seq: 160,
      ts_ms: RECV_MS,
    });
    expect(one(frame({ ...DEPTH, pu: 150 }, "btcusdt@depth20"))).toMatchObject({ snapshot: true, last_seq: 160 });
    expect(one(frame(spot))).toMatchObject({ kind: "unknown", why: "it is a book that names no symbol" });
    expect(binance.recordedBook!(frame(spot), "X", RECV_MS, context)).toMatchObject({ symbol: "X", last_seq: 160 });
    for (const text of ["{", "5", "{}", '{"lastUpdateId":1}', '{"lastUpdateId":1,"bids":[["0","1"]],"asks":[]}'])
      expect(binance.recordedBook!(text, "X", RECV_MS, context)).toBeNull();
  });

  test("a level or an id that cannot be refuses the whole change", () => {
    for (const b of [[["-1", "1"]], [["0", "1"]], [["1", "NaN"]], [["1"]], [[1, 2]], "x", undefined, [[]], [null]])
      expect(one(frame({ ...DEPTH, b }))).toMatchObject({ kind: "rejected", reason: "level", symbol: "BTCUSDT" });
    for (const over of [{ U: 161 }, { u: "160" }, { pu: -1 }, { U: undefined }])
      expect(one(frame({ ...DEPTH, ...over }))).toMatchObject({ kind: "rejected", reason: "sequence" });
    expect(one(frame({ ...DEPTH, E: 0 }))).toMatchObject({ kind: "rejected", reason: "time" });
  });
});
