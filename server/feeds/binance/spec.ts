import { isFields } from "../decode/fields.ts";
import { socketPlans } from "../socket-plans.ts";
import type { Channel, Venue, VenueLimits, VenueSymbol } from "../venue.ts";
import { bookRule } from "./book-rule.ts";
import { parse } from "./parse.ts";
import { binanceRest, VENUE_SYMBOL } from "./rest.ts";
import { wholeBook } from "./slow.ts";

const DAY_MS = 86_400_000;
/** Names in one message: long ones are cut off by the venue. */
const STREAMS_PER_MESSAGE = 100;

const STREAMS: Readonly<Record<Channel, string>> = {
  trade: "trade",
  quote: "bookTicker",
  book: "depth@100ms",
  ticker: "miniTicker",
};

const LIMITS: VenueLimits = {
  messages: { count: 5, per_ms: 1_000 },
  connects: { count: 300, per_ms: 300_000 },
  // The venue gives an address 6000 a minute: half of it leaves room for others behind it.
  rest: { count: 3_000, per_ms: 60_000 },
  // Four streams each: the venue allows 1024.
  symbols_per_socket: 200,
  socket_life_ms: DAY_MS,
  frame_max_bytes: 4 * 1024 * 1024,
  silent_after_ms: 6_000,
  // The venue pings too rarely to tell in two seconds whether a quiet socket is alive.
  ping: { text: null, every_ms: 1_500 },
};

/** Ours as the venue writes it: dollars are USDT here, whatever the name says. */
function toVenue(symbol: string): VenueSymbol | null {
  const upper = symbol.toUpperCase();
  const parts = /^([A-Z0-9]+)[-/:]([A-Z0-9]+)$/.exec(upper);
  const [base, quote] = parts === null ? [upper, ""] : [parts[1]!, parts[2]!];
  let venue = base + (quote === "USD" ? "USDT" : quote);
  // FDUSD is a currency of its own; ADAUSD is not.
  if (parts === null && venue.endsWith("USD") && !venue.endsWith("FDUSD") && venue.length > 3) venue += "T";
  return VENUE_SYMBOL.test(venue) ? { symbol, venue } : null;
}

let nextId = 1;

function request(method: "SUBSCRIBE" | "UNSUBSCRIBE", streams: readonly string[]): string[] {
  const messages: string[] = [];
  for (let i = 0; i < streams.length; i += STREAMS_PER_MESSAGE) {
    const params = streams.slice(i, i + STREAMS_PER_MESSAGE);
    messages.push(JSON.stringify({ method, params, id: nextId++ }));
  }
  return messages;
}

function sockets(url: string, symbols: readonly VenueSymbol[], per_socket: number, channels: readonly Channel[]) {
  return socketPlans({ url }, symbols, per_socket, (op, some) => {
    const names = some.flatMap(({ venue }) => channels.map((channel) => `${venue.toLowerCase()}@${STREAMS[channel]}`));
    return request(op === "subscribe" ? "SUBSCRIBE" : "UNSUBSCRIBE", names);
  });
}

const recordedBook: Venue["recordedBook"] = (text, symbol, recv_ms, context) => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const book = isFields(value) && "lastUpdateId" in value ? wholeBook(value, symbol, recv_ms, context) : "none";
  return typeof book === "string" ? null : book;
};

export const binance: Venue = {
  id: "binance",
  title: "Binance",
  limits: LIMITS,
  parse,
  bookRule,
  trade_ids: "contiguous",
  toVenue,
  recordedBook,
  rest: binanceRest({
    provider: "binance",
    title: "Binance",
    base: "https://api.binance.com/api/v3",
    weights: { markets: 20, volumes: 80, candles: 2, trades: 25, book: 50 },
    candles_max: 1_000,
    tradesFrom: "/historicalTrades",
  }),
  sockets: (symbols, channels) =>
    sockets("wss://stream.binance.com:9443/stream", symbols, LIMITS.symbols_per_socket, channels),
};

/** The futures' streams come by two ways: what changes with every order, and the rest. */
const FUTURE_PATHS: Readonly<Record<Channel, "public" | "market">> = {
  trade: "market",
  quote: "public",
  book: "public",
  ticker: "market",
};

const FUTURE_LIMITS: VenueLimits = {
  ...LIMITS,
  messages: { count: 10, per_ms: 1_000 },
  // Half of the 2400 a minute it gives.
  rest: { count: 1_200, per_ms: 60_000 },
  // Two streams each: some of its gateways allow 200.
  symbols_per_socket: 100,
};

export const binanceUsdm: Venue = {
  ...binance,
  id: "binance-usdm",
  title: "Binance USD-M futures",
  limits: FUTURE_LIMITS,
  rest: binanceRest({
    provider: "binance-usdm",
    title: "Binance USD-M futures",
    base: "https://fapi.binance.com/fapi/v1",
    weights: { markets: 1, volumes: 40, candles: 5, trades: 5, book: 20 },
    candles_max: 1_000,
    tradesFrom: null,
  }),
  sockets: (symbols, channels) =>
    (["market", "public"] as const).flatMap((path) => {
      const here = channels.filter((channel) => FUTURE_PATHS[channel] === path);
      if (here.length === 0) return [];
      const url = `wss://fstream.binance.com/${path}/stream`;
      return sockets(url, symbols, FUTURE_LIMITS.symbols_per_socket, here);
    }),
};
