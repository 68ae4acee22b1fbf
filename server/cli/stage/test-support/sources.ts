import { filesIn, readText, SHARED } from "../../../../core/test-support/shared.ts";
import type { Print } from "./reference.ts";

export const DATA = `${SHARED}/data`;
const textLines = (path: string): string[] =>
  readText(`${DATA}/${path}`)
    .split("\n")
    .filter((line) => line !== "");

type Frame = Record<string, unknown> & { readonly data: Record<string, unknown> };
const framesOf = (file: string): Frame[] =>
  textLines(file).flatMap((line) => (/^[\d.]+:? \{/.test(line) ? [JSON.parse(line.slice(line.indexOf("{")))] : []));

export interface Source {
  readonly file: string;
  /** Decoded as a recording of this venue; else its prints are given to the stage as trades. */
  readonly venue?: string;
  readonly prints: () => Print[];
}

const binance = (file: string): Print[] =>
  framesOf(file).flatMap(({ data }) =>
    data?.e === "trade" && data.X !== "NA"
      ? [
          {
            ...{ symbol: String(data.s), ts_ms: Number(data.T), price: String(data.p), size: String(data.q) },
            ...{ isBuy: data.m === false, id: Number(data.t) },
          },
        ]
      : [],
  );

export const csv = (file: string): string[][] =>
  textLines(file)
    .slice(1)
    .map((line) => line.split(","));

const PUMPS = filesIn(`${DATA}/anomaly/pump-dump/trades`, ".csv.gz").filter((_, i) => i % 4 === 0);

export const SOURCES: readonly Source[] = [
  ...["ws/binance-spot/btcusdt_20240808.gz", "ws/binance-usdm/ethusdt_20240808.gz"].map((file) => ({
    file,
    venue: "binance",
    prints: () => binance(file),
  })),
  {
    file: "ws/cryptofeed/COINBASE.ws.28.0.gz",
    venue: "coinbase",
    prints: () =>
      framesOf("ws/cryptofeed/COINBASE.ws.28.0.gz").flatMap((frame) =>
        frame.type === "match" || frame.type === "last_match"
          ? [
              {
                symbol: String(frame.product_id),
                ts_ms: Date.parse(String(frame.time)) + (Number(String(frame.time).slice(23, 26)) || 0) / 1_000,
                ...{ price: String(frame.price), size: String(frame.size) },
                // The maker's side is told.
                ...{ isBuy: frame.side === "sell", id: Number(frame.trade_id) },
              },
            ]
          : [],
      ),
  },
  {
    file: "ws/cryptofeed/BINANCE.ws.1.0.gz",
    prints: () =>
      framesOf("ws/cryptofeed/BINANCE.ws.1.0.gz").flatMap(({ data }) =>
        data?.e === "aggTrade"
          ? [
              {
                ...{ symbol: String(data.s), ts_ms: Number(data.T), price: String(data.p), size: String(data.q) },
                ...{ isBuy: data.m === false, id: Number(data.a) },
              },
            ]
          : [],
      ),
  },
  {
    file: "ws/cryptofeed/BYBIT.ws.26.0.gz",
    prints: () =>
      framesOf("ws/cryptofeed/BYBIT.ws.26.0.gz").flatMap((frame) =>
        String(frame.topic).startsWith("trade.")
          ? (frame.data as unknown as Record<string, unknown>[]).map((one) => ({
              ...{ symbol: String(one.symbol), ts_ms: Number(one.trade_time_ms) },
              ...{ price: String(one.price), size: String(one.size), isBuy: one.side === "Buy" },
            }))
          : [],
      ),
  },
  {
    file: "ws/cryptofeed/BITSTAMP.ws.1.0.gz",
    prints: () =>
      framesOf("ws/cryptofeed/BITSTAMP.ws.1.0.gz").flatMap((frame) =>
        frame.event === "trade"
          ? [
              {
                symbol: String(frame.channel).replace("live_trades_", "").toUpperCase(),
                ts_ms: Number(frame.data.microtimestamp) / 1_000,
                ...{ price: String(frame.data.price_str), size: String(frame.data.amount_str) },
                isBuy: frame.data.type === 0,
              },
            ]
          : [],
      ),
  },
  {
    file: "trades/gemini_ethusd_2021-07-01_trade.csv.gz",
    prints: () =>
      csv("trades/gemini_ethusd_2021-07-01_trade.csv.gz").map(([time, price, size, isMaker]) => ({
        ...{ symbol: "ETHUSD", ts_ms: Math.round(Number(time) * 1_000) },
        ...{ price: price!, size: size!, isBuy: isMaker === "0" },
      })),
  },
  {
    file: "trades/binance_btcusdt_aggTrades_20200102.json.gz",
    prints: () =>
      (
        JSON.parse(readText(`${DATA}/trades/binance_btcusdt_aggTrades_20200102.json.gz`)) as Record<string, unknown>[]
      ).map((one) => ({
        ...{ symbol: "BTCUSDT", ts_ms: Number(one.T), price: String(one.p), size: String(one.q) },
        ...{ isBuy: one.m === false, id: Number(one.a) },
      })),
  },
  // Every fourth: they are alike, and long.
  ...PUMPS.map((name) => ({
    file: `anomaly/pump-dump/trades/${name}`,
    prints: () =>
      csv(`anomaly/pump-dump/trades/${name}`).map(([time, side, price, size]) => ({
        ...{ symbol: name.slice(0, name.indexOf("_")), ts_ms: Number(time), price: price!, size: size! },
        isBuy: side === "b",
      })),
  })),
];
