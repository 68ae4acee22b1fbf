import { symbolText } from "../decode/fields.ts";
import { CountedTexts, EventIds } from "../decode/ids.ts";
import { isAmount, isPrice } from "../decode/limits.ts";
import { Names } from "../decode/names.ts";
import { Literal, Scanner } from "../decode/scanner.ts";
import type { Item, Parse, ParseContext } from "../venue.ts";
import { type Market, marketOf, quoteRecord, tradeRecord } from "./records.ts";
import { parseSlowly } from "./slow.ts";

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
const SPOT_SOLD = endings(',"m":true,"M":true}');
const SPOT_BOUGHT = endings(',"m":false,"M":true}');
const FUTURE_SOLD = endings('","X":"MARKET","m":true}');
const FUTURE_BOUGHT = endings('","X":"MARKET","m":false}');

function within({ bytes }: Literal): Literal {
  return new Literal(`","data":${new TextDecoder().decode(bytes)}`);
}

/** How a frame ends by itself, and in the envelope of a combined stream. */
function endings(text: string): { readonly raw: Literal; readonly combined: Literal } {
  return { raw: new Literal(text), combined: new Literal(`${text}}`) };
}

/** Ids are made quickly for times of 13 digits. */
const FROM_MS = 1e12;
const TO_MS = 1e13;

interface Known {
  readonly market: Market;
  readonly texts: CountedTexts;
  readonly ids: EventIds;
}
type KnownNames = Names<Known>;

const scanner = new Scanner();
const namesOf = new WeakMap<ParseContext, KnownNames>();
let lastContext: ParseContext | null = null;
let lastNames: KnownNames = new Names();

function knownNames(context: ParseContext): KnownNames {
  if (context === lastContext) return lastNames;
  let names = namesOf.get(context);
  if (names === undefined) {
    names = new Names();
    namesOf.set(context, names);
  }
  lastContext = context;
  lastNames = names;
  return names;
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
  if (scanner.skip(STREAM)) {
    if (!scanner.text()) return null;
    if (scanner.skip(IN_STREAM.trade)) return trade(recv_ms, context, "combined");
    if (scanner.skip(IN_STREAM.spotQuote)) return spotQuote(recv_ms, context, "combined");
    if (scanner.skip(IN_STREAM.quote)) return futureQuote(recv_ms, context, "combined");
    return null;
  }
  if (scanner.skip(TRADE)) return trade(recv_ms, context, "raw");
  if (scanner.skip(SPOT_QUOTE)) return spotQuote(recv_ms, context, "raw");
  if (scanner.skip(QUOTE)) return futureQuote(recv_ms, context, "raw");
  return null;
}

type Envelope = "raw" | "combined";

function trade(recv_ms: number, context: ParseContext, envelope: Envelope): Item | null {
  if (scanner.time() < 0) return null;
  const isFuture = scanner.skip(TIME);
  let ts_ms = isFuture ? scanner.time() : 0;
  const known = symbol(context);
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
  const isBuyerMaker = scanner.skip((isFuture ? FUTURE_SOLD : SPOT_SOLD)[envelope]);
  if (!isBuyerMaker && !scanner.skip((isFuture ? FUTURE_BOUGHT : SPOT_BOUGHT)[envelope])) return null;
  if (!scanner.isAtEnd) return null;
  const { market, texts, ids } = known;
  const trade_id = texts.of(id);
  return tradeRecord(market, ts_ms, recv_ms, id, price, size, isBuyerMaker, trade_id, ids.of(ts_ms, trade_id));
}

/** Spot says no time: it is when it was received. */
function spotQuote(recv_ms: number, context: ParseContext, envelope: Envelope): Item | null {
  const known = levels(context);
  if (known === null || !scanner.skip(SPOT_QUOTE_ENDS[envelope])) return null;
  return quoteOf(known, recv_ms, recv_ms);
}

function futureQuote(recv_ms: number, context: ParseContext, envelope: Envelope): Item | null {
  const known = levels(context);
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

function levels(context: ParseContext): Known | null {
  seq = scanner.whole();
  const known = seq < 0 ? null : symbol(context);
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

/** The symbol that stands here; the first time it is seen, what it is called with us is asked for. */
function symbol(context: ParseContext): Known | null {
  if (!scanner.skip(SYMBOL) || !scanner.name()) return null;
  const names = knownNames(context);
  return names.find(scanner) ?? learn(names, context);
}

function learn(names: KnownNames, context: ParseContext): Known | null {
  const venueSymbol = scanner.nameText();
  const ours = symbolText(venueSymbol) === null ? null : symbolText(context.symbolOf(venueSymbol));
  if (ours === null) return null;
  const known = {
    market: marketOf(context, ours),
    texts: new CountedTexts(),
    ids: new EventIds(context.provider, ours),
  };
  names.add(scanner, known);
  return known;
}
