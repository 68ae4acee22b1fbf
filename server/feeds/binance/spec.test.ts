import { describe, expect, test } from "bun:test";
import type { Channel } from "../venue.ts";
import { binance, binanceUsdm } from "./spec.ts";

const BTC = { symbol: "BTCUSDT", venue: "BTCUSDT" };

describe("symbols and sockets", () => {
  test("dollars are USDT here", () => {
    const venue = (symbol: string) => binance.toVenue(symbol)?.venue ?? null;
    expect(
      [
        "BTCUSDT",
        "btcusdt",
        "BTCUSD",
        "BTC-USD",
        "BTC/USDT",
        "DOTUSD",
        "DOT-USD",
        "BTCFDUSD",
        "ETHBTC",
        "1000PEPEUSDT",
      ].map(venue),
    ).toEqual([
      "BTCUSDT",
      "BTCUSDT",
      "BTCUSDT",
      "BTCUSDT",
      "BTCUSDT",
      "DOTUSDT",
      "DOTUSDT",
      "BTCFDUSD",
      "ETHBTC",
      "1000PEPEUSDT",
    ]);
    expect(["", "A", "BTC USDT", "币安USDT", "X".repeat(40), "BTC--USD", "\n"].map(venue)).toEqual(Array(7).fill(null));
    expect(binance.toVenue("BTC-USD")).toEqual({ symbol: "BTC-USD", venue: "BTCUSDT" });
    expect(binanceUsdm.toVenue("ETHUSDT_250328")?.venue).toBe("ETHUSDT_250328");
  });

  const symbols = Array.from({ length: 450 }, (_, i) => ({ symbol: `S${i}USDT`, venue: `S${i}USDT` }));
  const all: Channel[] = ["trade", "quote", "book", "ticker"];
  const params = (messages: readonly string[]): string[] =>
    messages.flatMap((text) => JSON.parse(text).params as string[]);

  test("spot: one way, at most 1024 streams a socket, every stream once", () => {
    const plans = binance.sockets(symbols, all);
    expect(plans.map((plan) => plan.symbols.length)).toEqual([200, 200, 50]);
    for (const plan of plans) expect(params(plan.subscribe).length).toBeLessThanOrEqual(1_024);
    const streams = plans.flatMap((plan) => params(plan.subscribe));
    expect([streams.length, new Set(streams).size]).toEqual([1_800, 1_800]);
    expect(streams.slice(0, 4)).toEqual([
      "s0usdt@trade",
      "s0usdt@bookTicker",
      "s0usdt@depth@100ms",
      "s0usdt@miniTicker",
    ]);
    expect(new Set(plans.map(({ url }) => url))).toEqual(new Set(["wss://stream.binance.com:9443/stream"]));
    const messages = plans.flatMap((plan) => plan.subscribe.map((text) => JSON.parse(text)));
    expect(new Set(messages.map(({ id }) => id)).size).toBe(messages.length);
    expect(Math.max(...messages.map((message) => JSON.stringify(message).length))).toBeLessThan(4_096);
  });

  test("futures: books and quotes come by another way than trades", () => {
    const plans = binanceUsdm.sockets([BTC], all);
    expect(plans.map(({ url, subscribe }) => [url, params(subscribe)])).toEqual([
      ["wss://fstream.binance.com/market/stream", ["btcusdt@trade", "btcusdt@miniTicker"]],
      ["wss://fstream.binance.com/public/stream", ["btcusdt@bookTicker", "btcusdt@depth@100ms"]],
    ]);
    expect(binanceUsdm.sockets([BTC], ["trade"])).toHaveLength(1);
  });

  test("symbols come and go on an open socket", () => {
    const [plan] = binance.sockets([BTC], ["trade", "quote"]);
    const eth = [{ symbol: "ETHUSDT", venue: "ETHUSDT" }];
    expect(plan!.add(eth).map((text) => JSON.parse(text))).toMatchObject([
      { method: "SUBSCRIBE", params: ["ethusdt@trade", "ethusdt@bookTicker"] },
    ]);
    expect(plan!.remove(eth).map((text) => JSON.parse(text))).toMatchObject([
      { method: "UNSUBSCRIBE", params: ["ethusdt@trade", "ethusdt@bookTicker"] },
    ]);
    expect([plan!.add([]), binance.sockets([], ["trade"])]).toEqual([[], []]);
  });
});
