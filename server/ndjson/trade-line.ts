import type { Trade } from "../../core/messages/trade.ts";
import { symbolText } from "../feeds/decode/fields.ts";
import { isAmount, isPrice } from "../feeds/decode/limits.ts";
import { Names } from "../feeds/decode/names.ts";
import { Literal, Scanner } from "../feeds/decode/scanner.ts";

const TIME = new Literal('","ts_ms":');
const RECEIVED = new Literal(',"recv_ms":');
const PRICE = new Literal(',"price":');
const SIZE = new Literal(',"size":');
const BUY = new Literal(',"side":"buy"');
const SELL = new Literal(',"side":"sell"');
const NO_SIDE = new Literal(',"side":null');
const TRADE_ID = new Literal(',"trade_id":"');
const NO_TRADE_ID = new Literal(',"trade_id":null');
const QUOTE = new Literal('"');
const SEQ = new Literal(',"seq":');
const EVENT_ID = new Literal(',"event_id":"');
const END = new Literal("}");

/** As the record's schema has them. */
const TIME_MAX_MS = 8.64e15;
const TRADE_ID_MAX = 128;
const EVENT_ID_MAX = 300;
/** More providers than anyone records in one file: beyond, it begins anew. */
const SOURCES_MAX = 32;
const NOT_SAID = -1;

/** What the lines of a provider begin with, up to the symbol; its symbols so far. */
interface Source {
  readonly head: Literal;
  readonly origin: NonNullable<Trade["origin"]>;
  readonly provider: string;
  readonly symbols: Names<string>;
}

const scanner = new Scanner();
const memory = Buffer.from(scanner.bytes.buffer);

/**
 * Trades in exactly the form in which `decode` writes them, read from the bytes of their line. Whatever is unusual in any
 * way is left to the plain reader; what lines begin with is learned from trades that it has accepted.
 */
export class TradeLines {
  private sources: Source[] = [];
  private source: Source | null = null;

  /** Null: it is not of this form. */
  read(line: Uint8Array): Trade | null {
    const source = scanner.load(line) ? this.find() : null;
    if (source === null || !scanner.name()) return null;
    const symbol = source.symbols.find(scanner) ?? learnSymbol(source);
    if (symbol === null || !scanner.skip(TIME)) return null;
    const ts_ms = scanner.decimal();
    let recv_ms = received();
    if (!(ts_ms <= TIME_MAX_MS) || !scanner.skip(PRICE)) return null;
    const price = scanner.decimal();
    if (!isPrice(price) || !scanner.skip(SIZE)) return null;
    const size = scanner.decimal();
    if (!isAmount(size)) return null;
    const side = scanner.skip(BUY) ? "buy" : scanner.skip(SELL) ? "sell" : null;
    if (side === null && !scanner.skip(NO_SIDE)) return null;
    const trade_id = scanner.skip(NO_TRADE_ID) ? null : text(TRADE_ID, TRADE_ID_MAX);
    if (trade_id === undefined || !scanner.skip(SEQ)) return null;
    const seq = scanner.whole();
    const event_id = text(EVENT_ID, EVENT_ID_MAX);
    if (seq < 0 || event_id === undefined || event_id === "") return null;
    if (recv_ms === NOT_SAID) recv_ms = received();
    if (!(recv_ms <= TIME_MAX_MS) || !scanner.skip(END) || !scanner.isAtEnd) return null;
    const { origin, provider } = source;
    // Fields stand in the order in which the plain reader has them.
    return recv_ms === NOT_SAID
      ? { ver: 1, kind: "trade", origin, provider, symbol, ts_ms, price, size, side, trade_id, seq, event_id }
      : { ver: 1, kind: "trade", origin, provider, symbol, ts_ms, recv_ms, price, size, side, trade_id, seq, event_id };
  }

  /** Lines that begin with what stands before this trade's symbol can be read from now on. */
  learn({ origin, provider }: Trade): void {
    if (origin === undefined || this.sources.some((known) => known.origin === origin && known.provider === provider))
      return;
    if (this.sources.length >= SOURCES_MAX) this.sources = [];
    const head = JSON.stringify({ ver: 1, kind: "trade", origin, provider, symbol: "" }).slice(0, -2);
    this.sources.push({ head: new Literal(head), origin, provider, symbols: new Names() });
  }

  private find(): Source | null {
    if (this.source !== null && scanner.skip(this.source.head)) return this.source;
    this.source = this.sources.find(({ head }) => scanner.skip(head)) ?? null;
    return this.source;
  }
}

function learnSymbol({ symbols }: Source): string | null {
  const symbol = symbolText(scanner.nameText());
  if (symbol !== null) symbols.add(scanner, symbol);
  return symbol;
}

/** A receive time where one stands here; no number where it is none. */
const received = (): number => (scanner.skip(RECEIVED) ? scanner.decimal() : NOT_SAID);

/** What stands between the opening and the closing quote; undefined where there is no such text, or too long a one. */
function text(opening: Literal, most: number): string | undefined {
  if (!scanner.skip(opening)) return undefined;
  const from = scanner.at;
  if (!scanner.text() || scanner.at - from > most) return undefined;
  const value = memory.toString("latin1", from, scanner.at);
  scanner.skip(QUOTE);
  return value;
}
