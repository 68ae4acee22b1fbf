import type { Origin, PriceRecord, Quote, Trade } from "../../core/messages/index.ts";
import type { Dial } from "./connection/dial.ts";

/** A venue's symbol and ours: BTC-USD and BTCUSD, XBT/USD and BTCUSD. */
export interface VenueSymbol {
  /** Ours: what bars, alerts and the page call it. */
  readonly symbol: string;
  /** As the venue writes it in subscriptions and frames. */
  readonly venue: string;
}

/** A change of an order book, or a whole one; the book keeper turns these into `book` records. */
export interface BookUpdate {
  readonly kind: "book_update";
  readonly provider: string;
  readonly symbol: string;
  readonly ts_ms: number;
  readonly recv_ms: number;
  /** True replaces the book; false changes levels of it. */
  readonly snapshot: boolean;
  /** First and last update id inside, and the id of the update before, where the venue says them. */
  readonly first_seq: number | null;
  readonly last_seq: number | null;
  readonly prev_seq: number | null;
  /** [price, size]; size 0 removes the level. */
  readonly bids: readonly (readonly [number, number])[];
  readonly asks: readonly (readonly [number, number])[];
  /** The venue's checksum of the book after this update, and the level texts it is computed from. */
  readonly checksum: number | null;
  readonly texts?: {
    readonly bids: readonly (readonly [string, string])[];
    readonly asks: readonly (readonly [string, string])[];
  };
}

/** What is said about the connection itself. */
export type Control =
  | { readonly kind: "ack"; readonly id: string | null; readonly text: string }
  /** The venue knows us: what we ask for may be said now. */
  | { readonly kind: "logged_in" }
  /** The venue will not have this connection at all, whatever it asks for; in words that follow the venue's name. */
  | { readonly kind: "denied"; readonly text: string }
  /** The venue will not serve this: `symbols` in the venue's writing, empty when it names none. */
  | { readonly kind: "refused"; readonly id: string | null; readonly symbols: readonly string[]; readonly text: string }
  | { readonly kind: "pong"; readonly ts_ms: number | null }
  /** The venue's own clock or heartbeat: what it has sent up to here is complete. */
  | { readonly kind: "venue_time"; readonly ts_ms: number }
  /** The venue asks to be answered (text to send back), or announces a restart. */
  | { readonly kind: "answer"; readonly text: string }
  /** Said by the connection, among what it brings: here the line broke, and what these symbols (ours) did next is missing. */
  | { readonly kind: "broken"; readonly symbols: readonly string[] }
  | { readonly kind: "going_away"; readonly text: string };

/** A frame nobody here knows: counted and kept, never a crash and never silence. */
export interface Unknown {
  readonly kind: "unknown";
  readonly text: string;
  readonly recv_ms: number;
  readonly why: string;
}

/** A frame that is of a known kind but says what cannot be (price 0, size NaN, time text). */
export interface Rejected {
  readonly kind: "rejected";
  readonly reason: string;
  readonly detail: string;
  readonly text: string;
  readonly recv_ms: number;
  /**
   * Whose it was and its place in the numbering, where the frame says so: a hole that is explained (Binance numbers
   * insurance settlements too) is no gap.
   */
  readonly symbol?: string;
  readonly seq?: number;
  /** The frame is as it should be, and tells no trade of the market: an average, a correction, a settlement. */
  readonly is_sound?: true;
}

export type Item = Trade | Quote | PriceRecord | BookUpdate | Control | Unknown | Rejected;

/** Pure: the same frame and receive time give the same items. `symbolOf` maps the venue's writing to ours. */
export interface ParseContext {
  readonly provider: string;
  /** The same answer as long as the context lives: answers are kept. */
  readonly symbolOf: (venueSymbol: string) => string;
  /** What the records carry; "live" when it is not said. */
  readonly origin?: Origin;
}
export type Parse = (
  frame: Uint8Array | string,
  recv_ms: number,
  context: ParseContext,
  emit: (item: Item) => void,
) => void;

export type Channel = "trade" | "quote" | "book" | "ticker";

/** One socket: where to connect and what to say once it is open. */
export interface SocketPlan {
  readonly url: string;
  readonly symbols: readonly VenueSymbol[];
  /** Said first; then nothing is asked for until the venue has taken it. */
  readonly login: readonly string[];
  readonly subscribe: readonly string[];
  /** Messages that add or remove symbols on an open socket. */
  readonly add: (symbols: readonly VenueSymbol[]) => readonly string[];
  readonly remove: (symbols: readonly VenueSymbol[]) => readonly string[];
}

