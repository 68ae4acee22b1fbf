import { afterEach, expect, test } from "bun:test";
import type { Book } from "../../../core/messages/index.ts";
import { fakeAlpaca } from "../../../testkit/venues/alpaca.ts";
import { fakeBinance } from "../../../testkit/venues/binance.ts";
import { fakeBybit } from "../../../testkit/venues/bybit.ts";
import { fakeCoinbase, fakeCoinbaseAdvanced } from "../../../testkit/venues/coinbase.ts";
import { fakeKraken } from "../../../testkit/venues/kraken.ts";
import type { FakeBook, Level } from "../../../testkit/venues/market.ts";
import type { FakeVenue } from "../../../testkit/venues/venue.ts";
import { systemClock } from "../../clock.ts";
import { dial, type Wire } from "../connection/dial.ts";
import { at } from "../endpoints.ts";
import { createRest } from "../rest.ts";
import { eventually } from "../test-support/live-world.ts";
import type { Venue } from "../venue.ts";
import { VENUES } from "../venues.ts";
import { type BookNeed, createBookKeeper } from "./keeper.ts";

const KEYS = { ALPACA_API_KEY: "key", ALPACA_API_SECRET: "secret", ALPACA_FEED: "iex" } as const;

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** The keeper on the venue's own frames; a book that is asked for is asked of the venue. */
async function keep(server: FakeVenue, venue: Venue) {
  open.push(() => server.stop());
  const symbol = venue.toVenue("BTCUSD")!;
  const plan = venue.sockets([symbol], ["book"])[0]!;
  const stop = new AbortController();
  open.push(() => stop.abort());
  const rest = createRest({ clock: systemClock, limit: { count: 100, per_ms: 1_000 }, signal: stop.signal });
  const books: Book[] = [];
  const asked: BookNeed[] = [];
  const say = (texts: readonly string[]): void => {
    for (const text of texts) wire.send(text);
  };
  const keeper = createBookKeeper({
    rule: venue.bookRule!,
    needsBook(_, why) {
      asked.push(why);
      if (venue.rest?.book !== undefined) {
        void venue.rest.book((url, weight) => rest(at(url, server.restUrl), weight), symbol).then(apply);
      } else if (why !== "start") say([...plan.remove([symbol]), ...plan.add([symbol])]);
    },
  });
  const apply = (update: Parameters<typeof keeper.apply>[0]): void => keeper.apply(update, (book) => books.push(book));
  const context = { provider: venue.id, symbolOf: () => symbol.symbol };
  const wire: Wire = dial(at(plan.url, server.wsUrl), venue.limits.frame_max_bytes, {
    opened: () => say(plan.login.length > 0 ? plan.login : plan.subscribe),
    frame: (data) =>
      venue.parse(data, Date.now(), context, (item) => {
        if (item.kind === "book_update") apply(item);
        else if (item.kind === "logged_in") say(plan.subscribe);
      }),
    alive: () => undefined,
    ended: () => undefined,
  });
  open.push(() => wire.end());
  return { books, asked, keeper, name: symbol.venue };
}

const numbers = (levels: readonly Level[]): number[][] => levels.map((level) => level.map(Number));
const isThat = (ours: Book | undefined, { bids, asks }: FakeBook): boolean =>
  ours !== undefined && Bun.deepEquals([ours.bids, ours.asks], [numbers(bids), numbers(asks)]);

interface Row {
  readonly venue: string;
  readonly api?: "advanced";
  readonly serve: () => Promise<FakeVenue>;
  /** What tells that a change is missing; null: nothing does, the venue promises their order on one socket. */
  readonly tells: "sequence" | "checksum" | null;
}
const ROWS: readonly Row[] = [
  { venue: "binance", serve: () => fakeBinance(["BTCUSDT"]), tells: "sequence" },
  { venue: "bybit", serve: () => fakeBybit(["BTCUSDT"]), tells: "sequence" },
  { venue: "coinbase", serve: () => fakeCoinbase(["BTC-USD"]), tells: null },
  { venue: "coinbase", api: "advanced", serve: () => fakeCoinbaseAdvanced(["BTC-USD"]), tells: null },
  { venue: "kraken", serve: () => fakeKraken(["BTC/USD"]), tells: "checksum" },
  { venue: "alpaca", serve: () => fakeAlpaca(["BTC/USD"]), tells: null },
];

test.each(ROWS.map((row) => [`${row.venue} ${row.api ?? ""}`, row] as const))(
  "%s: the book is the venue's after each change, and after one that is missing",
  async (_, { venue, api, serve, tells }) => {
    const server = await serve();
    const { books, asked, name } = await keep(
      server,
      await VENUES[venue]!({ ...KEYS, COINBASE_API: api ?? "exchange" }),
    );
    const two = (i: number): string => (100 + i / 100).toFixed(2);
    // Levels come, change and go; prices and sizes with zeros at their end.
    const change = (i: number, options?: { send?: boolean; isWrong?: boolean }): FakeBook =>
      server.change(
        name,
        {
          bids: [
            [two(-1 - (i % 15)), i % 4 === 3 ? "0.00000000" : `${(i % 9) + 1}.50000000`],
            [two(-40), "1.00000000"],
          ],
          asks: [
            [two(1 + (i % 13)), i % 5 === 4 ? "0.00000000" : `${(i % 7) + 1}.25000000`],
            [two(40), "2.00000000"],
          ],
        },
        options,
      );
    let now = change(0);
    let i = 1;
    await eventually("a book", () => {
      now = change(i++);
      return books.length > 0;
    });
    for (let n = 0; n < 30; n++) {
      now = change(i++);
      await eventually(`change ${n}`, () => isThat(books.at(-1), now));
    }
    expect(asked.filter((why) => why !== "start")).toEqual([]);
    if (tells === null) return;
    now = change(i++, tells === "checksum" ? { isWrong: true } : { send: false });
    await eventually("noticed", () => {
      now = change(i++);
      return asked.includes(tells);
    });
    await eventually("whole again", () => isThat(books.at(-1), now));
    expect(asked.filter((why) => why === tells).length).toBe(1);
  },
);
