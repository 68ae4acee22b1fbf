import { expect, test } from "bun:test";
import type { Book, MarketRecord } from "../../../core/messages/index.ts";
import { bookRule as numbered } from "../binance/book-rule.ts";
import { Session } from "../connection/session.ts";
import { update, whole } from "../test-support/book-world.ts";
import { fakeClock } from "../test-support/fake-clock.ts";
import { fakeDial } from "../test-support/fake-wire.ts";
import { STEADY_BACKOFF, tinyVenue } from "../test-support/tiny-venue.ts";
import type { BookRule, BookUpdate, Venue } from "../venue.ts";
import { LiveBooks } from "./live-books.ts";

const X = { symbol: "X", venue: "x" };
const Y = { symbol: "Y", venue: "y" };

interface Options {
  readonly rule?: BookRule;
  /** Whole books over REST, one a call; left out: the stream sends them. */
  readonly rest?: () => BookUpdate;
  readonly queue_max?: number;
}

function world({ rule = numbered, rest, queue_max = 100 }: Options = {}) {
  const clock = fakeClock();
  const { dial, wires } = fakeDial();
  const asked_ms: number[] = [];
  const venue: Venue = {
    ...tinyVenue({ limits: { messages: { count: 100, per_ms: 1_000 }, silent_after_ms: 1e9 } }),
    bookRule: rule,
    rest:
      rest === undefined
        ? null
        : {
            markets: async () => [],
            candles: async () => [],
            trades: async () => ({ trades: [], complete: true }),
            book: async () => {
              asked_ms.push(clock.now());
              return rest();
            },
          },
  };
  const books = new LiveBooks({
    venue,
    rest: async () => ({ status: 200, body: "", retry_after_ms: null }),
    clock,
    signal: new AbortController().signal,
    connect: (symbols) =>
      new Session({
        venue,
        symbols,
        channels: ["book"],
        stream: "",
        clock,
        dial,
        random: () => 0.5,
        settings: STEADY_BACKOFF,
        queue_max,
      }),
  });
  const said: Book[] = [];
  const run = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 50) {
      const batch: MarketRecord[] = [];
      books.step(clock.now());
      books.drain(batch, clock.now());
      said.push(...(batch as Book[]));
      await clock.advance(50);
    }
  };
  const start = async (...symbols: (typeof X)[]): Promise<void> => {
    books.want(symbols);
    await run(100);
    wires.at(-1)!.events.opened();
    await run(100);
  };
  return { clock, books, wires, said, run, start, asked_ms };
}

const seqs = (said: readonly Book[]): number[] => said.map(({ seq }) => seq);

test("nothing is connected for a venue that stands by; one that is shown brings its books, and leaves them again", async () => {
  const { books, wires, run, start, said } = world({ rest: () => whole(9, [[9, 1]], [[12, 1]]) });
  await run(500);
  expect(wires.length).toBe(0);
  await start(X);
  wires[0]!.say(update(10, 10, [[10, 1]], []));
  await run(100);
  expect(seqs(said)).toEqual([10]);
  books.want([X, Y]);
  await run(100);
  expect(wires[0]!.sent).toEqual(["subscribe x", "add 1"]);
  books.want([Y]);
  await run(100);
  expect(wires[0]!.sent.at(-1)).toBe("remove 1");
  wires[0]!.say(update(11, 11, [[10, 2]], []));
  await run(200);
  expect(seqs(said)).toEqual([10]);
  books.want([]);
  expect(wires[0]!.isEnded).toBe(true);
});

test("changes wait for the whole book over REST; a hole begins the book anew, later each time it does not help", async () => {
  let last = 5;
  const { wires, run, start, said, asked_ms, books } = world({ rest: () => whole(last, [[9, 1]], [[12, 1]]) });
  await start(X);
  wires[0]!.say(update(6, 6, [[10, 1]], []));
  await run(200);
  expect([seqs(said), asked_ms.length]).toEqual([[6], 1]);
  // Number 7 never came, and the venue's REST side is behind: its book ends before what waits begins.
  wires[0]!.say(update(8, 8, [[10, 3]], []));
  await run(15_500);
  const waits = asked_ms.slice(2).map((at, i) => Math.round((at - asked_ms[i + 1]!) / 1_000));
  expect(waits).toEqual([2, 4, 8]);
  last = 8;
  wires[0]!.say(update(9, 9, [[10, 4]], []));
  await run(20_000);
  expect(said.at(-1)).toMatchObject({
    seq: 9,
    bids: [
      [10, 4],
      [9, 1],
    ],
  });
  expect(books.counters.book_breaks).toBeGreaterThan(3);
});

test("a venue that sends whole books: a wrong checksum leaves the book and asks for it again; what came before is inside the new one", async () => {
  const rule: BookRule = { follows: () => true, depth: 10, checksum: (bids) => bids.length };
  const { wires, run, start, said } = world({ rule });
  const bare = { first_seq: null, last_seq: null };
  const level = (price: number, size: number, checksum: number, over: Partial<BookUpdate> = {}) =>
    update(0, price, [[price, size]], [], { ...bare, checksum, ...over });
  await start(X);
  wires[0]!.say(level(1, 1, 1, { snapshot: true }));
  await run(100);
  wires[0]!.say(level(2, 1, 7));
  await run(100);
  expect(said.map(({ checksum_ok }) => checksum_ok)).toEqual([true, false]);
  expect(wires[0]!.sent).toEqual(["subscribe x", "remove 1", "add 1"]);
  wires[0]!.say(level(3, 1, 3));
  await run(100);
  expect(said.length).toBe(2);
  wires[0]!.say(level(5, 1, 1, { snapshot: true }));
  await run(100);
  expect(said.at(-1)).toMatchObject({ bids: [[5, 1]], checksum_ok: true });
  expect(said.length).toBe(3);
});

test("a line that broke: the book counts no longer until the next line has brought it whole", async () => {
  const { wires, run, start, said } = world();
  await start(X);
  wires[0]!.say(whole(5, [[10, 1]], []));
  await run(100);
  wires[0]!.events.ended({ kind: "closed", code: 1006, text: "" });
  await run(2_000);
  wires[1]!.events.opened();
  wires[1]!.say(update(6, 6, [[11, 1]], []));
  await run(500);
  expect(seqs(said)).toEqual([5]);
  wires[1]!.say(whole(9, [[12, 1]], []));
  await run(100);
  expect(seqs(said)).toEqual([5, 9]);
});

test("what changes faster than it may be said is said as it is in the end; what gave way begins the books anew", async () => {
  const { wires, run, start, said, books } = world({ queue_max: 20 });
  await start(X);
  wires[0]!.say(whole(1, [[10, 1]], []));
  for (let seq = 2; seq <= 10; seq++) wires[0]!.say(update(seq, seq, [[10, seq]], []));
  await run(200);
  expect(said.map(({ seq, bids }) => [seq, bids[0]?.[1]])).toEqual([[10, 10]]);
  for (let seq = 11; seq <= 60; seq++) wires[0]!.say(update(seq, seq, [[10, seq]], []));
  await run(200);
  expect(books.counters.books_dropped).toBeGreaterThan(0);
  expect(wires[0]!.sent).toEqual(["subscribe x", "remove 1", "add 1"]);
  wires[0]!.say(whole(61, [[10, 61]], []));
  await run(100);
  expect(seqs(said).at(-1)).toBe(61);
});
