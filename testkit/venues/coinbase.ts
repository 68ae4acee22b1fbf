import { isoMicros } from "../../core/messages/trade.ts";
import type { FakeMarket, FakeTrade } from "./market.ts";
import type { RestReply } from "./server.ts";
import {
  type Channel,
  type FakeVenue,
  type FakeVenueOptions,
  type Fields,
  fakeVenue,
  type Protocol,
  textsOf,
} from "./venue.ts";

const CHANNELS: ReadonlyMap<string, Channel> = new Map([
  ["matches", "trade"],
  ["ticker", "quote"],
  ["level2_batch", "book"],
]);
/** Advanced Trade's names of the same. */
const ADVANCED: ReadonlyMap<unknown, Channel> = new Map([
  ["market_trades", "trade"],
  ["ticker", "quote"],
  ["level2", "book"],
]);
const CANDLES_MAX = 300;
const TRADES_MAX = 1_000;

/** A local Coinbase: the Exchange's feed. */
export const fakeCoinbase = (symbols = ["BTC-USD", "ETH-USD"], options: FakeVenueOptions = {}): Promise<FakeVenue> =>
  fakeVenue(EXCHANGE, symbols, options);

/** The same market as Advanced Trade tells it. */
export const fakeCoinbaseAdvanced = (
  symbols = ["BTC-USD", "ETH-USD"],
  options: FakeVenueOptions = {},
): Promise<FakeVenue> => fakeVenue(advanced(), symbols, options);

/** Six decimals, as the venue writes times. */
/** The venue says the side of the order that was waiting. */
const maker = ({ taker }: FakeTrade): "buy" | "sell" => (taker === "buy" ? "sell" : "buy");
const orderOf = (id: number): string => `10000000-0000-4000-8000-${String(id).padStart(12, "0")}`;

const tradeFields = (symbol: string, trade: FakeTrade) => ({
  trade_id: trade.id,
  maker_order_id: orderOf(trade.id),
  taker_order_id: orderOf(trade.id + 1),
  side: maker(trade),
  size: trade.size,
  price: trade.price,
  product_id: symbol,
  sequence: 90_000 + trade.id,
  time: isoMicros(trade.ts_ms),
});

const EXCHANGE: Protocol = {
  said({ type, product_ids, channels }, listener, market) {
    const products = textsOf(product_ids);
    const names = textsOf(channels);
    const bad = products.find((symbol) => !market.isServed(symbol));
    if (bad !== undefined) {
      return listener.say({ type: "error", message: "Failed to subscribe", reason: `${bad} is not a valid product` });
    }
    for (const symbol of products) {
      for (const name of names) {
        const channel = CHANNELS.get(name);
        if (channel !== undefined) listener[type === "subscribe" ? "add" : "remove"](channel, symbol);
      }
    }
    listener.say({
      type: "subscriptions",
      channels: names.map((name) => ({ name, product_ids: products, account_ids: null })),
    });
    if (type !== "subscribe") return;
    for (const symbol of products) {
      const last = market.trades(symbol).at(-1);
      if (names.includes("matches") && last !== undefined)
        listener.say({ type: "last_match", ...tradeFields(symbol, last) });
      const { bids, asks } = market.book(symbol);
      if (names.includes("level2_batch"))
        listener.say({ type: "snapshot", product_id: symbol, bids, asks, time: isoMicros(Date.now()) });
    }
  },
  trade: (symbol, trade) => ({ type: "match", ...tradeFields(symbol, trade) }),
  quote: (symbol, { bid, ask, update, ts_ms }) => ({
    type: "ticker",
    sequence: update,
    product_id: symbol,
    price: bid,
    best_bid: bid,
    best_bid_size: "1.5",
    best_ask: ask,
    best_ask_size: "2.5",
    time: isoMicros(ts_ms),
  }),
  change: (symbol, { bids, asks }) => ({
    type: "l2update",
    product_id: symbol,
    changes: [...bids.map((level) => ["buy", ...level]), ...asks.map((level) => ["sell", ...level])],
    time: isoMicros(Date.now()),
  }),
  pulse: (listener, market) =>
    market.symbols
      .filter((symbol) => listener.hears("trade", symbol))
      .map((symbol) => ({
        type: "heartbeat",
        last_trade_id: market.trades(symbol).at(-1)?.id ?? 0,
        product_id: symbol,
        sequence: 1,
        time: isoMicros(Date.now()),
      })),
  rest,
};

