import { isAmount, isPrice } from "../../../core/messages/common.ts";
import type { Trade } from "../../../core/messages/trade.ts";
import { createKnown, type Known } from "../decode/known.ts";
import { Literal, Scanner } from "../decode/scanner.ts";
import type { Parse, ParseContext } from "../venue.ts";
import { parseSlowly } from "./slow.ts";

const TOPIC = new Literal('{"topic":"publicTrade.');
const TYPE = new Literal('","type":"snapshot","ts":');
const DATA = new Literal(',"data":[{');
const NEXT = new Literal(",{");
const CLOSE = new Literal("]}");
const TIME = new Literal('"T":');
const SYMBOL = new Literal('"s":"');
const BUY = new Literal('"S":"Buy"');
const SELL = new Literal('"S":"Sell"');
const SIZE = new Literal('"v":"');
const PRICE = new Literal('"p":"');
const TICK = new Literal('"L":"');
const ID = new Literal('"i":"');
const NO_BLOCK = new Literal('"BT":false');
const BLOCK = new Literal('"BT":true');
const NO_RPI = new Literal('"RPI":false');
const RPI = new Literal('"RPI":true');
const SEQ = new Literal('"seq":');

const QUOTE = 0x22;
const COMMA = 0x2c;
const CURLY = 0x7d;
const ID_MAX = 64;
const IN_AN_ID = Uint8Array.from({ length: 256 }, (_, byte) =>
  /[A-Za-z0-9-]/.test(String.fromCharCode(byte)) ? 1 : 0,
);
/** Times of 13 digits: whole milliseconds from 2001 to 2286. Others go the slow way. */
const FROM_MS = 1e12;
const TO_MS = 1e13;

/** One bit per name: one that stands there twice goes the slow way. */
const HAS_TIME = 1;
const HAS_SYMBOL = 2;
const HAS_SIDE = 4;
const HAS_SIZE = 8;
const HAS_PRICE = 16;
const HAS_ID = 32;
const HAS_TICK = 64;
const HAS_BLOCK = 128;
const HAS_RPI = 256;
const HAS_SEQ = 512;
const NEEDED = HAS_TIME | HAS_SYMBOL | HAS_SIDE | HAS_SIZE | HAS_PRICE | HAS_ID;

const scanner = new Scanner();
const memory = Buffer.from(scanner.bytes.buffer);
const known = createKnown();
/** Where the topic of the frame being read names its symbol. */
let topicFrom = 0;
let topicTo = 0;

/**
 * Frames of the venue. Trades are read from their bytes where they have exactly the form that the venue writes, with
 * their names in any order; whatever is unusual in any way, `parseSlowly` reads and judges.
 */
export const parse: Parse = (frame, recv_ms, context, emit) => {
  const trades = quick(frame, recv_ms, context);
  if (trades === null) parseSlowly(frame, recv_ms, context, emit);
  else for (const trade of trades) emit(trade);
};

/** Null: it is not of this form. All trades of a frame or none, so that none is said twice. */
export function quick(frame: Uint8Array | string, recv_ms: number, context: ParseContext): Trade[] | null {
  if (!scanner.load(frame) || !scanner.skip(TOPIC) || !scanner.name()) return null;
  const topic = known(scanner, context);
  if (topic === null) return null;
  topicFrom = scanner.nameFrom;
  topicTo = scanner.at;
  if (!scanner.skip(TYPE)) return null;
  if (scanner.whole() < 0 || !scanner.skip(DATA)) return null;
  const trades: Trade[] = [];
  do {
    const trade = readTrade(recv_ms, context, topic);
    if (trade === null) return null;
    trades.push(trade);
  } while (scanner.skip(NEXT));
  return scanner.skip(CLOSE) && scanner.isAtEnd ? trades : null;
}

