import { z } from "@hono/zod-openapi";
import { BOOK_LEVELS, Book } from "../../../core/messages/index.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import type { Cache } from "../../cache/cache.ts";
import { HttpProblem } from "../problem.ts";
import type { Known } from "./known.ts";
import { type App, json, Limit, route, SymbolName } from "./route.ts";

const Query = z.strictObject({ symbol: SymbolName, depth: Limit(BOOK_LEVELS, BOOK_LEVELS) });

const BookAnswer = Book.omit({ depth: true }).extend({
  /** Levels asked for of each side. */
  depth: z.number().int(),
  /** Levels of the longer side the venue's book had. */
  levels_known: z.number().int(),
  /** Since the venue changed it last, by this machine's clock. */
  age_ms: z.number(),
});

/** The newest order book of a symbol. */
export function bookRoute(app: App, cache: Cache, clock: Clock, known: Known): void {
  route(
    app,
    {
      path: "/api/book",
      summary: "The best levels of a symbol's order book",
      description:
        "As of `ts_ms`, `age_ms` ago: a book that grows old is one the venue does not change, or one that is being begun " +
        "anew. `checksum_ok` is null where the venue states no checksum, false when it did not fit. Streamed as topic `book`.",
      query: Query,
      answer: { type: "application/json", schema: BookAnswer, description: "Best first; `levels_known` may be fewer" },
      problems: [400, 404, 503],
    },
    async ({ symbol, depth }, c) => {
      await known.seeded(c.req.raw.signal);
      known.symbol(symbol, "symbol");
      const held = cache.state.newest.get("book", symbol);
      if (held === undefined) throw noBook(symbol);
      const book = Book.parse(JSON.parse(held.text));
      const answer: z.output<typeof BookAnswer> = {
        ...book,
        bids: book.bids.slice(0, depth),
        asks: book.asks.slice(0, depth),
        depth,
        levels_known: book.depth,
        age_ms: Math.max(0, clock.now() - book.ts_ms),
      };
      return json(JSON.stringify(answer), { "cache-control": "no-store" });
    },
  );
}

const noBook = (symbol: string): HttpProblem =>
  new HttpProblem({
    status: 404,
    code: "no_book",
    title: "No book",
    detail: `No order book of ${symbol} is known: its feed has none, or has not brought it yet`,
    param: "symbol",
  });