export interface VenueLimits {
  /** Messages we may send on one socket within the span. */
  readonly messages: { readonly count: number; readonly per_ms: number };
  /** New connections within the span. */
  readonly connects: { readonly count: number; readonly per_ms: number };
  /** Weight of REST calls within the span, as the venue counts it; shared by candles, gaps, books and lists of markets. */
  readonly rest: { readonly count: number; readonly per_ms: number };
  /** True: an account may have one connection, so books come on it too. Else they have sockets of their own. */
  readonly one_connection?: true;
  readonly symbols_per_socket: number;
  /** The venue cuts a socket after this long; we leave earlier, with an overlap. Null: it does not. */
  readonly socket_life_ms: number | null;
  readonly frame_max_bytes: number;
  /** Connected but mute for this long is stale. */
  readonly silent_after_ms: number;
  /** What we send to be answered, and how often; null where the venue pings us on the protocol level. */
  readonly ping: { readonly text: string | null; readonly every_ms: number } | null;
}

/** An answer of a venue's REST side, already read within its bounds. */
export interface RestAnswer {
  readonly status: number;
  readonly body: string;
  readonly retry_after_ms: number | null;
}
/**
 * Bounded in size and time, paced by the venue's weight limits; 429/418 are obeyed before the next call goes out.
 * `headers`: the keys of a venue that asks for some.
 */
export type Rest = (url: string, weight: number, headers?: Readonly<Record<string, string>>) => Promise<RestAnswer>;

export interface Candle {
  readonly start_ts_ms: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly notional: number | null;
  readonly trade_count: number | null;
  /** Volume of trades whose taker bought, where the venue says it. */
  readonly buy_volume: number | null;
}

export interface MarketInfo extends VenueSymbol {
  /** Of its price. */
  readonly decimals: number;
  readonly quote_volume_24h: number | null;
  readonly is_trading: boolean;
  /** A share, whose name is no pair of coin and currency. */
  readonly is_stock?: true;
}

/** What can be asked over REST. Each is pure text in, values out; `rest` does the asking. */
export interface VenueRest {
  /** All markets that trade now, with 24 h volume: for `top:N` and to name a refused symbol. */
  markets(rest: Rest): Promise<readonly MarketInfo[]>;
  /** `markets` names only the busiest: what it does not name may be served all the same. */
  readonly lists_some?: true;
  /** Final 1 m candles with start in [from, to), oldest first. */
  candles(rest: Rest, symbol: VenueSymbol, from_ms: number, to_ms: number): Promise<readonly Candle[]>;
  /**
   * Trades after `from_seq` and before `to_seq` (or by time where the venue has no ids), oldest first. `complete` false:
   * the venue no longer gives all of them.
   */
  trades(
    rest: Rest,
    symbol: VenueSymbol,
    range: {
      readonly from_seq: number | null;
      readonly to_seq: number | null;
      readonly from_ms: number;
      readonly to_ms: number;
    },
  ): Promise<{ readonly trades: readonly Trade[]; readonly complete: boolean }>;
  /** A whole book to begin from, where the stream does not send one. */
  book?(rest: Rest, symbol: VenueSymbol): Promise<BookUpdate>;
}

/** How a venue's book updates hang together. */
export interface BookRule {
  /** True: the update follows the book's last one; false: something is missing, begin again; null: old, pass over. */
  readonly follows: (last_seq: number, update: BookUpdate, isFirstAfterSnapshot: boolean) => boolean | null;
  /** Levels kept on each side; null: as many as come. */
  readonly depth: number | null;
  /** Of the book after an update, over the venue's own texts; null where it has none. */
  readonly checksum:
    | ((bids: readonly (readonly [string, string])[], asks: readonly (readonly [string, string])[]) => number)
    | null;
}

/** One exchange, in one folder: everything that differs from the others, and nothing else. */
export interface Venue {
  /** As FEED and the records' `provider` say it. */
  readonly id: string;
  /** As a person says it. */
  readonly title: string;
  readonly limits: VenueLimits;
  readonly parse: Parse;
  readonly bookRule: BookRule | null;
  readonly rest: VenueRest | null;
  /** Whether ids of trades count up by one, so that a hole is a gap. */
  readonly trade_ids: "contiguous" | "increasing" | "none";
  /** Our symbol → the venue's, or null when it cannot be one of its markets. USDT and USD markets are matched by the venue. */
  toVenue(symbol: string): VenueSymbol | null;
  /** Our name of a market nobody asked for, as in a recording; the venue's own when this is missing. */
  readonly fromVenue?: (venueSymbol: string) => string;
  /** A whole book as a recorder writes it between the frames: it does not say its symbol. Null: it is none. */
  readonly recordedBook?: (text: string, symbol: string, recv_ms: number, context: ParseContext) => BookUpdate | null;
  sockets(symbols: readonly VenueSymbol[], channels: readonly Channel[]): readonly SocketPlan[];
  /** Its own way to connect, where it speaks no WebSocket. */
  readonly dial?: Dial;
  /** Watched where nobody names a symbol and no list of markets can be asked for; coins when this is missing. */
  readonly well_known?: readonly string[];
}