/** Every frame of a connection is numbered here. */
function advanced(): Protocol {
  let sequence_num = 0;
  const frame = (channel: string, events: readonly unknown[]) => ({
    channel,
    client_id: "",
    timestamp: isoMicros(Date.now()),
    sequence_num: sequence_num++,
    events,
  });
  const trade = (symbol: string, one: FakeTrade) => ({
    ...tradeFields(symbol, one),
    trade_id: String(one.id),
    side: maker(one).toUpperCase(),
  });
  const updates = (bids: readonly (readonly [string, string])[], side: "bid" | "offer") =>
    bids.map(([price_level, new_quantity]) => ({ side, event_time: isoMicros(Date.now()), price_level, new_quantity }));
  return {
    said({ type, product_ids, channel: name }, listener, market) {
      const products = textsOf(product_ids);
      const channel = ADVANCED.get(name);
      const bad = products.find((symbol) => !market.isServed(symbol));
      if (bad !== undefined) return listener.say({ type: "error", message: `${bad} is not a valid product` });
      for (const symbol of products)
        if (channel !== undefined) listener[type === "subscribe" ? "add" : "remove"](channel, symbol);
      listener.say(frame("subscriptions", [{ subscriptions: { [String(name)]: products } }]));
      for (const symbol of channel === "book" ? products : []) {
        const { bids, asks } = market.book(symbol);
        const all = [...updates(bids, "bid"), ...updates(asks, "offer")];
        listener.say(frame("l2_data", [{ type: "snapshot", product_id: symbol, updates: all }]));
      }
    },
    trade: (symbol, one) => frame("market_trades", [{ type: "update", trades: [trade(symbol, one)] }]),
    quote: (symbol, { bid, ask }) =>
      frame("ticker", [
        {
          type: "update",
          tickers: [
            {
              type: "ticker",
              product_id: symbol,
              price: bid,
              best_bid: bid,
              best_bid_quantity: "1.5",
              best_ask: ask,
              best_ask_quantity: "2.5",
            },
          ],
        },
      ]),
    change: (symbol, { bids, asks }) =>
      frame("l2_data", [
        { type: "update", product_id: symbol, updates: [...updates(bids, "bid"), ...updates(asks, "offer")] },
      ]),
    pulse: (listener, market) =>
      market.symbols.some((symbol) => listener.hears("trade", symbol))
        ? [frame("heartbeats", [{ current_time: String(new Date()), heartbeat_counter: sequence_num }])]
        : [],
    rest,
  };
}

function rest(url: URL, market: FakeMarket): RestReply {
  const ok = (body: unknown): RestReply => ({ status: 200, body });
  const [, products, symbol = "", what] = url.pathname.split("/");
  if (products !== "products") return { status: 404, body: { message: "NotFound" } };
  if (symbol === "") return ok(market.listed().map(product));
  if (symbol === "stats") return ok(Object.fromEntries(market.listed().map((name, i) => [name, statsOf(i)])));
  if (!market.symbols.includes(symbol)) return { status: 404, body: { message: "NotFound" } };
  if (what === "candles") return candles(url, market);
  if (what !== "trades") return { status: 404, body: { message: "NotFound" } };
  const after = url.searchParams.get("after");
  const limit = Math.min(TRADES_MAX, Number(url.searchParams.get("limit") ?? TRADES_MAX));
  const older = market.trades(symbol).filter(({ id }) => after === null || id < Number(after));
  return ok(
    older
      .slice(-limit)
      .reverse()
      .map((trade) => restTrade(symbol, trade)),
  );
}

function candles(url: URL, market: FakeMarket): RestReply {
  const from_ms = Date.parse(url.searchParams.get("start") ?? "");
  const to_ms = Date.parse(url.searchParams.get("end") ?? "");
  const found = market.minutes(from_ms, to_ms);
  if (found.length > CANDLES_MAX)
    return { status: 400, body: { message: "granularity too small for the requested time range" } };
  const rows = found.map(({ start_ms, open, high, low, close, volume }) => [
    start_ms / 1_000,
    ...[low, high, open, close, volume].map(Number),
  ]);
  return { status: 200, body: rows.reverse() };
}

const product = (id: string) => ({
  id,
  base_currency: id.split("-")[0],
  quote_currency: id.split("-")[1],
  quote_increment: "0.01",
  status: "online",
  trading_disabled: false,
});

const statsOf = (index: number) => ({ stats_24hour: { volume: String(10_000 - index), last: "100.00" } });

function restTrade(symbol: string, trade: FakeTrade): Fields {
  const { trade_id, side, size, price, time } = tradeFields(symbol, trade);
  return { trade_id, side, size, price, time };
}
