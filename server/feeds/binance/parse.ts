import { isAmount, isPrice } from "../../../core/messages/common.ts";
import { symbolText } from "../decode/fields.ts";
import { CountedTexts, EventIds } from "../decode/ids.ts";
import { Names } from "../decode/names.ts";
import { Literal, Scanner } from "../decode/scanner.ts";
import { Streams } from "../decode/streams.ts";
import type { Item, Parse, ParseContext } from "../venue.ts";
import { type Market, marketOf, quoteRecord, tradeRecord } from "./records.ts";
import { parseSlowly } from "./slow.ts";

const RAW = 0;
const COMBINED = 1;
const STREAM = new Literal('{"stream":"');
const TRADE = new Literal('{"e":"trade","E":');
const SPOT_QUOTE = new Literal('{"u":');
const QUOTE = new Literal('{"e":"bookTicker","u":');
const IN_STREAM = { trade: within(TRADE), spotQuote: within(SPOT_QUOTE), quote: within(QUOTE) };
const EVENT = new Literal(',"E":');
const TIME = new Literal(',"T":');
const SYMBOL = new Literal(',"s":"');
const TRADE_ID = new Literal('","t":');
const PRICE = new Literal(',"p":"');
const SIZE = new Literal('","q":"');
const SPOT_TIME = new Literal('","T":');
const BID = new Literal('","b":"');
const BID_SIZE = new Literal('","B":"');
const ASK = new Literal('","a":"');
const ASK_SIZE = new Literal('","A":"');
const SPOT_QUOTE_ENDS = endings('"}');
const QUOTE_TIME = new Literal('","T":');
const ENDS = endings("}");
const SPOT_ENDS = sides(',"m":', ',"M":true}');
const FUTURE_ENDS = sides('","X":"MARKET","m":', "}");

function within({ bytes }: Literal): Literal {
  return new Literal(`","data":${new TextDecoder().decode(bytes)}`);
}

/** How a trade ends, by whether the buyer was the maker. */
function sides(before: string, after: string): readonly { readonly sold: Literal; readonly bought: Literal }[] {
  const bought = endings(`${before}false${after}`);
  return endings(`${before}true${after}`).map((sold, envelope) => ({ sold, bought: bought[envelope]! }));
}

/** How a frame ends by itself, and in the envelope of a combined stream. */
function endings(text: string): readonly [raw: Literal, combined: Literal] {
  return [new Literal(text), new Literal(`${text}}`)];
}

/** Ids are made quickly for times of 13 digits. */
const FROM_MS = 1e12;
const TO_MS = 1e13;

interface Known {
  readonly market: Market;
  readonly texts: CountedTexts;
  readonly ids: EventIds;
}
type Read = (recv_ms: number, context: ParseContext, envelope: Envelope, stream: Stream | null) => Item | null;
/** A combined stream: how its frames are read, and whose they are, which stands in all of them as `symbol`. */
interface Stream {
  readonly read: Read;
  readonly known: Known;
  readonly symbol: Literal;
}
class Seen {
  readonly names = new Names<Known>();
  readonly streams = new Streams<Stream>();
}

const scanner = new Scanner();
const seenIn = new WeakMap<ParseContext, Seen>();
let lastContext: ParseContext | null = null;
let seen = new Seen();

function use(context: ParseContext): void {
  if (context === lastContext) return;
  seen = seenIn.get(context) ?? new Seen();
  seenIn.set(context, seen);
  lastContext = context;
}

/**
 * Frames of the venue. Trades and quotes, nearly all of them, are read from their bytes where they have exactly the
 * form that the venue writes; whatever is unusual in any way, `parseSlowly` reads and judges.
 */
export const parse: Parse = (frame, recv_ms, context, emit) => {
  const item = quick(frame, recv_ms, context);
  if (item === null) parseSlowly(frame, recv_ms, context, emit);
  else emit(item);
};

/** Null: it is not of these forms. */
export function quick(frame: Uint8Array | string, recv_ms: number, context: ParseContext): Item | null {
  if (!scanner.load(frame)) return null;
  use(context);
  const stream = seen.streams.find(scanner);
  const item = stream === null ? null : stream.read(recv_ms, context, COMBINED, stream);
  if (item !== null) return item;
  scanner.at = 0;
  if (scanner.skip(STREAM)) {
    if (!scanner.text()) return null;
    if (scanner.skip(IN_STREAM.trade)) return learning(trade, recv_ms, context);
    if (scanner.skip(IN_STREAM.spotQuote)) return learning(spotQuote, recv_ms, context);
    if (scanner.skip(IN_STREAM.quote)) return learning(futureQuote, recv_ms, context);
    return null;
  }
  if (scanner.skip(TRADE)) return trade(recv_ms, context, RAW, null);
  if (scanner.skip(SPOT_QUOTE)) return spotQuote(recv_ms, context, RAW, null);
  if (scanner.skip(QUOTE)) return futureQuote(recv_ms, context, RAW, null);
  return null;
}

/** How a frame comes: by itself, or in the envelope of a combined stream. */
type Envelope = typeof RAW | typeof COMBINED;

