import type { PriceRecord, Quote, Trade } from "../../../core/messages/index.ts";
import { eventId, isoMicros } from "../../../core/messages/trade.ts";
import type { BookUpdate, ParseContext } from "../venue.ts";
import type { Level } from "./levels.ts";

export interface TradeParts {
  readonly symbol: string;
  readonly ts_ms: number;
  /** Null: it comes from REST, which says nothing of when it would have arrived. */
  readonly recv_ms: number | null;
  readonly price: number;
  readonly size: number;
  readonly side: Trade["side"];
  readonly trade_id: string | null;
  readonly seq: number;
  /** What tells it from others of the same time: the venue's id of it, else its sequence. */
  readonly key: string | number;
  /** The venue's text of the time; where it is written as ids write theirs, it need not be made again. */
  readonly iso?: string;
}

/** 2026-09-21T14:13:20.127000Z, without its last letter */
const ISO_MICROS_LENGTH = 26;

/** The venue's text as ids write it, cut at the microsecond; null where it has fewer digits or another zone. */
const microsText = (iso: string): string | null =>
  iso.length > ISO_MICROS_LENGTH && iso[19] === "." && iso[10] === "T" && iso.endsWith("Z")
    ? iso.slice(0, ISO_MICROS_LENGTH)
    : null;

export function tradeOf({ provider, origin }: ParseContext, parts: TradeParts): Trade {
  const { symbol, ts_ms, recv_ms, price, size, side, trade_id, seq, key, iso } = parts;
  const micros = iso === undefined ? null : microsText(iso);
  const event_id = micros === null ? eventId(provider, symbol, ts_ms, key) : `${provider}|${symbol}|${micros}Z|${key}`;
  const trade: Trade = {
    ver: 1,
    kind: "trade",
    origin: origin ?? "live",
    provider,
    symbol,
    ts_ms,
    price,
    size,
    side,
    trade_id,
    seq,
    event_id,
  };
  if (recv_ms !== null) trade.recv_ms = recv_ms;
  return trade;
}

export interface QuoteParts {
  readonly symbol: string;
  readonly ts_ms: number;
  readonly recv_ms: number;
  readonly seq: number;
  /** Price 0: that side is empty. A size of null: the venue does not say it. */
  readonly bid: number;
  readonly bid_size: number | null;
  readonly ask: number;
  readonly ask_size: number | null;
}

export function quoteOf({ provider, origin }: ParseContext, parts: QuoteParts): Quote {
  const { symbol, ts_ms, recv_ms, seq, bid, bid_size, ask, ask_size } = parts;
  return {
    ver: 1,
    kind: "quote",
    origin: origin ?? "live",
    provider,
    symbol,
    ts_ms,
    recv_ms,
    seq,
    event_id: eventId(provider, symbol, ts_ms, seq),
    bid: bid > 0 ? bid : null,
    bid_size: bid > 0 ? bid_size : null,
    ask: ask > 0 ? ask : null,
    ask_size: ask > 0 ? ask_size : null,
  };
}

export function priceOf({ origin }: ParseContext, symbol: string, ts_ms: number, price: number): PriceRecord {
  return { kind: "price", origin: origin ?? "live", symbol, price, time: isoMicros(ts_ms) };
}

export interface BookParts {
  readonly symbol: string;
  readonly ts_ms: number;
  readonly recv_ms: number;
  readonly snapshot: boolean;
  readonly seq: number | null;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
  readonly checksum?: number;
  readonly texts?: NonNullable<BookUpdate["texts"]>;
}

export function bookOf({ provider }: ParseContext, parts: BookParts): BookUpdate {
  const { symbol, ts_ms, recv_ms, snapshot, seq, bids, asks, checksum, texts } = parts;
  return {
    kind: "book_update",
    provider,
    symbol,
    ts_ms,
    recv_ms,
    snapshot,
    first_seq: seq,
    last_seq: seq,
    prev_seq: null,
    bids,
    asks,
    checksum: checksum ?? null,
    ...(texts === undefined ? {} : { texts }),
  };
}
