import {
  type BookChange,
  type FakeBook,
  FakeMarket,
  type FakeQuote,
  type FakeTrade,
  type MarketOptions,
} from "./market.ts";
import { type RestReply, type VenueServer, venueServer } from "./server.ts";
import type { RawSocket } from "./web-socket.ts";

export type Fields = Readonly<Record<string, unknown>>;
export type Channel = "trade" | "quote" | "book";

/** One who listens, and what it has asked for. */
export interface Listener {
  readonly socket: RawSocket;
  isLoggedIn: boolean;
  say(message: unknown): void;
  hears(channel: Channel, symbol: string): boolean;
  add(channel: Channel, symbol: string): void;
  remove(channel: Channel, symbol: string): void;
}

/** A text stands as it is sent. */
const textOf = (frame: unknown): string => (typeof frame === "string" ? frame : JSON.stringify(frame));

/** What the frames of one venue look like, and what it answers. */
export interface Protocol {
  opened?(listener: Listener, market: FakeMarket): void;
  said(message: Fields, listener: Listener, market: FakeMarket, all: readonly Listener[]): void;
  trade(symbol: string, trade: FakeTrade): unknown;
  quote(symbol: string, quote: FakeQuote): unknown;
  /** What a change looks like; `book` is as it stands after it. */
  change(symbol: string, change: BookChange, book: FakeBook, isWrong: boolean): unknown;
  /** What says, once a second, that the line is alive. */
  pulse?(listener: Listener, market: FakeMarket): readonly unknown[];
  rest(url: URL, market: FakeMarket, headers: Fields): RestReply;
}

/** A local venue: its market, and who listens to it. */
export interface FakeVenue extends VenueServer {
  readonly market: FakeMarket;
  readonly refused: Set<string>;
  readonly delisted: Set<string>;
  /** Happens on the market; listeners hear it unless the venue is mute. `send: false`: only this one is left out. */
  trade(symbol: string, price: string, options?: { size?: string; ts_ms?: number; send?: boolean }): FakeTrade;
  quote(symbol: string, bid: string, ask: string): void;
  /** `isWrong`: its checksum, where the venue says one, is of another book. */
  change(symbol: string, change: Partial<BookChange>, options?: { send?: boolean; isWrong?: boolean }): FakeBook;
  /** The frame a trade has on the stream, to be sent again or in another order. */
  frameOf(symbol: string, trade: FakeTrade): string;
  trades(symbol: string): readonly FakeTrade[];
  /** See `FakeMarket.nextId`. */
  nextId(symbol: string, id: number): void;
}

export interface FakeVenueOptions extends MarketOptions {
  readonly deflate?: boolean;
  readonly pulse_ms?: number;
}

export async function fakeVenue(
  protocol: Protocol,
  symbols: readonly string[],
  options: FakeVenueOptions = {},
): Promise<FakeVenue> {
  const { deflate = false, pulse_ms = 1_000 } = options;
  const market = new FakeMarket(symbols, options);
  const listeners = new Map<RawSocket, Listener>();
  const tell = (channel: Channel, symbol: string, frame: unknown): void => {
    if (server.manners.mute) return;
    for (const one of listeners.values()) if (one.hears(channel, symbol)) one.say(frame);
  };
  const server = await venueServer(
    {
      opened(socket) {
        const listener = listenerOf(socket);
        listeners.set(socket, listener);
        protocol.opened?.(listener, market);
      },
      closed: (socket) => void listeners.delete(socket),
      text(socket, text) {
        const listener = listeners.get(socket);
        if (listener === undefined) return;
        protocol.said(JSON.parse(text) as Fields, listener, market, [...listeners.values()]);
        const hasBooks = market.symbols.some((symbol) => listener.hears("book", symbol));
        if (server.manners.refuseBooks && hasBooks) socket.destroy();
      },
      rest: (url, headers) => protocol.rest(url, market, headers),
    },
    { deflate },
  );
  const pulse = setInterval(() => {
    for (const one of listeners.values()) for (const frame of protocol.pulse?.(one, market) ?? []) one.say(frame);
  }, pulse_ms);

  return Object.assign(server, {
    market,
    refused: market.refused,
    delisted: market.delisted,
    frameOf: (symbol: string, trade: FakeTrade) => textOf(protocol.trade(symbol, trade)),
    trades: (symbol: string) => market.trades(symbol),
    nextId: (symbol: string, id: number) => market.nextId(symbol, id),
    trade(
      symbol: string,
      price: string,
      { send = true, ...more }: { size?: string; ts_ms?: number; send?: boolean } = {},
    ) {
      const trade = market.trade(symbol, price, more);
      if (send) tell("trade", symbol, protocol.trade(symbol, trade));
      return trade;
    },
    quote: (symbol: string, bid: string, ask: string) =>
      tell("quote", symbol, protocol.quote(symbol, market.quote(bid, ask))),
    change(symbol: string, { bids = [], asks = [] }: Partial<BookChange>, { send = true, isWrong = false } = {}) {
      const book = market.change(symbol, { bids, asks });
      if (send) tell("book", symbol, protocol.change(symbol, { bids, asks }, book, isWrong));
      return book;
    },
    stop: stopping(server.stop, pulse),
  });
}

function stopping(stop: () => Promise<void>, pulse: NodeJS.Timeout): () => Promise<void> {
  return () => {
    clearInterval(pulse);
    return stop();
  };
}

function listenerOf(socket: RawSocket): Listener {
  const heard = new Set<string>();
  const key = (channel: Channel, symbol: string): string => `${channel} ${symbol}`;
  return {
    socket,
    isLoggedIn: false,
    say: (message) => socket.send(textOf(message)),
    hears: (channel, symbol) => heard.has(key(channel, symbol)),
    add: (channel, symbol) => void heard.add(key(channel, symbol)),
    remove: (channel, symbol) => void heard.delete(key(channel, symbol)),
  };
}

export const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : [];
