import { describe, expect, test } from "bun:test";
import { T0, update, whole, world } from "../test-support/book-world.ts";

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

  test("a whole book without a time that holds all that waited is said at once, as old as the newest of these", () => {
    const { apply, said } = world();
    apply(update(20, 21, [[10, 2]], []), update(22, 22, [[10, 3]], []), whole(22, [[10, 3]], [[11, 1]], { ts_ms: 0 }));
    expect(said.map(({ seq, ts_ms, bids }) => ({ seq, ts_ms, bids }))).toEqual([
      { seq: 22, ts_ms: T0 + 22, bids: [[10, 3]] },
    ]);
    apply(update(23, 23, [[10, 4]], []));
    expect(said.map(({ seq }) => seq)).toEqual([22, 23]);
  });

  test("a whole book without a time, where nothing waited, is said with the first change", () => {
    const { keeper, apply, said } = world();
    apply(whole(22, [[10, 3]], [[11, 1]], { ts_ms: 0 }));
    expect(said).toEqual([]);
    apply(update(23, 23, [[10, 4]], []));
    expect([said.map(({ seq }) => seq), keeper.top("X", 1)?.ts_ms]).toEqual([[23], T0 + 23]);
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
