import type { FakeMarket, FakeTrade, Level } from "./market.ts";
import type { RestReply } from "./server.ts";
import { type Channel, type FakeVenue, type FakeVenueOptions, fakeVenue, type Protocol, textsOf } from "./venue.ts";

const CHANNELS: ReadonlyMap<string, Channel> = new Map([
  ["publicTrade", "trade"],
  ["orderbook.1", "quote"],
  ["orderbook.50", "book"],
]);
/** The newest trades of spot; there is no going further back. */
const TRADES_MAX = 60;
const KLINES_MAX = 1_000;

/** A local Bybit V5, spot. */
export const fakeBybit = (symbols = ["BTCUSDT", "ETHUSDT"], options: FakeVenueOptions = {}): Promise<FakeVenue> =>
  fakeVenue(PROTOCOL, symbols, options);

/** Longer than a double holds. */
const idOf = ({ id }: FakeTrade): string => `2290000000${String(id).padStart(9, "0")}`;

function bookFrame(
  symbol: string,
  name: string,
  type: string,
  bids: readonly Level[],
  asks: readonly Level[],
  u: number,
) {
  const now_ms = Date.now();
  const data = { s: symbol, b: bids, a: asks, u, seq: 90_000_000 + u };
  return { topic: `orderbook.${name}.${symbol}`, type, ts: now_ms, data, cts: now_ms - 1 };
}

const PROTOCOL: Protocol = {
  said({ op, args, req_id }, listener, market) {
    const id = typeof req_id === "string" ? req_id : "";
    const answer = (success: boolean, ret_msg: string): void =>
      listener.say({ success, ret_msg, conn_id: "c0ffee00-0001", req_id: id, op });
    if (op === "ping") return answer(true, "pong");
    const topics = textsOf(args).map((topic) => {
      const dot = topic.lastIndexOf(".");
      return { topic, channel: CHANNELS.get(topic.slice(0, dot)), symbol: topic.slice(dot + 1) };
    });
    if (topics.length > 10) return answer(false, "args size >10");
    const bad = topics.find(({ channel, symbol }) => channel === undefined || !market.isServed(symbol));
    if (bad !== undefined) return answer(false, `Invalid symbol :[${bad.topic}]`);
    answer(true, String(op));
    for (const { channel, symbol } of topics) {
      if (op === "unsubscribe") listener.remove(channel!, symbol);
      else listener.add(channel!, symbol);
      if (op === "subscribe" && channel === "book") {
        const { bids, asks, update } = market.book(symbol);
        listener.say(bookFrame(symbol, "50", "snapshot", bids.slice(0, 50), asks.slice(0, 50), update));
      }
    }
  },
  trade: (symbol, trade) => ({
    topic: `publicTrade.${symbol}`,
    type: "snapshot",
    ts: trade.ts_ms + 1,
    data: [
      {
        i: idOf(trade),
        T: trade.ts_ms,
        p: trade.price,
        v: trade.size,
        S: trade.taker === "buy" ? "Buy" : "Sell",
        s: symbol,
        BT: false,
        RPI: false,
        seq: 80_000_000 + trade.id,
      },
    ],
  }),
  quote: (symbol, { bid, ask, update }) => bookFrame(symbol, "1", "snapshot", [[bid, "1.5"]], [[ask, "2.5"]], update),
  change: (symbol, { bids, asks }, { update }) => bookFrame(symbol, "50", "delta", bids, asks, update),
  rest,
};

function rest(url: URL, market: FakeMarket): RestReply {
  const limit = Number(url.searchParams.get("limit") ?? 50);
  const symbol = url.searchParams.get("symbol") ?? "";
  const category = url.searchParams.get("category");
  const ok = (result: object): RestReply => ({
    status: 200,
    body: { retCode: 0, retMsg: "OK", result: { category, ...result }, retExtInfo: {}, time: Date.now() },
  });
  switch (url.pathname) {
    case "/v5/market/instruments-info":
      return ok({ list: market.listed().map(instrument), nextPageCursor: "" });
    case "/v5/market/tickers":
      return ok({ list: market.listed().map(ticker) });
    case "/v5/market/kline": {
      const from_ms = Number(url.searchParams.get("start") ?? 0);
      const to_ms = Number(url.searchParams.get("end") ?? Date.now());
      const rows = market.minutes(from_ms, to_ms).slice(0, Math.min(KLINES_MAX, limit));
      return ok({ symbol, list: rows.reverse().map(row) });
    }
    case "/v5/market/recent-trade": {
      const newest = market.trades(symbol).slice(-Math.min(TRADES_MAX, limit));
      return ok({ list: newest.reverse().map((trade) => restTrade(symbol, trade)) });
    }
    default:
      return { status: 404, body: {} };
  }
}

const instrument = (symbol: string) => ({
  symbol,
  baseCoin: symbol.replace(/USDT$/, ""),
  quoteCoin: "USDT",
  status: "Trading",
  priceFilter: { tickSize: "0.01" },
});

const ticker = (symbol: string, index: number) => ({
  symbol,
  lastPrice: "100.00",
  turnover24h: String(1_000_000 - index * 1_000),
});

const row = ({ start_ms, open, high, low, close, volume, notional }: ReturnType<FakeMarket["minutes"]>[0]) => [
  String(start_ms),
  open,
  high,
  low,
  close,
  volume,
  notional,
];

const restTrade = (symbol: string, trade: FakeTrade) => ({
  execId: idOf(trade),
  symbol,
  price: trade.price,
  size: trade.size,
  side: trade.taker === "buy" ? "Buy" : "Sell",
  time: String(trade.ts_ms),
  isBlockTrade: false,
  seq: String(80_000_000 + trade.id),
});