/** From behind the opening bracket to behind the closing one. */
function readTrade(recv_ms: number, context: ParseContext, topic: Known): Trade | null {
  let has = 0;
  let ts_ms = 0;
  let market: Known | null = null;
  let side: "buy" | "sell" = "buy";
  let size = 0;
  let price = 0;
  let trade_id = "";
  let seq = 0;
  for (;;) {
    let one: number;
    // Which name it can be is told by its first letter.
    switch (scanner.bytes[scanner.at + 1]) {
      case 0x54: // T
        one = HAS_TIME;
        if (!scanner.skip(TIME)) return null;
        ts_ms = scanner.whole();
        if (!(ts_ms >= FROM_MS && ts_ms < TO_MS)) return null;
        break;
      case 0x73: // s
        if (scanner.skip(SYMBOL)) {
          one = HAS_SYMBOL;
          if (isTopicsSymbol()) market = topic;
          else {
            // Options name the coin in the topic and the contract here.
            if (!scanner.name()) return null;
            market = known(scanner, context);
          }
          if (market === null || !closesText()) return null;
        } else {
          one = HAS_SEQ;
          if (!scanner.skip(SEQ)) return null;
          seq = scanner.whole();
          if (seq < 0) return null;
        }
        break;
      case 0x53: // S
        one = HAS_SIDE;
        if (scanner.skip(BUY)) side = "buy";
        else if (scanner.skip(SELL)) side = "sell";
        else return null;
        break;
      case 0x76: // v
        one = HAS_SIZE;
        if (!scanner.skip(SIZE)) return null;
        size = scanner.decimal();
        if (!isAmount(size) || size === 0 || !closesText()) return null;
        break;
      case 0x70: // p
        one = HAS_PRICE;
        if (!scanner.skip(PRICE)) return null;
        price = scanner.decimal();
        if (!isPrice(price) || !closesText()) return null;
        break;
      case 0x69: {
        // i
        one = HAS_ID;
        if (!scanner.skip(ID)) return null;
        const from = scanner.at;
        if (!skipId()) return null;
        trade_id = memory.toString("latin1", from, scanner.at);
        scanner.at++;
        break;
      }
      case 0x4c: // L
        one = HAS_TICK;
        if (!scanner.skip(TICK) || !scanner.name() || !closesText()) return null;
        break;
      case 0x42: // B
        one = HAS_BLOCK;
        if (!scanner.skip(NO_BLOCK) && !scanner.skip(BLOCK)) return null;
        break;
      case 0x52: // R
        one = HAS_RPI;
        if (!scanner.skip(NO_RPI) && !scanner.skip(RPI)) return null;
        break;
      default:
        return null;
    }
    if ((has & one) !== 0) return null;
    has |= one;
    const next = scanner.bytes[scanner.at];
    scanner.at++;
    if (next === CURLY) break;
    if (next !== COMMA) return null;
  }
  if (market === null || (has & NEEDED) !== NEEDED) return null;
  const { provider, origin, symbol, ids } = market;
  const event_id = ids.of(ts_ms, trade_id);
  return {
    ver: 1,
    kind: "trade",
    origin,
    provider,
    symbol,
    ts_ms,
    price,
    size,
    side,
    trade_id,
    seq,
    event_id,
    recv_ms,
  };
}

/** Steps over the topic's symbol if it stands here again. */
function isTopicsSymbol(): boolean {
  const { bytes, at } = scanner;
  const length = topicTo - topicFrom;
  for (let i = 0; i < length; i++) if (bytes[at + i] !== bytes[topicFrom + i]) return false;
  if (bytes[at + length] !== QUOTE) return false;
  scanner.at = at + length;
  return true;
}

function closesText(): boolean {
  return scanner.bytes[scanner.at++] === QUOTE;
}

/** Steps to the closing quote of an id; false if it is longer than one, or has what no id has. */
function skipId(): boolean {
  const { bytes, at: from } = scanner;
  let at = from;
  while (at < from + ID_MAX && IN_AN_ID[bytes[at]!] === 1) at++;
  scanner.at = at;
  return at > from && bytes[at] === QUOTE;
}
