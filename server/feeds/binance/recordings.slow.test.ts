import { describe, expect, test } from "bun:test";
import { readText } from "../../../core/test-support/shared.ts";
import { captured, hasCaptures, WS } from "../test-support/captures.ts";
import { contextOf, examplesOf, fixtures, itemsOf } from "../test-support/frames.ts";
import type { Item } from "../venue.ts";
import { parse } from "./parse.ts";

const context = contextOf("binance", (symbol) => symbol);
const RECV_MS = 1_723_161_255_400;
const items = (frame: string): Item[] => itemsOf(parse, frame, context, RECV_MS);

test("fixtures: what each frame of the venue becomes", () => {
  const kinds = Object.fromEntries(
    fixtures(import.meta.dir).map(({ name, text }) => [name, items(text).map(({ kind }) => kind)]),
  );
  expect(kinds).toEqual({
    "ack.txt": ["ack"],
    "depth-partial.txt": ["book_update"],
    "depth.txt": ["book_update"],
    "error.txt": ["refused"],
    "mini-ticker-all.txt": ["price", "price"],
    "quote-usdm.txt": ["quote"],
    "quote.txt": ["quote"],
    "shutdown.txt": ["going_away"],
    "trade-usdm.txt": ["trade"],
    "trade.txt": ["trade"],
  });
});

describe.skipIf(!hasCaptures)("recordings and examples", () => {
  test("counts and ids of the recordings are those of the reference", () => {
    const expected = JSON.parse(readText(`${WS}/../oracle/expected_candles.json.gz`)) as Record<
      string,
      Record<string, number>
    >;
    for (const name of ["binance-spot/btcusdt_20240808.gz", "binance-usdm/ethusdt_20240808.gz"]) {
      const counts: Record<string, number> = {};
      const ids: number[] = [];
      for (const { text, recv_ms } of captured(name)) {
        parse(text, recv_ms, context, (item) => {
          counts[item.kind] = (counts[item.kind] ?? 0) + 1;
          if (item.kind === "trade") ids.push(item.seq);
        });
      }
      const { trades, depth, bookTicker, first_trade_id, last_trade_id } = expected[name]!;
      expect(counts as object).toEqual({ trade: trades, book_update: depth, quote: bookTicker, unknown: 1 });
      expect([ids[0], ids.at(-1)]).toEqual([first_trade_id, last_trade_id]);
      expect(ids.every((id, i) => i === 0 || id === ids[i - 1]! + 1)).toBe(true);
    }
  }, 30_000);

  test("of the message examples only what we read is a record", () => {
    const read = (file: string) =>
      examplesOf("binance")
        .filter((e) => e.file === file && e.kind === "=")
        .flatMap(({ text }) => items(text));
    expect(read("Spot_ExchangeData_Trades.txt")).toMatchObject([
      { kind: "trade", symbol: "BNBBTC", price: 0.001, size: 100 },
    ]);
    expect(read("Spot_ExchangeData_BookTicker.txt")).toMatchObject([{ kind: "quote", bid: 25.3519 }]);
    expect(read("UsdFutures_BookTicker.txt")).toMatchObject([{ kind: "quote", ts_ms: 1_568_014_460_891 }]);
    expect(read("UsdFutures_Book.txt")).toMatchObject([{ kind: "book_update", prev_seq: 149, snapshot: false }]);
    expect(read("UsdFutures_PartialBook.txt")).toMatchObject([{ kind: "book_update", snapshot: true }]);
    expect(read("Spot_ExchangeData_PartialBook.txt")).toMatchObject([
      { kind: "book_update", snapshot: true, symbol: "BTCUSDT" },
    ]);
    expect(read("Spot_ExchangeData_MiniTicker.txt")).toMatchObject([{ kind: "price" }]);
    for (const file of [
      "Spot_ExchangeData_AggregatedTrades.txt",
      "UsdFutures_MarkPrice.txt",
      "UsdFutures_Liquidations.txt",
    ])
      expect(read(file)).toMatchObject([{ kind: "unknown" }]);
  });
});
