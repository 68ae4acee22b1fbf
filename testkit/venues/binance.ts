import type { FakeMarket, FakeTrade } from "./market.ts";
import { MINUTE_MS } from "./market.ts";
import type { RestReply } from "./server.ts";
import {
  type Channel,
  type FakeVenue,
  type FakeVenueOptions,
  fakeVenue,
  type Listener,
  type Protocol,
  textsOf,
} from "./venue.ts";

const CHANNELS: ReadonlyMap<string, Channel> = new Map([
  ["trade", "trade"],
  ["bookTicker", "quote"],
  ["depth@100ms", "book"],
]);

/** A local Binance, spot: combined streams. */
export const fakeBinance = (symbols = ["BTCUSDT", "ETHUSDT"], options: FakeVenueOptions = {}): Promise<FakeVenue> =>
  fakeVenue(PROTOCOL, symbols, options);

const stream = (symbol: string, name: string, data: object) => ({ stream: `${symbol.toLowerCase()}@${name}`, data });

function subscribe(listener: Listener, name: string, isWanted: boolean): void {
  const at = name.indexOf("@");
  const channel = CHANNELS.get(name.slice(at + 1));
  const symbol = name.slice(0, at).toUpperCase();
  if (channel !== undefined) listener[isWanted ? "add" : "remove"](channel, symbol);
}

const PROTOCOL: Protocol = {
  opened(listener) {
    const named = new URL(listener.socket.url, "http://venue").searchParams.get("streams");
    for (const name of named?.split("/") ?? []) subscribe(listener, name, true);
  },
  said({ id, method, params }, listener, market) {
    const names = textsOf(params);
    const bad = names.find((name) => market.refused.has((name.split("@")[0] ?? "").toUpperCase()));
    if (bad !== undefined) return listener.say({ error: { code: 2, msg: `Invalid request: ${bad}` }, id });
    for (const name of names) subscribe(listener, name, method === "SUBSCRIBE");
    listener.say({ result: null, id });
  },
  trade: (symbol, { id, ts_ms, price, size, taker }) =>
    stream(symbol, "trade", {
      e: "trade",
      E: ts_ms + 1,
      s: symbol,
      t: id,
      p: price,
      q: size,
      T: ts_ms,
      m: taker === "sell",
      M: true,
    }),
  quote: (symbol, { bid, ask, update }) =>
    stream(symbol, "bookTicker", { u: update, s: symbol, b: bid, B: "1.5", a: ask, A: "2.5" }),
  change: (symbol, { bids, asks }, { update }) =>
    stream(symbol, "depth@100ms", {
      e: "depthUpdate",
      E: Date.now(),
      s: symbol,
      U: update,
      u: update,
      b: bids,
      a: asks,
    }),
  rest,
};

function rest(url: URL, market: FakeMarket): RestReply {
  const symbol = url.searchParams.get("symbol") ?? "";
  const limit = Math.min(1_000, Number(url.searchParams.get("limit") ?? 500));
  const invalid = { status: 400, body: { code: -1121, msg: "Invalid symbol." } };
  switch (url.pathname) {
    case "/api/v3/exchangeInfo":
      return { status: 200, body: { symbols: market.listed().map(marketOf) } };
    case "/api/v3/ticker/24hr":
      return { status: 200, body: market.listed().map(tickerOf) };
    case "/api/v3/klines": {
      const from_ms = Number(url.searchParams.get("startTime") ?? 0);
      const to_ms = Number(url.searchParams.get("endTime") ?? Date.now());
      return { status: 200, body: market.minutes(from_ms, to_ms).slice(0, limit).map(kline) };
    }
    case "/api/v3/trades":
    case "/api/v3/historicalTrades": {
      if (!market.symbols.includes(symbol)) return invalid;
      const all = market.trades(symbol);
      const from = url.searchParams.get("fromId");
      const part = from === null ? all.slice(-limit) : all.filter(({ id }) => id >= Number(from)).slice(0, limit);
      return { status: 200, body: part.map(restTrade) };
    }
    case "/api/v3/depth": {
      if (!market.symbols.includes(symbol)) return invalid;
      const { update, bids, asks } = market.book(symbol);
      return { status: 200, body: { lastUpdateId: update, bids, asks } };
    }
    default:
      return { status: 404, body: { code: -1, msg: "no such path" } };
  }
}

const marketOf = (symbol: string) => ({
  symbol,
  status: "TRADING",
  baseAsset: symbol.replace(/USDT$/, ""),
  quoteAsset: "USDT",
  isSpotTradingAllowed: true,
  filters: [
    { filterType: "PRICE_FILTER", minPrice: "0.01000000", maxPrice: "1000000.00000000", tickSize: "0.01000000" },
  ],
});

const tickerOf = (symbol: string, index: number) => ({
  symbol,
  lastPrice: "100.00",
  volume: "1000.0",
  quoteVolume: String(1_000_000 - index * 1_000),
  count: 1_000,
});

const restTrade = ({ id, price, size, ts_ms, taker }: FakeTrade) => ({
  id,
  price,
  qty: size,
  quoteQty: "1.0",
  time: ts_ms,
  isBuyerMaker: taker === "sell",
  isBestMatch: true,
});

const kline = ({ start_ms, open, high, low, close, volume, notional, count }: ReturnType<FakeMarket["minutes"]>[0]) => [
  start_ms,
  open,
  high,
  low,
  close,
  volume,
  start_ms + MINUTE_MS - 1,
  notional,
  count,
  (Number(volume) * 0.75).toFixed(1),
  (Number(notional) * 0.75).toFixed(1),
  "0",
];
