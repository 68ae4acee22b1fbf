import type { Book, Flow, MarketRecord } from "../../../core/messages/index.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import type { Session } from "../connection/session.ts";
import type { BookUpdate, Rest, Venue, VenueSymbol } from "../venue.ts";
import { type BookNeed, createBookKeeper } from "./keeper.ts";

export interface LiveBooksOptions {
  readonly venue: Venue;
  readonly rest: Rest;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** A connection of the books' own, or the one that brings the trades where there may be only one. */
  readonly connect: (symbols: readonly VenueSymbol[]) => Session;
}

/** A symbol's book is handed on at most this often: of what changes faster the newest is. */
const EVERY_MS = 50;
const AT_ONCE = 2_000;
/** A stream that begins with a whole book is given this long to send it. */
const SNAPSHOT_WITHIN_MS = 10_000;
/** From a break to the next beginning: longer each time while it keeps breaking, so that a venue is not flooded. */
const AGAIN_MS = 1_000;
const AGAIN_MAX_MS = 60_000;

/** How one symbol's book is begun, and begun again. */
interface Beginning {
  readonly symbol: VenueSymbol;
  /** When it is due; null: the book is good. */
  due_ms: number | null;
  tries: number;
  last_ms: number;
  isAsking: boolean;
}

/** The order books of one venue while it is the one that is shown: connected, begun, kept whole, and handed on. */
export class LiveBooks {
  readonly counters = { books: 0, book_breaks: 0, books_dropped: 0, books_failed: 0 };
  private session: Session | null = null;
  private readonly beginnings = new Map<string, Beginning>();
  private readonly newest = new Map<string, Book>();
  private readonly said_ms = new Map<string, number>();
  private dropped = 0;
  private readonly keeper;

  constructor(private readonly options: LiveBooksOptions) {
    const { bookRule } = options.venue;
    this.keeper =
      bookRule === null
        ? null
        : createBookKeeper({ rule: bookRule, needsBook: (symbol, why) => this.needs(symbol, why) });
  }

  /** Why there are none, in words; empty when all is well. */
  get trouble(): string {
    const { said, reason } = this.session?.said() ?? { said: "live", reason: "" };
    return said === "broken" || said === "mute" ? reason : "";
  }

  /** What came over a connection of their own; null where there is none. */
  flow(now_ms: number): Flow | null {
    return this.options.venue.limits.one_connection === true ? null : (this.session?.queue.flow(now_ms) ?? null);
  }

  /** These books and no others, from now on. */
  want(symbols: readonly VenueSymbol[]): void {
    if (this.keeper === null) return;
    const wanted = new Set(symbols.map(({ symbol }) => symbol));
    const gone = [...this.beginnings.keys()].filter((symbol) => !wanted.has(symbol));
    const more = symbols.filter(({ symbol }) => !this.beginnings.has(symbol));
    if (gone.length === 0 && more.length === 0) return;
    for (const symbol of gone) this.forget(symbol);
    const { one_connection } = this.options.venue.limits;
    // On a connection that stands already its whole book has gone by.
    const due_ms = one_connection === true ? this.options.clock.now() : null;
    for (const symbol of more) {
      this.beginnings.set(symbol.symbol, { symbol, due_ms, tries: 0, last_ms: 0, isAsking: false });
    }
    if (this.beginnings.size === 0) {
      if (one_connection !== true) this.session?.stop();
      this.session = null;
    } else if (this.session === null) {
      this.session = this.options.connect(symbols);
      this.dropped = this.session.queue.dropped.book;
    } else if (one_connection !== true) {
      for (const symbol of gone) this.session.remove(symbol);
      this.session.add(more);
    }
  }

  /** To be called in every step: waits end here, and what the books' own connection has brought is taken in. */
  step(now_ms: number): void {
    const { session } = this;
    if (session === null) return;
    if (this.options.venue.limits.one_connection !== true) {
      session.tick();
      for (const item of session.queue.take(AT_ONCE)) {
        if (item.kind === "book_update") this.take(item);
        else if (item.kind === "broken") this.broken(item.symbols);
      }
    }
    const { book } = session.queue.dropped;
    if (book !== this.dropped) {
      this.counters.books_dropped += book - this.dropped;
      this.dropped = book;
      // Whose changes gave way is not known, and where they carry no numbers nothing would tell.
      for (const symbol of this.beginnings.keys()) {
        this.keeper?.forget(symbol);
        this.needs(symbol, "sequence");
      }
    }
    for (const one of this.beginnings.values())
      if (one.due_ms !== null && now_ms >= one.due_ms) this.begin(one, now_ms);
  }

  take(update: BookUpdate): void {
    const one = this.beginnings.get(update.symbol);
    if (this.keeper === null || one === undefined) return;
    if (update.snapshot) one.due_ms = null;
    this.keeper.apply(update, (book) => this.newest.set(book.symbol, book));
  }

  /** The symbols' line broke: what their books were counts no longer. */
  broken(symbols: readonly string[]): void {
    for (const symbol of symbols) this.keeper?.forget(symbol);
  }

  /** What is to be handed on now. */
  drain(batch: MarketRecord[], now_ms: number): void {
    for (const [symbol, book] of this.newest) {
      if (Math.abs(now_ms - (this.said_ms.get(symbol) ?? 0)) < EVERY_MS) continue;
      this.newest.delete(symbol);
      this.said_ms.set(symbol, now_ms);
      this.counters.books++;
      batch.push(book);
    }
  }

  stop(): void {
    this.want([]);
  }

  private forget(symbol: string): void {
    this.beginnings.delete(symbol);
    this.newest.delete(symbol);
    this.said_ms.delete(symbol);
    this.keeper?.forget(symbol);
  }

  private needs(symbol: string, why: BookNeed): void {
    const one = this.beginnings.get(symbol);
    if (one === undefined) return;
    const now_ms = this.options.clock.now();
    if (why !== "start") this.counters.book_breaks++;
    if (one.due_ms !== null) return;
    if (Math.abs(now_ms - one.last_ms) > 2 * AGAIN_MAX_MS) one.tries = 0;
    const isSent = this.options.venue.rest?.book === undefined;
    const wait_ms = one.tries === 0 ? 0 : Math.min(AGAIN_MAX_MS, AGAIN_MS * 2 ** (one.tries - 1));
    one.due_ms = now_ms + (why === "start" && isSent ? SNAPSHOT_WITHIN_MS : wait_ms);
  }

  private begin(one: Beginning, now_ms: number): void {
    const { venue } = this.options;
    if (!one.isAsking) one.tries++;
    one.last_ms = now_ms;
    one.due_ms = now_ms + Math.min(AGAIN_MAX_MS, SNAPSHOT_WITHIN_MS * one.tries);
    if (venue.rest?.book === undefined) this.session?.again(one.symbol.symbol);
    else void this.fetch(one);
  }

  private async fetch(one: Beginning): Promise<void> {
    if (one.isAsking) return;
    one.isAsking = true;
    const { venue, rest, clock, signal } = this.options;
    try {
      const whole = await venue.rest?.book?.(rest, one.symbol);
      if (whole !== undefined && !signal.aborted && this.beginnings.get(one.symbol.symbol) === one) this.take(whole);
    } catch {
      this.counters.books_failed++;
      one.due_ms = clock.now() + Math.min(AGAIN_MAX_MS, AGAIN_MS * 2 ** one.tries);
    } finally {
      one.isAsking = false;
    }
  }
}
