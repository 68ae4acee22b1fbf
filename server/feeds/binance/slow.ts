import { isAmount, isPrice } from "../../../core/messages/common.ts";
import { eventId } from "../../../core/messages/trade.ts";
import { decimalText, type Fields, isFields, shown, venueTime, wholeNumber } from "../decode/fields.ts";
import { levelsOf } from "../decode/levels.ts";
import { jsonValue, noMarket, ourSymbol, rejected, type Source, sourceOf, unknown } from "../decode/source.ts";
import type { BookUpdate, Item, Parse, ParseContext } from "../venue.ts";
import { marketOf, priceRecord, quoteRecord, tradeOf } from "./records.ts";

const PARTIAL_BOOK = /^([^@]+)@depth(?:5|10|20)(?:@|$)/;

/** Null: nothing came of it, and that has been said. `stream`: its name, where the frame is of a combined one. */
type Read = (data: Fields, source: Source, stream: string | null) => Item | null;

/** What is read, by the event's name. */
const EVENTS: Readonly<Record<string, Read>> = {
  trade,
  depthUpdate,
  bookTicker,
  "24hrMiniTicker": miniTicker,
  serverShutdown: (_, { text }) => ({ kind: "going_away", text }),
};

/** Every frame of the venue, with all that may be wrong with one: this decides what is accepted. */
export const parseSlowly: Parse = (frame, recv_ms, context, emit) => {
  const source = sourceOf(frame, recv_ms, context, emit);
  const value = jsonValue(source);
  if (value === undefined) return;
  const isCombined = isFields(value) && typeof value.stream === "string" && value.data !== undefined;
  const stream = isCombined ? String(value.stream) : null;
  const data = isCombined ? value.data : value;
  // The `!…@arr` streams bring many at once.
  for (const one of Array.isArray(data) && data.length > 0 ? (data as unknown[]) : [data]) {
    const item = event(one, source, stream);
    if (item !== null) emit(item);
  }
};

function event(data: unknown, source: Source, stream: string | null): Item | null {
  if (!isFields(data)) return unknown(source, "it is no object");
  const { e } = data;
  if (typeof e === "string") {
    const read = Object.hasOwn(EVENTS, e) ? EVENTS[e] : undefined;
    return read === undefined ? unknown(source, `event ${shown(e)} is not used`) : read(data, source, stream);
  }
  if (e !== undefined) return unknown(source, `its event is ${shown(e)}`);
  if ("u" in data && "B" in data && "A" in data) return bookTicker(data, source);
  if ("lastUpdateId" in data) return partialBook(data, source, stream);
  if ("error" in data || ("code" in data && "msg" in data)) return refused(data, source);
  if ("result" in data) return { kind: "ack", id: idOf(data), text: source.text };
  return unknown(source, "it names no event");
}

function trade(data: Fields, source: Source): Item | null {
  const symbol = ourSymbol(data.s, source);
  if (symbol === null) return rejected(source, "symbol", `s is ${shown(data.s)}`);
  const id = wholeNumber(data.t);
  if (id < 0) return rejected(source, "trade_id", `t is ${shown(data.t)}`, symbol);
  const no = (reason: string, name: string): null =>
    rejected(source, reason, `${name} is ${shown(data[name])}`, symbol, id);
  const ts_ms = venueTime(data.T);
  if (ts_ms < 0) return no("time", "T");
  if (venueTime(data.E) < 0) return no("time", "E");
  // Insurance and auto-deleveraging are settled beside the market, at prices nobody could have had there.
  if (data.X !== undefined && data.X !== "MARKET") {
    return noMarket(source, "off_book", `X is ${shown(data.X)}`, symbol, id);
  }
  const price = decimalText(data.p);
  if (!isPrice(price)) return no("price", "p");
  const size = decimalText(data.q);
  if (!isAmount(size) || size === 0) return no("size", "q");
  if (typeof data.m !== "boolean") return no("side", "m");
  return tradeOf(marketOf(source.context, symbol), ts_ms, source.recv_ms, id, price, size, data.m);
}

function bookTicker(data: Fields, source: Source): Item | null {
  const { context, recv_ms } = source;
  const symbol = ourSymbol(data.s, source);
  if (symbol === null) return rejected(source, "symbol", `s is ${shown(data.s)}`);
  const seq = wholeNumber(data.u);
  if (seq < 0) return rejected(source, "sequence", `u is ${shown(data.u)}`, symbol);
  // Spot says no time.
  const ts_ms = data.T === undefined ? recv_ms : venueTime(data.T);
  if (ts_ms < 0) return rejected(source, "time", `T is ${shown(data.T)}`, symbol);
  if (data.E !== undefined && venueTime(data.E) < 0) return rejected(source, "time", `E is ${shown(data.E)}`, symbol);
  const sides = [data.b, data.B, data.a, data.A].map(decimalText) as [number, number, number, number];
  const [bid, bid_size, ask, ask_size] = sides;
  if (!isSide(bid, bid_size)) return rejected(source, "price", `b, B are ${shown([data.b, data.B])}`, symbol);
  if (!isSide(ask, ask_size)) return rejected(source, "price", `a, A are ${shown([data.a, data.A])}`, symbol);
  const market = marketOf(context, symbol);
  const event_id = eventId(context.provider, symbol, ts_ms, seq);
  return quoteRecord(market, ts_ms, recv_ms, seq, bid, bid_size, ask, ask_size, event_id);
}

