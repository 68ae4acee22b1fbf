import type { Settings } from "../../../core/settings/index.ts";
import { socketPlans } from "../socket-plans.ts";
import type { BookRule, Channel, Venue, VenueLimits, VenueSymbol } from "../venue.ts";
import { parse } from "./parse.ts";
import { rest } from "./rest.ts";

export type CoinbaseSettings = Pick<Settings, "COINBASE_API">;

const URL = "wss://ws-feed.exchange.coinbase.com";
/** `level2` itself asks for a key; the batch is the same frames every 50 ms. */
const CHANNELS: Readonly<Record<Channel, string>> = {
  trade: "matches",
  quote: "ticker",
  book: "level2_batch",
  ticker: "ticker",
};
const ADVANCED_URL = "wss://advanced-trade-ws.coinbase.com";
const ADVANCED_CHANNELS: Readonly<Record<Channel, string>> = {
  trade: "market_trades",
  quote: "ticker",
  book: "level2",
  ticker: "ticker",
};
const PAIR = /^([A-Z0-9]{1,20}?)[-/]?(USDT|USDC|USD|EUR|GBP|BTC|ETH)$/;

export const limits: VenueLimits = {
  messages: { count: 8, per_ms: 1_000 },
  connects: { count: 4, per_ms: 1_000 },
  // Ten calls a second are the venue's.
  rest: { count: 8, per_ms: 1_000 },
  symbols_per_socket: 30,
  socket_life_ms: null,
  // A whole book of the largest market is many megabytes.
  frame_max_bytes: 33_554_432,
  silent_after_ms: 10_000,
  // Every product says a heartbeat a second: that is enough to tell that a quiet socket is alive.
  ping: null,
};

/** Changes carry no numbers: the venue promises their order on one socket, and a new socket begins with a whole book. */
export const bookRule: BookRule = { follows: () => true, depth: null, checksum: null };

/** Dollars of any kind are one book here: BTCUSDT and BTCUSDC are asked for as BTC-USD. */
export function toVenue(symbol: string): VenueSymbol | null {
  const match = PAIR.exec(symbol);
  if (match === null) return null;
  const quote = match[2]!.startsWith("USD") ? "USD" : match[2];
  return match[1] === quote ? null : { symbol, venue: `${match[1]}-${quote}` };
}

function requests(type: "subscribe" | "unsubscribe", symbols: readonly VenueSymbol[], channels: readonly Channel[]) {
  const names = ["heartbeat", ...new Set(channels.map((channel) => CHANNELS[channel]))];
  return [JSON.stringify({ type, product_ids: symbols.map(({ venue }) => venue), channels: names })];
}

/** One channel a message, as Advanced Trade wants it. */
function advancedRequests(
  type: "subscribe" | "unsubscribe",
  symbols: readonly VenueSymbol[],
  channels: readonly Channel[],
) {
  const product_ids = symbols.map(({ venue }) => venue);
  const names = [...new Set(channels.map((channel) => ADVANCED_CHANNELS[channel]))];
  return [
    JSON.stringify({ type, channel: "heartbeats" }),
    ...names.map((channel) => JSON.stringify({ type, product_ids, channel })),
  ];
}

const coinbase: Venue = {
  id: "coinbase",
  title: "Coinbase",
  limits,
  parse,
  bookRule,
  rest,
  trade_ids: "contiguous",
  toVenue,
  sockets: (symbols, channels) =>
    socketPlans({ url: URL }, symbols, limits.symbols_per_socket, (op, some) => requests(op, some, channels)),
};

/** The same market, ids and REST side; other frames. */
const advanced: Venue = {
  ...coinbase,
  sockets: (symbols, channels) =>
    socketPlans({ url: ADVANCED_URL }, symbols, limits.symbols_per_socket, (op, some) =>
      advancedRequests(op, some, channels),
    ),
};

export const coinbaseOf = (settings: Partial<CoinbaseSettings> = {}): Venue =>
  settings.COINBASE_API === "advanced" ? advanced : coinbase;
