import type { BookRule, Channel, SocketPlan, Venue, VenueLimits, VenueSymbol } from "../venue.ts";
import { parse } from "./parse.ts";
import { rest } from "./rest.ts";

const URL = "wss://ws-feed.exchange.coinbase.com";
/** `level2` itself asks for a key; the batch is the same frames every 50 ms. */
const CHANNELS: Readonly<Record<Channel, string>> = {
  trade: "matches",
  quote: "ticker",
  book: "level2_batch",
  ticker: "ticker",
};
const PAIR = /^([A-Z0-9]{1,20}?)[-/]?(USDT|USDC|USD|EUR|GBP|BTC|ETH)$/;

export const limits: VenueLimits = {
  messages: { count: 8, per_ms: 1_000 },
  connects: { count: 4, per_ms: 1_000 },
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

function request(type: "subscribe" | "unsubscribe", symbols: readonly VenueSymbol[], channels: readonly Channel[]) {
  const names = ["heartbeat", ...new Set(channels.map((channel) => CHANNELS[channel]))];
  return [JSON.stringify({ type, product_ids: symbols.map(({ venue }) => venue), channels: names })];
}

function sockets(symbols: readonly VenueSymbol[], channels: readonly Channel[]): SocketPlan[] {
  const plans: SocketPlan[] = [];
  for (let at = 0; at < symbols.length; at += limits.symbols_per_socket) {
    const part = symbols.slice(at, at + limits.symbols_per_socket);
    plans.push({
      url: URL,
      symbols: part,
      login: [],
      subscribe: request("subscribe", part, channels),
      add: (more) => request("subscribe", more, channels),
      remove: (fewer) => request("unsubscribe", fewer, channels),
    });
  }
  return plans;
}

export const coinbase: Venue = {
  id: "coinbase",
  title: "Coinbase",
  limits,
  parse,
  bookRule,
  rest,
  trade_ids: "contiguous",
  toVenue,
  sockets,
};
