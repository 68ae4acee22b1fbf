import { BOOK_LEVELS, type Book, eventId, type Origin } from "../../../core/messages/index.ts";
import type { BookRule, BookUpdate } from "../venue.ts";
import { Side } from "./side.ts";

/** Why a whole book is asked for. */
export type BookNeed = "start" | "sequence" | "checksum";

export interface BookKeeperOptions {
  readonly rule: BookRule;
  readonly origin?: Origin;
  /**
   * The book of this symbol has to be begun anew: the owner asks the venue for a whole one, or subscribes again, paced
   * as it likes, and hands it to `apply`. Called once until that has come.
   */
  readonly needsBook: (symbol: string, why: BookNeed) => void;
  /** Changes kept per symbol until the whole book comes; the oldest give way. */
  readonly pending_max?: number;
  /** Levels kept on a side where the venue's rule names no depth. */
  readonly levels_max?: number;
  readonly symbols_max?: number;
}

export interface BookCounts {
  applied: number;
  /** Kept until the whole book comes. */
  waiting: number;
  /** Already inside the book. */
  old: number;
  /** Broken chains, wrong checksums, and books begun anew because of them. */
  breaks: number;
  wrong_checksums: number;
  /** Changes that gave way while the whole book was missing, or of symbols beyond the bound. */
  dropped: number;
}

export interface BookKeeper {
  /** Takes a change or a whole book, and says the book after each one that was applied. */
  apply(update: BookUpdate, emit: (book: Book) => void): void;
  /** The connection was lost, or the symbol is not wanted any more: what is known of it counts no longer. */
  forget(symbol?: string): void;
  /** The best levels now; null while the book is not known. */
  top(symbol: string, depth: number): { bids: [number, number][]; asks: [number, number][]; ts_ms: number } | null;
  readonly counts: Readonly<BookCounts>;
}

interface Kept {
  bids: Side;
  asks: Side;
  last_seq: number;
  ts_ms: number;
  /** Unknown: nothing yet. Good: whole, and every change has followed. */
  state: "unknown" | "good";
  isFirst: boolean;
  hasAsked: boolean;
  pending: BookUpdate[];
}

/** A minute of changes every 100 ms. */
const PENDING_MAX = 600;
const LEVELS_MAX = 10_000;
const SYMBOLS_MAX = 5_000;

