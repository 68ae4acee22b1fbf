import { crc32 } from "node:zlib";
import { isoMicros } from "../../core/messages/trade.ts";
import type { FakeBook, FakeMarket, FakeTrade, Level } from "./market.ts";
import type { RestReply } from "./server.ts";
import {
  type Channel,
  type FakeVenue,
  type FakeVenueOptions,
  type Fields,
  fakeVenue,
  type Listener,
  type Protocol,
  textsOf,
} from "./venue.ts";

const CHANNELS: ReadonlyMap<unknown, Channel> = new Map([
  ["trade", "trade"],
  ["ticker", "quote"],
  ["book", "book"],
]);
const TRADES_MAX = 1_000;
const MINUTES_KEPT = 720;
const CHECKED = 10;
/** The REST side's names of these coins. */
const OLD: Readonly<Record<string, string>> = { BTC: "XBT", DOGE: "XDG" };

/** A local Kraken, v2. */
export const fakeKraken = (symbols = ["BTC/USD", "ETH/USD"], options: FakeVenueOptions = {}): Promise<FakeVenue> =>
  fakeVenue(PROTOCOL, symbols, options);

const oldName = (symbol: string, between: string): string =>
  symbol
    .split("/")
    .map((coin) => OLD[coin] ?? coin)
    .join(between);

/** A number that keeps the zeros at its end, as the venue writes them. */
const exact = (text: string): string => `#${text}#`;
const textOf = (frame: object): string => JSON.stringify(frame).replace(/"#([^#"]*)#"/g, "$1");
const levels = (some: readonly Level[]) => some.map(([price, qty]) => ({ price: exact(price), qty: exact(qty) }));

/** Of the ten best of each side: the digits of their texts, without dot and leading zeros. */
function checksumOf({ bids, asks }: Pick<FakeBook, "bids" | "asks">): number {
  const digits = (text: string): string => text.replace(".", "").replace(/^0+/, "");
  const best = [...asks.slice(0, CHECKED), ...bids.slice(0, CHECKED)];
  return crc32(best.map(([price, size]) => digits(price) + digits(size)).join(""));
}

function bookFrame(symbol: string, type: string, some: Pick<FakeBook, "bids" | "asks">, checksum: number): string {
  const { bids, asks } = some;
  const one = { symbol, bids: levels(bids), asks: levels(asks), checksum, timestamp: isoMicros(Date.now()) };
  return textOf({ channel: "book", type, data: [one] });
}

const PROTOCOL: Protocol = {
  opened(listener) {
    const data = [{ api_version: "v2", connection_id: 1, system: "online", version: "2.0.0" }];
    listener.say({ channel: "status", type: "update", data });
  },
  said(message, listener, market) {
    const { method, params, req_id } = message;
    const time = { time_in: isoMicros(Date.now()), time_out: isoMicros(Date.now()) };
    if (method === "ping")
      return listener.say({ method: "pong", ...(req_id === undefined ? {} : { req_id }), ...time });
    const { channel: name, symbol: symbols, depth = 10, snapshot = true } = (params ?? {}) as Fields;
    const channel = CHANNELS.get(name);
    for (const symbol of textsOf(symbols)) {
      if (channel === undefined || !market.isServed(symbol)) {
        const error = `Currency pair not supported ${symbol}`;
        listener.say({ error, method, req_id, success: false, symbol, ...time });
        continue;
      }
      listener[method === "subscribe" ? "add" : "remove"](channel, symbol);
      listener.say({ method, result: { channel: name, snapshot, symbol }, success: true, ...time, req_id });
      if (method === "subscribe" && channel === "book") tellBook(listener, symbol, market, Number(depth));
    }
  },
  trade: (symbol, { id, ts_ms, price, size, taker }) =>
    textOf({
      channel: "trade",
      type: "update",
      data: [
        {
          symbol,
          side: taker,
          price: exact(price),
          qty: exact(size),
          ord_type: "limit",
          trade_id: id,
          timestamp: isoMicros(ts_ms),
        },
      ],
    }),
  quote: (symbol, { bid, ask, ts_ms }) => ({
    channel: "ticker",
    type: "update",
    data: [
      {
        symbol,
        bid: Number(bid),
        bid_qty: 1.5,
        ask: Number(ask),
        ask_qty: 2.5,
        last: Number(bid),
        volume: 1_800.5,
        timestamp: isoMicros(ts_ms),
      },
    ],
  }),
  change: (symbol, change, book, isWrong) =>
    bookFrame(symbol, "update", change, isWrong ? checksumOf(book) ^ 1 : checksumOf(book)),
  pulse: () => [{ channel: "heartbeat" }],
  rest,
};

function tellBook(listener: Listener, symbol: string, market: FakeMarket, depth: number): void {
  const { bids, asks } = market.book(symbol);
  const top = { bids: bids.slice(0, depth), asks: asks.slice(0, depth) };
  listener.say(bookFrame(symbol, "snapshot", top, checksumOf(top)));
}

function rest(url: URL, market: FakeMarket): RestReply {
  const ok = (result: object): RestReply => ({ status: 200, body: { error: [], result } });
  const pair = url.searchParams.get("pair") ?? "";
  const symbol = market.symbols.find((one) => oldName(one, "") === pair);
  const answered = symbol === undefined ? "" : `X${oldName(symbol, "Z")}`;
  const each = (of: (symbol: string, index: number) => object): object =>
    Object.fromEntries(market.listed().map((one, i) => [`X${oldName(one, "Z")}`, of(one, i)]));
  switch (url.pathname) {
    case "/0/public/AssetPairs":
      return ok(
        each((one) => ({ altname: oldName(one, ""), wsname: oldName(one, "/"), pair_decimals: 2, status: "online" })),
      );
    case "/0/public/Ticker":
      return ok(each((_, i) => ({ c: ["100.0", "0.1"], v: ["10.0", String(10_000 - i)], p: ["100.0", "100.0"] })));
    case "/0/public/OHLC": {
      if (symbol === undefined) break;
      const since_ms = Number(url.searchParams.get("since") ?? 0) * 1_000;
      const rows = market.minutes(since_ms + 1, Date.now()).slice(-MINUTES_KEPT);
      return ok({ [answered]: rows.map(row), last: Math.floor((rows.at(-2)?.start_ms ?? 0) / 1_000) });
    }
    case "/0/public/Trades": {
      if (symbol === undefined) break;
      const since_ms = Number(url.searchParams.get("since") ?? 0) / 1e6;
      const found = market.trades(symbol).filter(({ ts_ms }) => ts_ms > since_ms);
      const page = found.slice(0, Math.min(TRADES_MAX, Number(url.searchParams.get("count") ?? TRADES_MAX)));
      return ok({ [answered]: page.map(restTrade), last: `${page.at(-1)?.ts_ms ?? Math.floor(since_ms)}000000` });
    }
    default:
      return { status: 404, body: { error: ["EGeneral:Unknown method"] } };
  }
  return { status: 200, body: { error: ["EQuery:Unknown asset pair"] } };
}

const row = ({ start_ms, open, high, low, close, volume, count }: ReturnType<FakeMarket["minutes"]>[0]) => [
  start_ms / 1_000,
  open,
  high,
  low,
  close,
  open,
  volume,
  count,
];

const restTrade = ({ id, ts_ms, price, size, taker }: FakeTrade) => [
  price,
  size,
  ts_ms / 1_000,
  taker === "buy" ? "b" : "s",
  "l",
  "",
  id,
];
