import { socketPlans } from "../socket-plans.ts";
import type { BookRule, Channel, Venue, VenueLimits, VenueSymbol } from "../venue.ts";
import { parse } from "./parse.ts";
import { type Category, restOf } from "./rest.ts";

const TITLES: Readonly<Record<Category, string>> = { spot: "Bybit", linear: "Bybit perpetuals" };
const IDS: Readonly<Record<Category, string>> = { spot: "bybit", linear: "bybit-linear" };

/** Levels of the book that is asked for: the smallest that holds the twenty we show. */
const BOOK_LEVELS = 50;
const TOPICS: Readonly<Record<Channel, string>> = {
  trade: "publicTrade",
  quote: "orderbook.1",
  book: `orderbook.${BOOK_LEVELS}`,
  ticker: "tickers",
};

/** Spot takes ten topics in one request; we keep to that everywhere. */
const TOPICS_PER_REQUEST = 10;
const PAIR = /^([A-Z0-9]{1,20}?)[-/]?(USDT|USDC|USD|EUR|BRL|BTC|ETH)$/;

export const limits: VenueLimits = {
  messages: { count: 10, per_ms: 1_000 },
  // 500 in five minutes is the venue's; a tenth leaves room for others behind the same address.
  connects: { count: 50, per_ms: 300_000 },
  // 600 calls in five seconds are the venue's, and who goes over is shut out for ten minutes.
  rest: { count: 200, per_ms: 5_000 },
  symbols_per_socket: 50,
  socket_life_ms: null,
  frame_max_bytes: 1_048_576,
  silent_after_ms: 10_000,
  // Often enough to tell in two seconds whether a quiet socket is alive.
  ping: { text: '{"op":"ping"}', every_ms: 1_500 },
};

/** Update ids count up by one; `u` 1 is a new beginning, which the parser says as a snapshot. */
export const bookRule: BookRule = {
  follows: (last_seq, update) => {
    if (update.last_seq === null || update.last_seq <= last_seq) return null;
    return update.last_seq === last_seq + 1;
  },
  depth: BOOK_LEVELS,
  checksum: null,
};

/** USD and USDT are one market here: the venue has no dollars, and BTCUSD is traded as BTCUSDT. */
export function toVenue(symbol: string): VenueSymbol | null {
  const match = PAIR.exec(symbol);
  if (match === null) return null;
  const quote = match[2] === "USD" ? "USDT" : match[2];
  return { symbol, venue: `${match[1]}${quote}` };
}

function requests(op: "subscribe" | "unsubscribe", symbols: readonly VenueSymbol[], channels: readonly Channel[]) {
  const topics = symbols.flatMap(({ venue }) => channels.map((channel) => `${TOPICS[channel]}.${venue}`));
  const texts: string[] = [];
  for (let at = 0; at < topics.length; at += TOPICS_PER_REQUEST) {
    const args = topics.slice(at, at + TOPICS_PER_REQUEST);
    texts.push(JSON.stringify({ req_id: `${op}-${args[0]}`, op, args }));
  }
  return texts;
}

const venueOf = (category: Category): Venue => ({
  id: IDS[category],
  title: TITLES[category],
  limits,
  parse,
  bookRule,
  rest: restOf(category, IDS[category]),
  trade_ids: "none",
  toVenue,
  sockets: (symbols, channels) =>
    socketPlans(
      { url: `wss://stream.bybit.com/v5/public/${category}` },
      symbols,
      limits.symbols_per_socket,
      (op, some) => requests(op, some, channels),
    ),
});

export const bybit: Venue = venueOf("spot");
export const bybitLinear: Venue = venueOf("linear");
