import { describe, expect, test } from "bun:test";
import { Bar, Bin, barId, eventId, intervalMs, isoMicros, Trade } from "./index.ts";

const trade = {
  ver: 1,
  kind: "trade",
  origin: "live",
  provider: "binance",
  symbol: "BTCUSDT",
  ts_ms: 1_700_000_000_000.25,
  recv_ms: 1_700_000_000_040,
  price: 37_000.5,
  size: 0.001,
  side: "buy",
  trade_id: "77",
  seq: 77,
  event_id: "binance|BTCUSDT|2023-11-14T22:13:20.000250Z|77",
  fill: "gap-1",
};
const bin = {
  kind: "bin",
  bin_id: "BTCUSDT-1700000000000",
  symbol: "BTCUSDT",
  start_ts_ms: 1_700_000_000_000,
  end_ts_ms: 1_700_000_000_010,
  open: 1,
  high: 2,
  low: 1,
  close: 2,
  volume: 3,
  notional: 5,
  trade_count: 2,
  max_late_ms: 0,
  watermark_ms: 1_700_000_000_510,
};
const bar = {
  kind: "bar",
  origin: "live",
  bar_id: "BTCUSDT-1700000000000",
  revision: 0,
  symbol: "BTCUSDT",
  provider: "binance",
  interval: "1s",
  start_ts_ms: 1_700_000_000_000,
  end_ts_ms: 1_700_000_001_000,
  open: 1,
  high: 2,
  low: 1,
  close: 2,
  volume: 3,
  notional: 5,
  vwap: 1.6,
  trade_count: 2,
  bin_count: 1,
  buy_volume: 1,
  max_late_ms: 0,
  final: true,
  partial: false,
  last_ts_ms: 1_700_000_000_900,
  ingest_ts_ms: 1_700_000_001_600,
};

/** Each message: a whole example, what may be missing, what must not be, and what is refused. */
const contracts = [
  {
    name: "trade",
    schema: Trade,
    example: trade,
    optional: ["ver", "origin", "recv_ms", "side", "trade_id", "seq", "fill"],
    refused: [
      { price: 0 },
      { price: -1 },
      { price: Number.NaN },
      { price: Number.POSITIVE_INFINITY },
      { price: 1e18 },
      { price: "1" },
      { size: -1 },
      { side: "bid" },
      { ts_ms: -1 },
      { ts_ms: 1e17 },
      { symbol: "" },
      { symbol: "A B" },
      { symbol: "<script>" },
      { symbol: "X".repeat(65) },
      { ver: 2 },
      { origin: "elsewhere" },
      { kind: "bar" },
    ],
  },
  {
    name: "bin",
    schema: Bin,
    example: bin,
    optional: ["max_late_ms", "watermark_ms"],
    refused: [{ high: 0 }, { volume: -1 }, { trade_count: 1.5 }, { start_ts_ms: -1 }, { symbol: "A B" }],
  },
  {
    name: "bar",
    schema: Bar,
    example: bar,
    optional: ["origin", "last_ts_ms", "ingest_ts_ms"],
    refused: [
      { low: 0 },
      { revision: -1 },
      { revision: 0.5 },
      { interval: "1x" },
      { interval: "s" },
      { volume: -1 },
      { final: "yes" },
      { partial: null },
      { provider: "" },
    ],
  },
] as const;

for (const { name, schema, example, optional, refused } of contracts) {
  describe(`contract of ${name}`, () => {
    test("a whole record comes out as it went in", () => {
      expect(schema.parse(example)).toEqual(example as never);
      expect(schema.parse(JSON.parse(JSON.stringify(example)))).toEqual(example as never);
    });

    for (const field of Object.keys(example)) {
      const isOptional = (optional as readonly string[]).includes(field);
      test(`${field} is ${isOptional ? "optional" : "required"}`, () => {
        const { [field as never]: _, ...without } = example;
        expect(schema.safeParse(without).success).toBe(isOptional);
      });
    }

    test("impossible values are refused", () => {
      for (const over of refused)
        expect([over, schema.safeParse({ ...example, ...over }).success]).toEqual([over, false]);
    });
  });
}

test("ids are functions of content", () => {
  expect(isoMicros(1_700_000_000_000.25)).toBe("2023-11-14T22:13:20.000250Z");
  expect(isoMicros(999.9996)).toBe("1970-01-01T00:00:01.000000Z");
  expect(eventId("binance", "BTCUSDT", 1_700_000_000_000.25, 77)).toBe(trade.event_id);
  expect(barId("X", 5, "1s")).toBe("X-5");
  expect(barId("X", 5, "1m")).toBe("X-5-1m");
  expect(["1s", "7s", "250ms", "1d", "0s", "s", "1w", ""].map(intervalMs)).toEqual([
    1e3,
    7e3,
    250,
    864e5,
    null,
    null,
    null,
    null,
  ]);
});