/** A price with its size, or nothing at all. */
const isSide = (price: number, size: number): boolean =>
  (isPrice(price) && isAmount(size)) || (price === 0 && size === 0);

function miniTicker(data: Fields, source: Source): Item | null {
  const symbol = ourSymbol(data.s, source);
  if (symbol === null) return rejected(source, "symbol", `s is ${shown(data.s)}`);
  const ts_ms = venueTime(data.E);
  if (ts_ms < 0) return rejected(source, "time", `E is ${shown(data.E)}`, symbol);
  const price = decimalText(data.c);
  if (!isPrice(price)) return rejected(source, "price", `c is ${shown(data.c)}`, symbol);
  return priceRecord(marketOf(source.context, symbol), ts_ms, price);
}

function depthUpdate(data: Fields, source: Source, stream: string | null): Item | null {
  const { context, recv_ms } = source;
  const symbol = ourSymbol(data.s, source);
  if (symbol === null) return rejected(source, "symbol", `s is ${shown(data.s)}`);
  const first_seq = wholeNumber(data.U);
  const last_seq = wholeNumber(data.u);
  const prev_seq = data.pu === undefined ? null : wholeNumber(data.pu);
  if (first_seq < 0 || last_seq < first_seq || (prev_seq !== null && prev_seq < 0))
    return rejected(source, "sequence", `U, u, pu are ${shown([data.U, data.u, data.pu])}`, symbol);
  const event_ms = venueTime(data.E);
  const ts_ms = data.T === undefined ? event_ms : venueTime(data.T);
  if (event_ms < 0 || ts_ms < 0) return rejected(source, "time", `E, T are ${shown([data.E, data.T])}`, symbol);
  const bids = levelsOf(data.b);
  const asks = levelsOf(data.a);
  if (typeof bids === "string") return rejected(source, "level", `b: ${bids}`, symbol);
  if (typeof asks === "string") return rejected(source, "level", `a: ${asks}`, symbol);
  // The futures' partial books look like changes: only the stream's name tells them apart.
  const snapshot = stream !== null && PARTIAL_BOOK.test(stream);
  return {
    kind: "book_update",
    provider: context.provider,
    symbol,
    ts_ms,
    recv_ms,
    snapshot,
    first_seq,
    last_seq,
    prev_seq,
    bids,
    asks,
    checksum: null,
  };
}

/** The best levels, said again and again; spot names the symbol in the stream's name only. */
function partialBook(data: Fields, source: Source, stream: string | null): Item | null {
  const name = PARTIAL_BOOK.exec(stream ?? "")?.[1];
  if (name === undefined) return unknown(source, "it is a book that names no symbol");
  const symbol = ourSymbol(name.toUpperCase(), source);
  if (symbol === null) return rejected(source, "symbol", `the stream is ${shown(stream)}`);
  const book = wholeBook(data, symbol, source.recv_ms, source.context);
  return typeof book === "string" ? rejected(source, "level", book, symbol) : book;
}

/** A whole book as REST and the partial streams write it; or what is wrong with it. */
export function wholeBook(data: Fields, symbol: string, recv_ms: number, context: ParseContext): BookUpdate | string {
  const last_seq = wholeNumber(data.lastUpdateId);
  if (last_seq < 0) return `lastUpdateId is ${shown(data.lastUpdateId)}`;
  const ts_ms = data.T === undefined ? recv_ms : venueTime(data.T);
  if (ts_ms < 0) return `T is ${shown(data.T)}`;
  const bids = levelsOf(data.bids);
  const asks = levelsOf(data.asks);
  if (typeof bids === "string") return `bids: ${bids}`;
  if (typeof asks === "string") return `asks: ${asks}`;
  return {
    kind: "book_update",
    provider: context.provider,
    symbol,
    ts_ms,
    recv_ms,
    snapshot: true,
    first_seq: null,
    last_seq,
    prev_seq: null,
    bids,
    asks,
    checksum: null,
  };
}

function refused(data: Fields, { text: frame }: Source): Item {
  const error = isFields(data.error) ? data.error : data;
  const text = typeof error.msg === "string" ? error.msg : frame;
  // Binance names no symbol when it refuses: the id says which request it was.
  return { kind: "refused", id: idOf(data), symbols: [], text };
}

function idOf(data: Fields): string | null {
  return typeof data.id === "string" || typeof data.id === "number" ? String(data.id) : null;
}
