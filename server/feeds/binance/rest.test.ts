import { describe, expect, test } from "bun:test";
import { TapebellError } from "../../../core/errors.ts";
import { readText } from "../../../core/test-support/shared.ts";
import { hasCaptures, WS } from "../test-support/captures.ts";
import { restOf } from "../test-support/frames.ts";
import type { Rest } from "../venue.ts";
import { candleOf } from "./rest.ts";
import { binance, binanceUsdm } from "./spec.ts";

const BTC = { symbol: "BTCUSDT", venue: "BTCUSDT" };
const MINUTE_MS = 60_000;
const T0 = 1_700_000_040_000 - (1_700_000_040_000 % MINUTE_MS);

describe("REST", () => {
  test("markets with their volumes; what cannot be a symbol of ours is left out", async () => {
    const market = (symbol: string, over: object = {}) => ({
      symbol,
      status: "TRADING",
      filters: [{ filterType: "PRICE_FILTER", tickSize: "0.01000000" }],
      ...over,
    });
    const { rest } = restOf({
      exchangeInfo: JSON.stringify({
        symbols: [
          market("BTCUSDT"),
          market("OLDUSDT", { status: "BREAK" }),
          market("币安USDT"),
          market("NOFILTER", { filters: [] }),
          5,
        ],
      }),
      "ticker/24hr": JSON.stringify([{ symbol: "BTCUSDT", quoteVolume: "123.5" }, { symbol: 5 }, null]),
    });
    expect(await binance.rest!.markets(rest)).toEqual([
      { symbol: "BTCUSDT", venue: "BTCUSDT", decimals: 2, quote_volume_24h: 123.5, is_trading: true },
      { symbol: "OLDUSDT", venue: "OLDUSDT", decimals: 2, quote_volume_24h: null, is_trading: false },
    ]);
  });

  const kline = (i: number): unknown[] => [
    T0 + i * MINUTE_MS,
    "1",
    "3",
    "0.5",
    "2",
    "10",
    T0 + i * MINUTE_MS + 59_999,
    "20",
    7,
    "4",
    "8",
    "0",
  ];

  test("candles of a long stretch, page by page, each once, none outside", async () => {
    const asked: number[] = [];
    const rest: Rest = (url) => {
      const query = new URL(url).searchParams;
      const start = Number(query.get("startTime"));
      const limit = Number(query.get("limit"));
      asked.push(start);
      const rows = [];
      for (let at = start; at <= Number(query.get("endTime")) && rows.length < limit; at += MINUTE_MS)
        rows.push(kline((at - T0) / MINUTE_MS));
      return Promise.resolve({ status: 200, body: JSON.stringify(rows), retry_after_ms: null });
    };
    const candles = await binance.rest!.candles(rest, BTC, T0 + 1, T0 + 2_500 * MINUTE_MS);
    expect(candles.map(({ start_ts_ms }) => start_ts_ms)).toEqual(
      Array.from({ length: 2_499 }, (_, i) => T0 + (i + 1) * MINUTE_MS),
    );
    expect(asked).toHaveLength(3);
    expect(candles[0]).toEqual({
      start_ts_ms: T0 + MINUTE_MS,
      open: 1,
      high: 3,
      low: 0.5,
      close: 2,
      volume: 10,
      notional: 20,
      trade_count: 7,
      buy_volume: 4,
    });
  });

  test("a candle that cannot be is an error, never a candle", async () => {
    for (const [place, value] of [
      [0, 5],
      [0, "x"],
      [1, "0"],
      [2, "1.5"],
      [3, "2.5"],
      [4, "NaN"],
      [5, "-1"],
      [8, 1.5],
    ] as const) {
      const row = kline(0);
      row[place] = value;
      const { rest } = restOf({ klines: JSON.stringify([row]) });
      expect([place, candleOf(row)]).toEqual([place, null]);
      await expect(binance.rest!.candles(rest, BTC, T0, T0 + MINUTE_MS)).rejects.toThrow("Binance");
    }
  });

  /** A venue that keeps the trades [oldest, newest]. */
  const keeper = (oldest: number, newest: number) => {
    const asked: string[] = [];
    const rest: Rest = (url) => {
      asked.push(url);
      const from = new URL(url).searchParams.get("fromId");
      const first = from === null ? Math.max(oldest, newest - 999) : Math.max(oldest, Number(from));
      const rows = Array.from({ length: Math.max(0, Math.min(1_000, newest - first + 1)) }, (_, i) => ({
        id: first + i,
        price: first + i === 55 ? "0" : "100.5",
        qty: first + i === 55 ? "0" : "2",
        time: T0 + first + i,
        isBuyerMaker: i % 2 === 0,
      }));
      return Promise.resolve({ status: 200, body: JSON.stringify(rows), retry_after_ms: null });
    };
    return { rest, asked };
  };
  const range = (from_seq: number | null, to_seq: number | null) => ({
    from_seq,
    to_seq,
    from_ms: T0 + 10,
    to_ms: T0 + 20,
  });

  test("a hole of trades is filled by id, in order, each once, as the stream would have said it", async () => {
    const { rest, asked } = keeper(1, 9_000);
    const { trades, complete } = await binance.rest!.trades(rest, BTC, range(100, 2_601));
    expect([complete, asked.length]).toEqual([true, 3]);
    expect(trades.map(({ seq }) => seq)).toEqual(Array.from({ length: 2_500 }, (_, i) => 101 + i));
    expect(trades[0]).toEqual({
      ver: 1,
      kind: "trade",
      origin: "live",
      provider: "binance",
      symbol: "BTCUSDT",
      ts_ms: T0 + 101,
      price: 100.5,
      size: 2,
      side: "sell",
      trade_id: "101",
      seq: 101,
      event_id: `binance|BTCUSDT|${new Date(T0 + 101).toISOString().slice(0, -1)}000Z|101`,
    });
  });

  test("an insurance trade is no trade, and no hole", async () => {
    const { trades, complete } = await binance.rest!.trades(keeper(1, 100).rest, BTC, range(53, 58));
    expect([trades.map(({ seq }) => seq), complete]).toEqual([[54, 56, 57], true]);
  });

  test("what is no longer kept, or not yet there, makes it incomplete", async () => {
    expect(await binance.rest!.trades(keeper(500, 900).rest, BTC, range(100, 600))).toMatchObject({
      complete: false,
      trades: [],
    });
    const { trades, complete } = await binance.rest!.trades(keeper(1, 150).rest, BTC, range(100, 200));
    expect([trades.length, complete]).toEqual([50, false]);
  });

  test("futures give the newest thousand only", async () => {
    const fill = async (from: number, to: number) => {
      const { trades, complete } = await binanceUsdm.rest!.trades(keeper(1, 5_000).rest, BTC, range(from, to));
      return [trades.length, complete];
    };
    expect(await fill(4_500, 4_600)).toEqual([99, true]);
    expect(await fill(4_000, 4_003)).toEqual([2, true]);
    expect(await fill(3_990, 4_003)).toEqual([2, false]);
  });

  test("by time where no id is known", async () => {
    const { trades, complete } = await binance.rest!.trades(keeper(1, 400).rest, BTC, range(null, null));
    expect([trades.map(({ seq }) => seq), complete]).toEqual([Array.from({ length: 10 }, (_, i) => 10 + i), true]);
  });

  test("a whole book", async () => {
    const { rest, asked } = restOf({ depth: '{"lastUpdateId":7,"bids":[["1","2"]],"asks":[]}' });
    expect(await binance.rest!.book!(rest, BTC)).toMatchObject({
      snapshot: true,
      last_seq: 7,
      bids: [[1, 2]],
      symbol: "BTCUSDT",
    });
    expect(asked).toEqual(["https://api.binance.com/api/v3/depth?symbol=BTCUSDT&limit=1000"]);
    await expect(binance.rest!.book!(restOf({ depth: '{"lastUpdateId":7}' }).rest, BTC)).rejects.toThrow(
      "bids: levels are undefined",
    );
  });

  test("refusals are said as what they are", async () => {
    const status = (code: number) => restOf({ klines: { status: code, body: "no", retry_after_ms: null } }).rest;
    for (const [code, hint] of [
      [451, "country"],
      [429, "too many"],
      [403, "country"],
      [500, "again"],
    ] as const) {
      const error = await binance.rest!.candles(status(code), BTC, T0, T0 + MINUTE_MS).catch((cause: unknown) => cause);
      expect(error).toBeInstanceOf(TapebellError);
      expect((error as TapebellError).message).toContain(String(code));
      expect((error as TapebellError).hint).toContain(hint);
    }
  });

  test.skipIf(!hasCaptures)("recorded candles are candles", () => {
    for (const name of ["binance_btcusdt_1m_20200506.json", "binance_btcusdt_1h_2020.json.gz"]) {
      const rows = JSON.parse(readText(`${WS}/../candles/${name}`)) as unknown[];
      expect(rows.length).toBeGreaterThan(50);
      for (const row of rows) expect(candleOf(row)).not.toBeNull();
    }
  });
});
