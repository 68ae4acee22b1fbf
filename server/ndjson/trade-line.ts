import { isAmount, isPrice } from "../../core/messages/common.ts";
import type { Trade } from "../../core/messages/trade.ts";
import type { QuickTrade } from "../../core/stages/bars/quick.ts";
import { symbolText } from "../feeds/decode/fields.ts";
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
const NO_TRADE_ID = new Literal(',"trade_id":null,"seq":');
const SEQ = new Literal('","seq":');
const EVENT_ID = new Literal(',"event_id":"');
const QUOTE = new Literal('"');
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
const textAt = (from: number, to: number): string => memory.toString("latin1", from, to);

/**
 * Trades in exactly the form in which `decode` writes them, read from the bytes of their line. Whatever is unusual in any
 * way is left to the plain reader; what lines begin with is learned from trades that it has accepted.
 */
export class TradeLines implements QuickTrade {
  private sources: Source[] = [];
  private source: Source | null = null;
  private idFrom = 0;
  private idTo = 0;
  private eventFrom = 0;
  private eventTo = 0;
  /** Of the line that was read last. */
  provider = "";
  origin: Trade["origin"] = undefined;
  symbol = "";
  ts_ms = 0;
  recv_ms: number | undefined = undefined;
  price = 0;
  size = 0;
  side: Trade["side"] = null;
  seq = 0;
  /** `seq` is its id. */
  countsUp = false;

  /** False: it is not of this form. */
  read(line: Uint8Array): boolean {
    const source = scanner.load(line) ? this.find() : null;
    if (source === null || !scanner.name()) return false;
    const symbol = source.symbols.find(scanner) ?? learnSymbol(source);
    if (symbol === null || !scanner.skip(TIME)) return false;
    this.symbol = symbol;
    this.ts_ms = scanner.decimal();
    let recv_ms = received();
    if (!(this.ts_ms <= TIME_MAX_MS) || !scanner.skip(PRICE)) return false;
    this.price = scanner.decimal();
    if (!isPrice(this.price) || !scanner.skip(SIZE)) return false;
    this.size = scanner.decimal();
    if (!isAmount(this.size)) return false;
    this.side = scanner.skip(BUY) ? "buy" : scanner.skip(SELL) ? "sell" : null;
    if ((this.side === null && !scanner.skip(NO_SIDE)) || !this.readIds()) return false;
    if (recv_ms === NOT_SAID) recv_ms = received();
    if (!(recv_ms <= TIME_MAX_MS) || !scanner.skip(END) || !scanner.isAtEnd) return false;
    this.recv_ms = recv_ms === NOT_SAID ? undefined : recv_ms;
    this.provider = source.provider;
    this.origin = source.origin;
    return true;
  }

  /** The line that was read last, before anything else is read: fields stand in the order in which the plain reader has them. */
  record(): Trade {
    const { origin, provider, symbol, ts_ms, recv_ms, price, size, side, seq } = this;
    const trade_id = this.idFrom === this.idTo ? null : textAt(this.idFrom, this.idTo);
    const event_id = textAt(this.eventFrom, this.eventTo);
    return recv_ms === undefined
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

  private readIds(): boolean {
    let id = -1;
    this.idFrom = scanner.at;
    this.idTo = scanner.at;
    if (!scanner.skip(NO_TRADE_ID)) {
      if (!scanner.skip(TRADE_ID)) return false;
      this.idFrom = scanner.at;
      id = scanner.whole();
      this.idTo = scanner.at;
      if (id < 0 || !scanner.skip(SEQ)) {
        id = -1;
        scanner.at = this.idFrom;
        if (!scanner.text()) return false;
        this.idTo = scanner.at;
        // An empty one is none: it is left to the plain reader.
        if (this.idTo === this.idFrom || this.idTo - this.idFrom > TRADE_ID_MAX || !scanner.skip(SEQ)) return false;
      }
    }
    this.seq = scanner.whole();
    if (this.seq < 0 || !scanner.skip(EVENT_ID)) return false;
    this.countsUp = id === this.seq;
    this.eventFrom = scanner.at;
    if (!scanner.text()) return false;
    this.eventTo = scanner.at;
    const length = this.eventTo - this.eventFrom;
    return length > 0 && length <= EVENT_ID_MAX && scanner.skip(QUOTE);
  }
}

function learnSymbol({ symbols }: Source): string | null {
  const symbol = symbolText(scanner.nameText());
  if (symbol !== null) symbols.add(scanner, symbol);
  return symbol;
}

/** A receive time where one stands here; no number where it is none. */
const received = (): number => (scanner.skip(RECEIVED) ? scanner.decimal() : NOT_SAID);
