import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { MESSAGES, Trade } from "../../core/messages/index.ts";
import { marketRecord } from "./market-record.ts";

const trade = {
  ver: 1,
  kind: "trade",
  provider: "synthetic",
  symbol: "BTCUSDT",
  ts_ms: 1_763_683_200_000,
  recv_ms: 1_763_683_200_010,
  price: 100.5,
  size: 2,
  side: "buy",
  trade_id: "7",
  seq: 7,
  event_id: "synthetic|BTCUSDT|t|7",
};
const quote = { ...trade, kind: "quote", bid: 1, bid_size: 1, ask: 2, ask_size: 1 };
const book = { ...trade, kind: "book", bids: [[1, 2]], asks: [[2, 0.5]], depth: 1, checksum_ok: null };

describe("records of the market log", () => {
  test("a whole record is passed on as it is, what it left out is filled in", () => {
    expect(marketRecord(trade)).toBe(trade as never);
    expect(marketRecord(quote)).toBe(quote as never);
    expect(marketRecord(book)).toBe(book as never);
    const { seq: _seq, side: _side, trade_id: _id, ver: _ver, ...short } = trade;
    expect(marketRecord(short)).toEqual({ ...short, ver: 1, seq: 0, side: null, trade_id: null } as never);
  });

  test("what is no record of this log is said to be none, and why", () => {
    const faults: [unknown, string][] = [
      [5, "not a JSON object"],
      [null, "not a JSON object"],
      [[trade], "not a JSON object"],
      [{}, "kind"],
      [{ ...trade, kind: "__proto__" }, "kind"],
      [{ ...trade, kind: "constructor" }, "kind"],
      [{ kind: "alert", id: "a" }, "kind"],
      [{ ...trade, symbol: undefined }, "symbol"],
      [{ ...trade, symbol: "a b" }, "symbol"],
      [{ ...trade, symbol: "S".repeat(65) }, "symbol"],
      [{ ...trade, price: null }, "price"],
      [{ ...trade, price: "100" }, "price"],
      [{ ...trade, ts_ms: "now" }, "ts_ms"],
      [{ ...trade, side: "hold" }, "side"],
      [{ ...trade, event_id: "" }, "event_id"],
      [{ ...quote, bid: -1 }, "bid"],
      [{ ...quote, ask: 1e18 }, "ask"],
      [{ ...book, bids: [[1]] }, "bids"],
      [{ ...book, asks: [[0, 1]] }, "asks"],
      [{ ...book, asks: Array.from({ length: 21 }, () => [1, 1]) }, "asks"],
      [{ ...book, depth: 0.5 }, "depth"],
      [{ kind: "price", symbol: "BTCUSDT", price: 0, time: "2025-01-01T00:00:00Z" }, "price"],
      [{ kind: "price", symbol: "BTCUSDT", price: 1, time: "today" }, "time"],
      [{ kind: "heartbeat", provider: "x", ts_ms: -1, reason: "venue" }, "ts_ms"],
      [{ kind: "gap", id: "g" }, "revision"],
    ];
    for (const [value, fault] of faults) expect(marketRecord(value)).toStartWith(fault);
  });

  test("a trade's numbers are for the stage to refuse, which keeps the reason", () => {
    for (const price of [0, -1, 1e18]) expect(marketRecord({ ...trade, price })).toBeObject();
    expect(marketRecord({ ...trade, ts_ms: 1e300 })).toBeObject();
  });

  test("looked at by hand or by its schema, the answer is the same", () => {
    const odd = fc.oneof(
      fc.constantFrom<unknown>(undefined, null, "", "x", "buy", 0, 1, -1, 1e300, true, "S".repeat(400), {}, []),
      fc.string(),
    );
    const levels = fc.array(fc.array(fc.oneof(fc.constantFrom(0, 1, -1, 1e300), odd), { maxLength: 3 }), {
      maxLength: 3,
    });
    const names = fc.constantFrom(...Object.keys(quote), ...Object.keys(book));
    const changes = fc.dictionary(names, fc.oneof(odd, levels), { maxKeys: 3 });
    fc.assert(
      fc.property(fc.constantFrom(trade, quote, book), changes, (base, change) => {
        const value = { ...base, ...change, kind: base.kind };
        const schema = base.kind === "trade" ? Loose : base.kind === "book" ? MESSAGES.book : MESSAGES.quote;
        expect(typeof marketRecord(value) === "object").toBe(schema.safeParse(value).success);
      }),
    );
  });
});

/** A trade without the bounds of those numbers that its stage looks at. */
const Loose = Trade.extend({
  price: MESSAGES.nearest.shape.items.element.shape.ret,
  size: MESSAGES.nearest.shape.items.element.shape.ret,
  ts_ms: MESSAGES.nearest.shape.items.element.shape.ret,
  recv_ms: MESSAGES.nearest.shape.items.element.shape.ret.optional(),
});
