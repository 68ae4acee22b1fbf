import { expect, test } from "bun:test";
import { at } from "./endpoints.ts";
import { chooseSymbols } from "./symbols.ts";
import type { MarketInfo } from "./venue.ts";

const market = (symbol: string, quote_volume_24h: number | null, is_trading = true): MarketInfo => ({
  symbol,
  venue: symbol,
  decimals: 2,
  quote_volume_24h,
  is_trading,
});
const MARKETS = [
  market("SOLUSDT", 900),
  market("SOLUSDC", 950),
  market("BTCUSDT", 500),
  market("USDCUSDT", 5_000),
  market("BTCTRY", 9e9),
  market("DOGEUSDT", 300),
  market("GONEUSDT", 8_000, false),
  market("ETHUSDT", 400),
  market("XRPUSDT", null),
];
const all = { top: null, names: [], exclude: [] };

test("the most traded coins in dollars, each once, without money and what does not trade; BTC and ETH lead", () => {
  expect(chooseSymbols({ ...all, top: 3 }, MARKETS)).toEqual(["BTCUSDT", "ETHUSDT", "SOLUSDC"]);
  expect(chooseSymbols({ ...all, top: 50 }, MARKETS)).toEqual(["BTCUSDT", "ETHUSDT", "SOLUSDC", "DOGEUSDT", "XRPUSDT"]);
});

test("shares are no pairs: each name is one, though it may end like a currency", () => {
  const share = (symbol: string, volume: number): MarketInfo => ({ ...market(symbol, volume), is_stock: true });
  expect(
    chooseSymbols({ ...all, top: 3 }, [share("AAPL", 5), share("USD", 9), share("DAI", 7), share("F", 1)]),
  ).toEqual(["USD", "DAI", "AAPL"]);
});

test("named ones come first, patterns leave out, and the excluded make room for the next", () => {
  const names = ["PEPEUSDT", "BTCUSDT"];
  expect(chooseSymbols({ top: 2, names, exclude: ["ETH*", "*USDC"] }, MARKETS)).toEqual([
    "PEPEUSDT",
    "BTCUSDT",
    "SOLUSDT",
  ]);
  expect(chooseSymbols({ ...all, names: ["A.B", "AXB"], exclude: ["A.B"] }, null)).toEqual(["AXB"]);
});

test("where no venue answers the well-known ones are watched", () => {
  expect(chooseSymbols({ ...all, top: 2 }, null)).toEqual(["BTCUSDT", "ETHUSDT"]);
});

test("another address takes the host, and the path only if it has one", () => {
  expect(at("https://api.x.com/v3/t?a=1", "")).toBe("https://api.x.com/v3/t?a=1");
  expect(at("https://api.x.com/v3/t?a=1", "http://127.0.0.1:99")).toBe("http://127.0.0.1:99/v3/t?a=1");
  expect(at("wss://x.com:9443/stream", "ws://127.0.0.1:99/other")).toBe("ws://127.0.0.1:99/other");
});
