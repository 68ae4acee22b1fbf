import { BOOK_LEVELS, type Book } from "../../../core/messages/book.ts";
import type { Quote } from "../../../core/messages/quote.ts";
import { eventId } from "../../../core/messages/trade.ts";
import { type Market, ORIGIN, PROVIDER } from "./market.ts";
import { streamKey, unit } from "./prng.ts";
import type { SymbolSpec } from "./symbols.ts";

/** Every symbol is quoted at the same moments, its book every other time. */
export const QUOTE_EVERY_MS = 250;
export const BOOK_EVERY_MS = 500;
/** Orders that rest at a price stay as they are for so long. */
const REST_MS = 4_000;

type Level = [price: number, size: number];

/** What stands in the synthetic order book: like its prices, a function of seed and time. */
export class Orders {
  private readonly keys: readonly number[];

  constructor(
    private readonly market: Market,
    seed: number,
  ) {
    this.keys = market.symbols.map(({ symbol }) => streamKey(seed, `${symbol}/orders`));
  }

  /** The quotes, and every other time the books, of one of the moments. */
  at(ts_ms: number, recv_ms: number): (Quote | Book)[] {
    return this.market.symbols.flatMap((spec, index) => {
      const quote = this.quote(spec, index, ts_ms, recv_ms);
      return ts_ms % BOOK_EVERY_MS === 0 ? [quote, this.book(spec, index, ts_ms, recv_ms)] : [quote];
    });
  }

  private quote(spec: SymbolSpec, index: number, ts_ms: number, recv_ms: number): Quote {
    const [[bid, bid_size] = [null, null]] = this.side(spec, index, ts_ms, -1, 1);
    const [[ask, ask_size] = [null, null]] = this.side(spec, index, ts_ms, 1, 1);
    return { ...named("quote", spec, ts_ms, recv_ms), bid, bid_size, ask, ask_size };
  }

  private book(spec: SymbolSpec, index: number, ts_ms: number, recv_ms: number): Book {
    return {
      ...named("book", spec, ts_ms, recv_ms),
      bids: this.side(spec, index, ts_ms, -1, BOOK_LEVELS),
      asks: this.side(spec, index, ts_ms, 1, BOOK_LEVELS),
      depth: BOOK_LEVELS,
      checksum_ok: null,
    };
  }

  /** Prices a step apart from the best one outwards; of a coin with fine ticks a step is several of them. */
  private side(spec: SymbolSpec, index: number, ts_ms: number, sign: 1 | -1, levels: number): Level[] {
    const scale = 10 ** spec.decimals;
    const middle = this.market.priceAt(index, ts_ms) * scale;
    const half = middle * (spec.halfSpreadBps / 10_000);
    const step = Math.max(1, Math.round(half / 2));
    const best = sign > 0 ? Math.ceil((middle + half) / step) : Math.floor((middle - half) / step);
    const found: Level[] = [];
    for (let i = 0; i < levels && best + sign * i > 0; i++) {
      const ticks = (best + sign * i) * step;
      found.push([ticks / scale, this.sizeAt(spec, index, ticks, ts_ms, i)]);
    }
    return found;
  }

  /** More rests farther out; the best level is the thinnest. */
  private sizeAt(spec: SymbolSpec, index: number, ticks: number, ts_ms: number, place: number): number {
    const key = this.keys[index]! ^ Math.floor(ts_ms / REST_MS);
    const size = spec.meanSize * (1 + place / 4) * (0.3 + 2.4 * unit(key, ticks) ** 2);
    const scale = 10 ** spec.sizeDecimals;
    return Math.max(1, Math.round(size * scale)) / scale;
  }
}

const named = <K extends "quote" | "book">(kind: K, { symbol }: SymbolSpec, ts_ms: number, recv_ms: number) => ({
  ver: 1 as const,
  kind,
  origin: ORIGIN,
  provider: PROVIDER,
  symbol,
  ts_ms,
  recv_ms,
  seq: ts_ms,
  event_id: eventId(PROVIDER, symbol, ts_ms, ts_ms),
});
