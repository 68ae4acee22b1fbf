import { describe, expect, test } from "bun:test";
import { type Levels, update, whole, world } from "../test-support/book-world.ts";
import type { BookRule } from "../venue.ts";

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