/** Reads what follows the head of a stream that is new; if it can be read, the next frame of the stream is known by it. */
function learning(read: Read, recv_ms: number, context: ParseContext): Item | null {
  const headLength = scanner.at;
  const item = read(recv_ms, context, COMBINED, null);
  const known = lastKnown;
  if (item === null || known === null) return item;
  seen.streams.learn(scanner, headLength, () => ({
    read,
    known,
    symbol: new Literal(scanner.bytes.subarray(symbolFrom, symbolTo)),
  }));
  return item;
}

function trade(recv_ms: number, context: ParseContext, envelope: Envelope, stream: Stream | null): Item | null {
  if (scanner.time() < 0) return null;
  const isFuture = scanner.skip(TIME);
  let ts_ms = isFuture ? scanner.time() : 0;
  const known = symbol(context, stream);
  if (known === null || !scanner.skip(TRADE_ID)) return null;
  const id = scanner.whole();
  if (id < 0 || !scanner.skip(PRICE)) return null;
  const price = scanner.decimal();
  if (!isPrice(price) || !scanner.skip(SIZE)) return null;
  const size = scanner.decimal();
  if (!isAmount(size) || size === 0) return null;
  if (!isFuture) {
    if (!scanner.skip(SPOT_TIME)) return null;
    ts_ms = scanner.time();
  }
  if (ts_ms < 0) return null;
  const { sold, bought } = (isFuture ? FUTURE_ENDS : SPOT_ENDS)[envelope]!;
  const isBuyerMaker = scanner.skip(sold);
  if (!isBuyerMaker && !scanner.skip(bought)) return null;
  if (!scanner.isAtEnd) return null;
  const { market, texts, ids } = known;
  const trade_id = texts.of(id);
  return tradeRecord(market, ts_ms, recv_ms, id, price, size, isBuyerMaker, trade_id, ids.of(ts_ms, trade_id));
}

/** Spot says no time: it is when it was received. */
function spotQuote(recv_ms: number, context: ParseContext, envelope: Envelope, stream: Stream | null): Item | null {
  const known = levels(context, stream);
  if (known === null || !scanner.skip(SPOT_QUOTE_ENDS[envelope])) return null;
  return quoteOf(known, recv_ms, recv_ms);
}

function futureQuote(recv_ms: number, context: ParseContext, envelope: Envelope, stream: Stream | null): Item | null {
  const known = levels(context, stream);
  if (known === null || !scanner.skip(QUOTE_TIME)) return null;
  const ts_ms = scanner.time();
  if (!scanner.skip(EVENT) || scanner.time() < 0 || !scanner.skip(ENDS[envelope])) return null;
  return quoteOf(known, ts_ms, recv_ms);
}

/** What `levels` has read. */
let seq = 0;
let bid = 0;
let bid_size = 0;
let ask = 0;
let ask_size = 0;

function levels(context: ParseContext, stream: Stream | null): Known | null {
  seq = scanner.whole();
  const known = seq < 0 ? null : symbol(context, stream);
  if (known === null || !scanner.skip(BID)) return null;
  bid = scanner.decimal();
  if (!isPrice(bid) || !scanner.skip(BID_SIZE)) return null;
  bid_size = scanner.decimal();
  if (!isAmount(bid_size) || !scanner.skip(ASK)) return null;
  ask = scanner.decimal();
  if (!isPrice(ask) || !scanner.skip(ASK_SIZE)) return null;
  ask_size = scanner.decimal();
  return isAmount(ask_size) ? known : null;
}

function quoteOf({ market, texts, ids }: Known, ts_ms: number, recv_ms: number): Item | null {
  // A receive time may have a fraction: ids of those are made the slow way.
  if (!scanner.isAtEnd || ts_ms < FROM_MS || ts_ms >= TO_MS || !Number.isInteger(ts_ms)) return null;
  return quoteRecord(market, ts_ms, recv_ms, seq, bid, bid_size, ask, ask_size, ids.of(ts_ms, texts.of(seq)));
}

/** Where `symbol` has last read one, and which. */
let symbolFrom = 0;
let symbolTo = 0;
let lastKnown: Known | null = null;

/** The symbol that stands here; the first time it is seen, what it is called with us is asked for. */
function symbol(context: ParseContext, stream: Stream | null): Known | null {
  if (stream !== null) return scanner.skip(stream.symbol) ? stream.known : null;
  symbolFrom = scanner.at;
  if (!scanner.skip(SYMBOL) || !scanner.name()) return null;
  symbolTo = scanner.at;
  lastKnown = seen.names.find(scanner) ?? learn(context);
  return lastKnown;
}

function learn(context: ParseContext): Known | null {
  const venueSymbol = scanner.nameText();
  const ours = symbolText(venueSymbol) === null ? null : symbolText(context.symbolOf(venueSymbol));
  if (ours === null) return null;
  const known = {
    market: marketOf(context, ours),
    texts: new CountedTexts(),
    ids: new EventIds(context.provider, ours),
  };
  seen.names.add(scanner, known);
  return known;
}
