import { Book } from "../../../core/messages/index.ts";
import { bookRule } from "../binance/book-rule.ts";
import { type BookKeeperOptions, createBookKeeper } from "../books/keeper.ts";
import type { BookUpdate } from "../venue.ts";

export const T0 = 1_700_000_000_000;
export type Levels = BookUpdate["bids"];
export const update = (
  first_seq: number,
  last_seq: number,
  bids: Levels,
  asks: Levels,
  over: Partial<BookUpdate> = {},
) =>
  ({
    kind: "book_update",
    provider: "binance",
    symbol: "X",
    ts_ms: T0 + last_seq,
    recv_ms: T0 + last_seq + 3,
    snapshot: false,
    first_seq,
    last_seq,
    prev_seq: null,
    bids,
    asks,
    checksum: null,
    ...over,
  }) satisfies BookUpdate;
export const whole = (last_seq: number, bids: Levels, asks: Levels, over: Partial<BookUpdate> = {}) =>
  update(0, last_seq, bids, asks, { snapshot: true, first_seq: null, ...over });

export function world(over: Partial<BookKeeperOptions> = {}) {
  const asked: string[] = [];
  const said: Book[] = [];
  const keeper = createBookKeeper({
    rule: bookRule,
    needsBook: (symbol, why) => asked.push(`${symbol} ${why}`),
    ...over,
  });
  const apply = (...updates: BookUpdate[]): void => {
    for (const one of updates) keeper.apply(one, (book) => said.push(Book.parse(book)));
  };
  return { keeper, asked, said, apply, best: () => said.at(-1) };
}
