import { expect, test } from "bun:test";
import { tmpdir } from "node:os";
import { loadSettings } from "../settings/load.ts";
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

test("unset means the thirty most traded, BTC and ETH among them however little they trade", () => {
  const { SYMBOLS } = loadSettings({ argv: [], env: {}, cwd: tmpdir() }).settings;
  expect(SYMBOLS).toEqual({ top: 30, names: [], exclude: [] });
  const many = Array.from({ length: 40 }, (_, i) => market(`COIN${i}USDT`, 1_000 - i));
  const chosen = chooseSymbols(SYMBOLS, [...many, market("ETHUSDT", 1), market("BTCUSDT", 2)]);
  expect(chosen).toHaveLength(30);
  expect(chosen.slice(0, 3)).toEqual(["BTCUSDT", "ETHUSDT", "COIN0USDT"]);
  expect(chooseSymbols({ ...SYMBOLS, exclude: ["BTC*"] }, [...many, market("BTCUSDT", 2)])).not.toContain("BTCUSDT");
});

test("money, multiples of a coin and coins in other dollars are no markets of their own", () => {
  const odd = [
    market("BTCFDUSD", 9_000),
    market("ETHTUSD", 8_000),
    market("FDUSDUSDT", 7_000),
    market("EURUSDT", 7_000),
    market("BTCUPUSDT", 6_000),
    market("SOLDOWNUSDT", 6_000),
    market("SOL3LUSDT", 6_000),
    { ...market("GBPUSD", 5_000), venue: "GBP/USD" },
  ];
  const real = [
    market("JUPUSDT", 50),
    market("SYRUPUSDT", 40),
    { ...market("DOTUSD", 30), venue: "DOT-USD" },
    market("SUSDT", 20),
  ];
  expect(chooseSymbols({ ...all, top: 20 }, [...odd, ...real, ...MARKETS])).toEqual([
    "BTCUSDT",
    "ETHUSDT",
    "SOLUSDC",
    "DOGEUSDT",
    "JUPUSDT",
    "SYRUPUSDT",
    "DOTUSD",
    "SUSDT",
    "XRPUSDT",
  ]);
  expect(chooseSymbols({ ...all, names: ["BTCUPUSDT"] }, [...odd, ...MARKETS])).toEqual(["BTCUPUSDT"]);
});

test("where no venue answers the well-known ones are watched", () => {
  expect(chooseSymbols({ ...all, top: 2 }, null)).toEqual(["BTCUSDT", "ETHUSDT"]);
});

test("another address takes the host, and the path only if it has one", () => {
  expect(at("https://api.x.com/v3/t?a=1", "")).toBe("https://api.x.com/v3/t?a=1");
  expect(at("https://api.x.com/v3/t?a=1", "http://127.0.0.1:99")).toBe("http://127.0.0.1:99/v3/t?a=1");
  expect(at("wss://x.com:9443/stream", "ws://127.0.0.1:99/other")).toBe("ws://127.0.0.1:99/other");
});
