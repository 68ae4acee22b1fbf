import type { Settings } from "../../../core/settings/index.ts";
import { socketPlans } from "../socket-plans.ts";
import type { BookRule, Channel, Venue, VenueLimits, VenueSymbol } from "../venue.ts";
import { parse } from "./parse.ts";
import { restOf } from "./rest.ts";

export type AlpacaSettings = Pick<Settings, "ALPACA_API_KEY" | "ALPACA_API_SECRET" | "ALPACA_FEED">;

const STREAM = "wss://stream.data.alpaca.markets";
const CHANNELS: Readonly<Record<Channel, string>> = {
  trade: "trades",
  quote: "quotes",
  book: "orderbooks",
  ticker: "trades",
};
const COIN = /^([A-Z0-9]{2,20}?)\/?(USDT|USDC|USD|BTC)$/;
const STOCK = /^[A-Z]{1,5}(?:\.[A-Z]{1,2})?$/;
const STOCK_MAX = 5;

export const limits: VenueLimits = {
  messages: { count: 10, per_ms: 1_000 },
  connects: { count: 10, per_ms: 60_000 },
  // 200 calls a minute are an account's without a plan.
  rest: { count: 180, per_ms: 60_000 },
  one_connection: true,
  // An account may have one connection to each stream: all symbols share it.
  symbols_per_socket: 10_000,
  socket_life_ms: null,
  frame_max_bytes: 4_194_304,
  // Stocks are quiet for hours: only a very long silence is a fault.
  silent_after_ms: 300_000,
  ping: { text: null, every_ms: 1_500 },
};

/** Changes carry no numbers; a new socket begins with a whole book. */
export const bookRule: BookRule = { follows: () => true, depth: null, checksum: null };

/** AAPL and BRK.B are stocks, BTC/USD and BTCUSD coins. */
export function toVenue(symbol: string): VenueSymbol | null {
  if (STOCK.test(symbol) && (symbol.length <= STOCK_MAX || symbol.includes("."))) return { symbol, venue: symbol };
  const match = COIN.exec(symbol);
  return match === null || match[1] === match[2] ? null : { symbol, venue: `${match[1]}/${match[2]}` };
}

function requests(action: "subscribe" | "unsubscribe", symbols: readonly VenueSymbol[], channels: readonly Channel[]) {
  const areCoins = symbols.some(({ venue }) => venue.includes("/"));
  // Stocks have no order books here.
  const names = channels.filter((channel) => channel !== "book" || areCoins).map((channel) => CHANNELS[channel]);
  const list = symbols.map(({ venue }) => venue);
  return [JSON.stringify({ action, ...Object.fromEntries(names.map((name) => [name, list])) })];
}

export function alpacaOf(settings: Partial<AlpacaSettings> = {}): Venue {
  const { ALPACA_API_KEY: key = "", ALPACA_API_SECRET: secret = "", ALPACA_FEED: feed = "iex" } = settings;

  const login = [JSON.stringify({ action: "auth", key, secret })];
  /** One socket, which all of them share. */
  const plan = (path: string, symbols: readonly VenueSymbol[], channels: readonly Channel[]) =>
    socketPlans({ url: STREAM + path, login }, symbols, limits.symbols_per_socket, (op, some) =>
      requests(op, some, channels),
    );

  return {
    id: "alpaca",
    title: "Alpaca",
    limits,
    parse,
    bookRule,
    rest: restOf({ key, secret, feed }),
    trade_ids: "none",
    toVenue,
    sockets: (symbols, channels) => [
      ...plan(
        `/v2/${feed}`,
        symbols.filter(({ venue }) => !venue.includes("/")),
        channels,
      ),
      ...plan(
        "/v1beta3/crypto/us",
        symbols.filter(({ venue }) => venue.includes("/")),
        channels,
      ),
    ],
  };
}