/** Makes whole books of changes by a venue's rule. Never shows one it does not know to be whole. */
export function createBookKeeper(options: BookKeeperOptions): BookKeeper {
  const { rule, origin = "live", needsBook, pending_max = PENDING_MAX, symbols_max = SYMBOLS_MAX } = options;
  const levels_max = rule.depth ?? options.levels_max ?? LEVELS_MAX;
  const books = new Map<string, Kept>();
  const counts: BookCounts = { applied: 0, waiting: 0, old: 0, breaks: 0, wrong_checksums: 0, dropped: 0 };
  const side = (better: 1 | -1): Side => new Side(better, levels_max, rule.checksum !== null);

  const emptyBook = (): Kept => ({
    bids: side(1),
    asks: side(-1),
    last_seq: 0,
    ts_ms: 0,
    state: "unknown",
    isFirst: true,
    hasAsked: false,
    pending: [],
  });

  function ask(book: Kept, symbol: string, why: BookNeed): void {
    if (book.hasAsked) return;
    book.hasAsked = true;
    needsBook(symbol, why);
  }

  function wait(book: Kept, update: BookUpdate): void {
    book.pending.push(update);
    counts.waiting++;
    if (book.pending.length <= pending_max) return;
    book.pending.shift();
    counts.dropped++;
  }

  /** The book is not whole any more: what comes waits for a new one. */
  function breakOff(book: Kept, update: BookUpdate, why: BookNeed): void {
    counts.breaks++;
    book.state = "unknown";
    book.bids = side(1);
    book.asks = side(-1);
    ask(book, update.symbol, why);
  }

  function setLevels(book: Kept, { bids, asks, texts }: BookUpdate): void {
    bids.forEach(([price, size], i) => {
      book.bids.set(price, size, texts?.bids[i]);
    });
    asks.forEach(([price, size], i) => {
      book.asks.set(price, size, texts?.asks[i]);
    });
    book.bids.trim();
    book.asks.trim();
  }

  /** Puts an update that follows into the book, and says the book. */
  function put(book: Kept, update: BookUpdate, emit: (book: Book) => void): void {
    setLevels(book, update);
    book.last_seq = update.last_seq ?? book.last_seq;
    // A whole book from REST may say no time.
    book.ts_ms = Math.max(book.ts_ms, update.ts_ms);
    counts.applied++;
    const checksum_ok =
      rule.checksum === null || update.checksum === null
        ? null
        : rule.checksum(book.bids.bestTexts(), book.asks.bestTexts()) === update.checksum;
    if (update.ts_ms > 0) emit(record(book, update, checksum_ok));
    if (checksum_ok !== false) return;
    counts.wrong_checksums++;
    breakOff(book, update, "checksum");
  }

  function record(
    book: Kept,
    { provider, symbol, ts_ms, recv_ms, last_seq }: BookUpdate,
    checksum_ok: boolean | null,
  ): Book {
    const seq = last_seq ?? 0;
    return {
      ver: 1,
      kind: "book",
      origin,
      provider,
      symbol,
      ts_ms,
      recv_ms,
      seq,
      event_id: eventId(provider, symbol, ts_ms, seq),
      bids: book.bids.best(BOOK_LEVELS),
      asks: book.asks.best(BOOK_LEVELS),
      depth: Math.max(book.bids.length, book.asks.length),
      checksum_ok,
    };
  }

  function begin(book: Kept, update: BookUpdate, emit: (book: Book) => void): void {
    book.bids = side(1);
    book.asks = side(-1);
    book.ts_ms = 0;
    book.state = "good";
    book.isFirst = true;
    book.hasAsked = false;
    // Where changes carry no numbers their order tells: those that came before a whole book are inside it.
    const pending = update.last_seq === null ? [] : book.pending;
    book.pending = [];
    put(book, update, emit);
    let inside: BookUpdate | null = null;
    for (const waiting of pending) {
      if (rule.follows(book.last_seq, waiting, book.isFirst) === null) inside = waiting;
      change(book, waiting, emit);
    }
    // It says no time, and nothing has come since: it is as old as the newest change that it holds, and is said now.
    if (book.ts_ms > 0 || inside === null || book.state !== "good") return;
    book.ts_ms = inside.ts_ms;
    emit(record(book, { ...inside, last_seq: book.last_seq }, null));
  }

  function change(book: Kept, update: BookUpdate, emit: (book: Book) => void): void {
    if (book.state === "unknown") {
      wait(book, update);
      ask(book, update.symbol, "start");
      return;
    }
    const follows = rule.follows(book.last_seq, update, book.isFirst);
    if (follows === null) {
      counts.old++;
    } else if (follows) {
      book.isFirst = false;
      put(book, update, emit);
    } else {
      breakOff(book, update, "sequence");
      wait(book, update);
    }
  }

  return {
    counts,
    apply(update, emit) {
      let book = books.get(update.symbol);
      if (book === undefined) {
        if (books.size >= symbols_max) {
          counts.dropped++;
          return;
        }
        book = emptyBook();
        books.set(update.symbol, book);
      }
      if (update.snapshot) begin(book, update, emit);
      else change(book, update, emit);
    },
    forget(symbol) {
      if (symbol === undefined) books.clear();
      else books.delete(symbol);
    },
    top(symbol, depth) {
      const book = books.get(symbol);
      if (book === undefined || book.state !== "good") return null;
      return { bids: book.bids.best(depth), asks: book.asks.best(depth), ts_ms: book.ts_ms };
    },
  };
}
