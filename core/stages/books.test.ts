import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Book, MarketRecord } from "../messages/index.ts";
import { heartbeat, route, T0 } from "./bars/test-support/world.ts";
import { BOOKS_SETTINGS, books } from "./books.ts";

const book = (ms: number, bid: number, over: Partial<Book> = {}): Book => ({
  ver: 1,
  kind: "book",
  provider: "venue",
  symbol: "BTCUSDT",
  ts_ms: T0 + ms,
  recv_ms: T0 + ms + 5,
  seq: ms,
  event_id: `venue|BTCUSDT|${ms}|${bid}`,
  bids: [[bid, 1]],
  asks: [[bid + 1, 1]],
  depth: 1,
  checksum_ok: null,
  ...over,
});

function run(records: readonly MarketRecord[], restartAt = -1): Book[] {
  const said: Book[] = [];
  let state = books.init(BOOKS_SETTINGS);
  records.forEach((record, i) => {
    if (i === restartAt) state = JSON.parse(JSON.stringify(state)) as typeof state;
    books.step(state, record, (out) => said.push(out));
  });
  return said;
}

const bids = (said: readonly Book[]): (number | undefined)[] => said.map((one) => one.bids[0]?.[0]);

test("of a burst the first and the last are said, four times a second at most", () => {
  const tape = [
    book(0, 1),
    book(50, 2),
    book(100, 3),
    book(260, 4),
    book(300, 5),
    heartbeat(T0 + 400),
    heartbeat(T0 + 520),
  ];
  expect(bids(run(tape))).toEqual([1, 4, 5]);
});

test("silence moves no time; a clock set back silences nobody for long", () => {
  const silent = { ...heartbeat(T0 + 9_000), reason: "silence" as const };
  expect(bids(run([book(0, 1), book(50, 2), silent]))).toEqual([1]);
  expect(bids(run([book(3_600_000, 1), book(0, 2), book(250, 3)]))).toEqual([1, 2, 3]);
});

test("a book dated years ahead is said with its word, and does not stop the next ones", () => {
  const ahead = book(1e11, 1, { recv_ms: T0 });
  expect(bids(run([ahead, book(1_500, 2), book(1_800, 3)]))).toEqual([1, 2, 3]);
});

test("only the routed venue's book is said, and a new route is told at once", () => {
  const other = book(30, 9, { provider: "other" });
  const tape = [route("venue", T0), book(0, 1), other, book(60, 2), route("other", T0 + 70), other, book(90, 3)];
  expect(bids(run(tape))).toEqual([1, 9]);
});

test("cut anywhere and gone on from its state as JSON, it says the same; never more often than it may", () => {
  const any = fc.array(
    fc.record({
      step_ms: fc.integer({ min: 0, max: 400 }),
      kind: fc.constantFrom("book", "book", "book", "heartbeat"),
      symbol: fc.constantFrom("BTCUSDT", "__proto__"),
    }),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(any, fc.nat(60), (steps, restartAt) => {
      let ms = 0;
      const tape = steps.map(({ step_ms, kind, symbol }, i) => {
        ms += step_ms;
        return kind === "book" ? book(ms, i + 1, { symbol }) : heartbeat(T0 + ms);
      });
      tape.push(heartbeat(T0 + ms + 1_000));
      const said = run(tape);
      expect(run(tape, restartAt)).toEqual(said);
      for (const symbol of ["BTCUSDT", "__proto__"]) {
        const mine = said.filter((one) => one.symbol === symbol);
        expect(mine.length).toBeLessThanOrEqual((ms + 1_000) / BOOKS_SETTINGS.pub_ms + 1);
        const newest = tape.findLast((record) => record.kind === "book" && record.symbol === symbol);
        expect(mine.at(-1)).toEqual(newest as Book | undefined);
      }
    }),
  );
});
