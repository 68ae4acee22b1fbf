import { socketPlans } from "../socket-plans.ts";
import type { BookRule, Channel, Venue, VenueLimits, VenueSymbol } from "../venue.ts";
import { checksum } from "./book.ts";
import { parse } from "./parse.ts";
import { rest } from "./rest.ts";
import { toVenue } from "./symbols.ts";

const URL = "wss://ws.kraken.com/v2";
/** The smallest depth on offer that holds the twenty levels we show. */
const BOOK_LEVELS = 25;

export const limits: VenueLimits = {
  messages: { count: 20, per_ms: 1_000 },
  // About 150 in ten minutes are the venue's.
  connects: { count: 100, per_ms: 600_000 },
  // About one call a second is what the venue bears for long, a few at once now and then.
  rest: { count: 20, per_ms: 15_000 },
  symbols_per_socket: 100,
  socket_life_ms: null,
  frame_max_bytes: 4_194_304,
  silent_after_ms: 10_000,
  // A heartbeat comes each second in which nothing else does: the ping only keeps the way open.
  ping: { text: '{"method":"ping"}', every_ms: 30_000 },
};

/** Changes carry no numbers; a checksum comes with each. Levels beyond the depth fall out unsaid. */
export const bookRule: BookRule = { follows: () => true, depth: BOOK_LEVELS, checksum };

function paramsOf(channels: readonly Channel[]): Record<string, unknown>[] {
  const params: Record<string, unknown>[] = [];
  if (channels.includes("trade")) params.push({ channel: "trade", snapshot: false });
  if (channels.includes("book")) params.push({ channel: "book", depth: BOOK_LEVELS });
  // One ticker per symbol and socket: with each change of the best prices where quotes are wanted, else with each trade.
  if (channels.includes("quote")) params.push({ channel: "ticker", event_trigger: "bbo" });
  else if (channels.includes("ticker")) params.push({ channel: "ticker", event_trigger: "trades" });
  return params;
}

function requests(method: "subscribe" | "unsubscribe", symbols: readonly VenueSymbol[], channels: readonly Channel[]) {
  const symbol = symbols.map(({ venue }) => venue);
  return paramsOf(channels).map((params, i) =>
    JSON.stringify({ method, params: { ...params, symbol }, req_id: i + 1 }),
  );
}

export const kraken: Venue = {
  id: "kraken",
  title: "Kraken",
  limits,
  parse,
  bookRule,
  rest,
  trade_ids: "contiguous",
  toVenue,
  sockets: (symbols, channels) =>
    socketPlans({ url: URL }, symbols, limits.symbols_per_socket, (op, some) => requests(op, some, channels)),
};
