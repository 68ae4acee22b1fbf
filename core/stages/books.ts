import type { Book, MarketRecord } from "../messages/index.ts";
import type { Stage } from "../stage.ts";
import { mayBeSaid, NEVER_SAID, type Paced, sayWaiting } from "./pace.ts";
import { AHEAD_MS } from "./price.ts";
import { admit, type BySymbol, bySymbol, find } from "./symbols.ts";

export interface BooksSettings {
  /** A symbol's book is said at most once in so much event time. */
  readonly pub_ms: number;
  readonly max_symbols: number;
}
export const BOOKS_SETTINGS: BooksSettings = { pub_ms: 250, max_symbols: 5_000 };

interface SymbolBook extends Paced {
  /** Whose book it is; null until a route says so. */
  route: string | null;
  newest_ms: number;
  /** The newest one, while it waits to be said. */
  waiting: Book | null;
}

export interface BooksState {
  settings: BooksSettings;
  symbols: BySymbol<SymbolBook>;
  /** Books of providers that are not the symbol's. */
  unrouted: number;
}

function symbolOf({ symbols, settings }: BooksState, symbol: string): SymbolBook {
  const known = find(symbols, symbol);
  if (known !== undefined) return known;
  const one = { route: null, newest_ms: 0, waiting: null, said_ms: NEVER_SAID, changed: false };
  return admit(symbols, symbol, one, settings.max_symbols, ({ newest_ms }) => newest_ms);
}

function take(state: BooksState, book: Book, emit: (out: Book) => void): void {
  const one = symbolOf(state, book.symbol);
  if (one.route !== null && one.route !== book.provider) {
    state.unrouted++;
    return;
  }
  const { ts_ms, recv_ms } = book;
  one.newest_ms = recv_ms === undefined ? ts_ms : Math.min(ts_ms, recv_ms + AHEAD_MS);
  // A clock that was set back must not silence what comes after it.
  if (one.newest_ms < one.said_ms - state.settings.pub_ms) one.said_ms = NEVER_SAID;
  one.waiting = book;
  if (mayBeSaid(one, one.newest_ms, state.settings.pub_ms)) say(one, one.newest_ms, emit);
}

function say(one: SymbolBook, at_ms: number, emit: (out: Book) => void): void {
  if (one.waiting === null) return;
  emit(one.waiting);
  one.waiting = null;
  one.changed = false;
  one.said_ms = at_ms;
}

/** Books as a page wants them: the newest of a symbol, a few times a second, the last one of a burst included. */
export const books: Stage<BooksState, MarketRecord, Book, BooksSettings> = {
  version: 1,
  init: (settings) => ({ settings, symbols: bySymbol(), unrouted: 0 }),
  step(state, record, emit) {
    if (record.kind === "book") {
      take(state, record, emit);
    } else if (record.kind === "heartbeat") {
      if (record.reason === "silence") return;
      sayWaiting(state.symbols, record.ts_ms, state.settings.pub_ms, (_symbol, one) => say(one, record.ts_ms, emit));
    } else if (record.kind === "route") {
      const one = symbolOf(state, record.symbol);
      if (one.route === record.provider) return;
      Object.assign(one, { route: record.provider, waiting: null, changed: false, said_ms: NEVER_SAID });
    }
  },
};
