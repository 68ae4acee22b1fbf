import { describe, expect, test } from "bun:test";
import { Trade } from "../../../core/messages/index.ts";
import { BadLine } from "../../ndjson/market-line.ts";
import { TickReader } from "./tick.ts";

const read = (value: unknown) => new TickReader().read(typeof value === "string" ? value : JSON.stringify(value));

describe("a tick", () => {
  test.each([
    [{ event_ts: 1_700_000_000.0005 }, 1_700_000_000_000],
    [{ event_ts: 1_700_000_000.0115 }, 1_700_000_000_012],
    [{ event_ts: 1_700_000_000.0294998 }, 1_700_000_000_029],
    [{ event_ts: 1_700_000_000 }, 1_700_000_000_000],
    [{ event_ts: "1700000000.25" }, 1_700_000_000_250],
    [{ event_ts: "2023-11-14T22:13:20.250Z" }, 1_700_000_000_250],
    [{ event_ts: 1_700_000_000_250 }, 1_700_000_000_250],
    [{ event_ts: 1_700_000_000_250_000 }, 1_700_000_000_250],
    [{ event_ts: 1_700_000_000_250_000_000 }, 1_700_000_000_250],
    [{ event_ms: 1_700_000_000_250, event_ts: 1 }, 1_700_000_000_250],
    [{ ts_ms: 1_700_000_000_250.5 }, 1_700_000_000_250.5],
  ])("its time: %j is %d", (time, ts_ms) => {
    expect(read({ symbol: "X", price: 1, size: 1, ...time })).toMatchObject({ ts_ms, origin: "replay" });
  });

  test.each([
    [{ px: 43.27, sz: 3106, bid: 43.25, ask: 43.48, ingest_ts: 1, source: "mock" }, 43.27, 3106],
    [{ price: "43.27", size: "0.00000001" }, 43.27, 1e-8],
    [{ price: 7 }, 7, 0],
    [{ px: 7, sz: null }, 7, 0],
  ])("price and size of %j", (values, price, size) => {
    expect(read({ symbol: "X", event_ts: 1_700_000_000, ...values })).toMatchObject({ price, size, kind: "trade" });
  });

  const good = { symbol: "X", event_ts: 1_700_000_000, price: 1, size: 1 };
  test.each([
    ["not JSON", "{"],
    ["a number", "5"],
    ["null", "null"],
    ["an array without columns", "[1,2]"],
    ["no price", { ...good, price: undefined }],
    ["a null price", { ...good, price: null }],
    ["a price of zero", { ...good, price: 0 }],
    ["a negative price", { ...good, price: "-1" }],
    ["a price beyond all bounds", { ...good, price: 1e300 }],
    ["hexadecimal", { ...good, price: "0x10" }],
    ["blanks", { ...good, price: " 7" }],
    ["words", { ...good, size: "many" }],
    ["NaN as text", { ...good, size: "NaN" }],
    ["Infinity as text", { ...good, size: "Infinity" }],
    ["an overflow", '{"symbol":"X","event_ts":1700000000,"price":1e999,"size":1}'],
    ["an empty size", { ...good, size: "" }],
    ["true", { ...good, size: true }],
    ["a negative size", { ...good, size: -1 }],
    ["an object", { ...good, size: {} }],
    ["no symbol", { ...good, symbol: undefined }],
    ["a symbol that is none", { ...good, symbol: "X Y" }],
    ["no time that can be read", { ...good, event_ts: "yesterday" }],
    ["a null time", { ...good, event_ts: null }],
    ["a negative time", { ...good, event_ts: -1 }],
    ["a time without a zone", { ...good, event_ts: "2023-11-14T22:13:20" }],
  ])("is refused: %s", (_, value) => {
    expect(() => read(value)).toThrow(BadLine);
  });

  test("without ids two alike are two trades; the same file gives the same ids", () => {
    const ids = () => {
      const reader = new TickReader();
      return [1, 2, 3].map(() => Trade.parse(reader.read(JSON.stringify(good))).event_id);
    };
    expect(new Set(ids()).size).toBe(3);
    expect(ids()).toEqual(ids());
  });
});

describe("other lines", () => {
  test("our own trades pass with their ids", () => {
    const trade = { kind: "trade", provider: "binance", symbol: "X", ts_ms: 5, price: "2", size: 1, trade_id: "77" };
    expect(read(trade)).toMatchObject({ provider: "binance", trade_id: "77", seq: 77, price: 2 });
  });

  test("quotes and prices of ours are played too; other records are passed over", () => {
    expect(
      read({ kind: "quote", symbol: "X", ts_ms: 1, bid: "1", bid_size: 2, ask: null, ask_size: null }),
    ).toMatchObject({
      kind: "quote",
      origin: "replay",
      bid: 1,
    });
    expect(read({ kind: "heartbeat", provider: "p", ts_ms: 1, reason: "venue" })).toBeNull();
    expect(read({ symbol: "X", price: 1, time: "2023-11-14T22:13:20Z" })).toMatchObject({ kind: "price" });
    expect(() => read({ kind: "nonsense" })).toThrow("not known");
  });

  test("a header names the columns of the arrays after it", () => {
    const reader = new TickReader();
    expect(reader.read('{"name":"x","columns":["symbol","event_ms","price","size"]}')).toBeNull();
    expect(reader.read('["X",1700000000000,"3",null]')).toMatchObject({ symbol: "X", price: 3, size: 0 });
    expect(() => reader.read('["X",1700000000000,"3"]')).toThrow("3 cells for 4 columns");
  });
});
