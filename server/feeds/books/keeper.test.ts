import { describe, expect, test } from "bun:test";
import { Book } from "../../../core/messages/index.ts";
import { bookRule } from "../binance/book-rule.ts";
import type { BookRule, BookUpdate } from "../venue.ts";
import { type BookKeeperOptions, createBookKeeper } from "./keeper.ts";

const T0 = 1_700_000_000_000;
type Levels = BookUpdate["bids"];
const update = (first_seq: number, last_seq: number, bids: Levels, asks: Levels, over: Partial<BookUpdate> = {}) =>
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
const whole = (last_seq: number, bids: Levels, asks: Levels, over: Partial<BookUpdate> = {}) =>
  update(0, last_seq, bids, asks, { snapshot: true, first_seq: null, ...over });

function world(over: Partial<BookKeeperOptions> = {}) {
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

describe("spot: each change begins where the last one ended", () => {
  test("changes wait for the whole book, which is asked for once; the old ones among them are passed over", () => {
    const { keeper, apply, asked, said } = world();
    apply(update(5, 7, [[10, 1]], []), update(8, 10, [[10, 2]], []), update(11, 12, [], [[11, 5]]));
    expect([asked, said]).toEqual([["X start"], []]);
    expect(keeper.top("X", 5)).toBeNull();
    apply(whole(9, [[9, 1]], [[12, 1]]));
    expect(said.map(({ seq, bids, asks }) => ({ seq, bids, asks }))).toEqual([
      { seq: 9, bids: [[9, 1]], asks: [[12, 1]] },
      {
        seq: 10,
        bids: [
          [10, 2],
          [9, 1],
        ],
        asks: [[12, 1]],
      },
      {
        seq: 12,
        bids: [
          [10, 2],
          [9, 1],
        ],
        asks: [
          [11, 5],
          [12, 1],
        ],
      },
    ]);
    expect(keeper.counts).toEqual({ applied: 3, waiting: 3, old: 1, breaks: 0, wrong_checksums: 0, dropped: 0 });
    expect(keeper.top("X", 1)).toEqual({ bids: [[10, 2]], asks: [[11, 5]], ts_ms: T0 + 12 });
  });

  test("size 0 removes a level, of which nothing need be known; a size replaces the one before", () => {
    const { apply, best } = world();
    apply(
      whole(
        1,
        [
          [10, 1],
          [9, 1],
        ],
        [[11, 1]],
      ),
      update(
        2,
        2,
        [
          [10, 0],
          [7, 0],
          [9, 4],
        ],
        [[11, 0]],
      ),
    );
    expect(best()).toMatchObject({
      bids: [[9, 4]],
      asks: [],
      depth: 1,
      checksum_ok: null,
      event_id: expect.any(String),
    });
  });

  test("a break: nothing more is said until a new book is there, and it is asked for once", () => {
    const { keeper, apply, asked, said } = world();
    apply(
      whole(1, [[10, 1]], []),
      update(2, 2, [[10, 2]], []),
      update(4, 4, [[10, 4]], []),
      update(5, 5, [[10, 5]], []),
    );
    expect([asked, said.length, keeper.top("X", 1)]).toEqual([["X sequence"], 2, null]);
    apply(
      whole(
        4,
        [
          [10, 4],
          [8, 1],
        ],
        [],
      ),
    );
    expect(said.slice(2).map(({ seq }) => seq)).toEqual([4, 5]);
    expect(said.at(-1)).toMatchObject({
      bids: [
        [10, 5],
        [8, 1],
      ],
    });
    expect(keeper.counts).toMatchObject({ breaks: 1, old: 1 });
  });

  test("a whole book older than what waits is no beginning: another one is asked for, and nothing that waits is lost", () => {
    const { apply, asked, best } = world();
    apply(update(20, 21, [[10, 2]], []), update(22, 22, [[10, 3]], []), whole(15, [[10, 1]], []));
    expect([asked, best()?.seq]).toEqual([["X start", "X sequence"], 15]);
    apply(whole(20, [[10, 1]], []));
    expect(best()).toMatchObject({ seq: 22, bids: [[10, 3]] });
  });

  test("the same change again is passed over", () => {
    const { keeper, apply, said } = world();
    apply(whole(1, [[10, 1]], []), update(2, 2, [[10, 2]], []), update(2, 2, [[10, 2]], []));
    expect([said.length, keeper.counts.old]).toEqual([2, 1]);
  });
});

describe("futures: each change names the one before", () => {
  const change = (first: number, last: number, prev: number) =>
    update(first, last, [[10, last]], [], { prev_seq: prev });

  test("the first one holds the snapshot's id, and ids between changes are nobody's", () => {
    const { apply, said, keeper } = world();
    apply(whole(100, [[10, 1]], []), change(80, 90, 70), change(95, 105, 90), change(110, 120, 105));
    expect(said.map(({ seq }) => seq)).toEqual([100, 105, 120]);
    expect(keeper.counts.old).toBe(1);
    apply(change(131, 140, 130));
    expect(keeper.counts.breaks).toBe(1);
  });

  test("a first change that begins after the snapshot is a break", () => {
    const { apply, asked } = world();
    apply(whole(100, [[10, 1]], []), change(105, 110, 102));
    expect(asked).toEqual(["X sequence"]);
  });
});

describe("bounds", () => {
  test("what waits gives way, the oldest first, counted", () => {
    const { keeper, apply, said } = world({ pending_max: 3 });
    for (let id = 1; id <= 10; id++) apply(update(id, id, [[10, id]], []));
    expect(keeper.counts.dropped).toBe(7);
    apply(whole(7, [[10, 7]], []));
    expect(said.map(({ seq }) => seq)).toEqual([7, 8, 9, 10]);
  });

  test("20 levels are shown, the worst ones beyond the bound are forgotten", () => {
    const { apply, best } = world({ levels_max: 50 });
    const bids = Array.from({ length: 60 }, (_, i): [number, number] => [1 + i, 1]);
    apply(
      whole(
        1,
        bids,
        bids.map(([price]) => [price + 100, 1]),
      ),
    );
    expect(best()).toMatchObject({ depth: 50 });
    expect(best()!.bids).toHaveLength(20);
    expect([best()!.bids[0], best()!.asks[0], best()!.asks[19]]).toEqual([
      [60, 1],
      [101, 1],
      [120, 1],
    ]);
  });

  test("too many symbols: counted", () => {
    const { keeper, apply } = world({ symbols_max: 1 });
    apply(whole(1, [[10, 1]], []), whole(1, [[10, 1]], [], { symbol: "Y" }));
    expect([keeper.counts.dropped, keeper.top("Y", 1)]).toEqual([1, null]);
  });

  test("after the connection was lost nothing is known", () => {
    const { keeper, apply, asked } = world();
    apply(whole(1, [[10, 1]], []), whole(1, [[10, 1]], [], { symbol: "Y" }));
    keeper.forget("X");
    expect([keeper.top("X", 1), keeper.top("Y", 1) === null]).toEqual([null, false]);
    keeper.forget();
    apply(update(2, 2, [[10, 2]], [], { symbol: "Y" }));
    expect([keeper.top("Y", 1), asked]).toEqual([null, ["Y start"]]);
  });
});

describe("checksums", () => {
  /** A sum that sees texts and order. */
  const sum: NonNullable<BookRule["checksum"]> = (bids, asks) =>
    [...bids, ...asks].flat().reduce((hash, text) => (hash * 31 + text.length * 7 + Number(text)) % 1_000_003, 7);
  const rule: BookRule = { follows: () => true, depth: 2, checksum: sum };
  const texts = (levels: Levels): [string, string][] => levels.map(([p, s]) => [p.toFixed(2), s.toFixed(3)]);
  const said = (bids: Levels, asks: Levels, expected: [Levels, Levels], over = {}) =>
    update(1, 1, bids, asks, {
      texts: { bids: texts(bids), asks: texts(asks) },
      checksum: sum(texts(expected[0]), texts(expected[1])),
      ...over,
    });

  test("of the venue's own texts, best first, beyond the depth nothing; wrong is said, and begins anew", () => {
    const { apply, best, asked, keeper } = world({ rule });
    apply(
      said(
        [
          [10, 1],
          [9, 2],
        ],
        [[11, 1]],
        [
          [
            [10, 1],
            [9, 2],
          ],
          [[11, 1]],
        ],
        { snapshot: true },
      ),
    );
    expect(best()?.checksum_ok).toBe(true);
    apply(
      said(
        [[10.5, 3]],
        [[11, 0]],
        [
          [
            [10.5, 3],
            [10, 1],
          ],
          [],
        ],
      ),
    );
    expect(best()).toMatchObject({
      checksum_ok: true,
      bids: [
        [10.5, 3],
        [10, 1],
      ],
      depth: 2,
    });
    apply(
      said(
        [[10.5, 4]],
        [],
        [
          [
            [10.5, 3],
            [10, 1],
          ],
          [],
        ],
      ),
    );
    expect(best()?.checksum_ok).toBe(false);
    expect([asked, keeper.top("X", 1), keeper.counts.wrong_checksums]).toEqual([["X checksum"], null, 1]);
  });
});
