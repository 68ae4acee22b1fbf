import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { readText, SHARED } from "../../core/test-support/shared.ts";
import { hasCaptures, WS } from "../feeds/test-support/captures.ts";
import { call } from "./test-support/call.ts";

const kinds = (records: Record<string, unknown>[]): unknown[] => records.map(({ kind }) => kind);

interface Expected {
  readonly trades: number;
  readonly depth: number;
  readonly bookTicker: number;
  readonly first_trade_id: number;
  readonly book: { readonly applied: number };
  readonly bars_1m_full: Record<string, Record<"o" | "h" | "l" | "c" | "v" | "qv" | "tbv", string> & { n: number }>;
}

describe.skipIf(!hasCaptures)("recordings", () => {
  for (const name of ["binance-spot/btcusdt_20240808.gz", "binance-usdm/ethusdt_20240808.gz"]) {
    test(`${name} makes the candles it should`, async () => {
      const expected: Expected = JSON.parse(readText(`${SHARED}/data/oracle/expected_candles.json.gz`))[name];
      const { code, err, out, records } = await call(["decode", "binance", join(WS, name)]);
      expect([code, err]).toEqual([0, ""]);
      const ids = records.filter(({ kind }) => kind === "trade").map(({ seq }) => seq as number);
      expect(ids).toEqual(Array.from({ length: expected.trades }, (_, i) => expected.first_trade_id + i));
      expect(records.filter(({ kind }) => kind === "quote")).toHaveLength(expected.bookTicker);
      expect(records.filter(({ kind }) => kind === "book")).toHaveLength(expected.book.applied + 1);
      const bars = await call(["stage", "bars", "--set", "INTERVAL=1m"], { stdin: out });
      expect([bars.code, bars.err]).toEqual([0, ""]);
      const minutes = Object.entries(expected.bars_1m_full);
      expect(minutes.length).toBeGreaterThan(0);
      for (const [start, bar] of minutes) {
        const made = bars.records.find(({ start_ts_ms }) => start_ts_ms === Number(start))!;
        const { open, high, low, close, trade_count, final } = made;
        expect([open, high, low, close].map(Number)).toEqual([bar.o, bar.h, bar.l, bar.c].map(Number));
        expect([trade_count, final]).toEqual([bar.n, true]);
        for (const [value, text] of [
          [made.volume, bar.v],
          [made.notional, bar.qv],
          [made.buy_volume, bar.tbv],
        ] as const)
          expect(Math.abs((value as number) / Number(text) - 1)).toBeLessThan(1e-12);
      }
    }, 60_000);
  }

  test("other venues' recordings are unknown frames, counted, exit 0", async () => {
    for (const [name, frames] of [
      ["BITSTAMP.ws.1.0", 747],
      ["BYBIT.ws.26.0", 1_098],
    ] as const) {
      const { code, err, records } = await call(["decode", "binance", join(WS, "cryptofeed", `${name}.gz`)]);
      expect([code, records.length, ...new Set(kinds(records))]).toEqual([0, frames, "unknown"]);
      expect(err).toStartWith(`decode binance: ${frames} frames are unknown; `);
    }
  });

  test("message examples, over several lines each", async () => {
    const of = async (name: string) =>
      (await call(["decode", "binance", join(WS, "message-examples/binance", name)])).records;
    expect(await of("Spot_ExchangeData_Trades.txt")).toMatchObject([
      { kind: "trade", symbol: "BNBBTC", trade_id: "12345" },
    ]);
    expect(await of("UsdFutures_BookTicker.txt")).toMatchObject([{ kind: "quote", bid: 25.3519, ask_size: 40.66 }]);
    expect(await of("Spot_ExchangeData_MiniTicker.txt")).toMatchObject([{ kind: "price", price: 0.0025 }]);
    expect(await of("UsdFutures_PartialBook.txt")).toMatchObject([{ kind: "book", depth: 5 }]);
    expect(await of("Spot_ExchangeData_PartialBook.txt")).toMatchObject([
      { kind: "book_update", symbol: "BTCUSDT", snapshot: true },
    ]);
    expect(kinds(await of("Spot_ExchangeData_AggregatedTrades.txt"))).toEqual(["unknown"]);
    expect(kinds(await of("vendor_doc_examples.jsonl"))).toContain("trade");
  });
});
