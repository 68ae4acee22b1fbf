import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { MarketRecord, Quote } from "../../core/messages/index.ts";
import type { Level } from "../../testkit/venues/market.ts";
import { KINDS } from "./test-support/kinds.ts";
import { eventually, type LiveWorld, type LiveWorldOptions, liveWorld } from "./test-support/live-world.ts";

setDefaultTimeout(30_000);

const open: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.stop();
});

/** Both markets trade and change their books at a steady pace, each at its own price. */
async function world(options: LiveWorldOptions = {}): Promise<LiveWorld> {
  const it = await liveWorld(options);
  let n = 0;
  const timer = setInterval(() => {
    n++;
    it.first.trade("BTCUSDT", "100.0");
    it.second.trade("BTCUSDT", "101.0");
    it.first.change("BTCUSDT", { bids: [["99", String(n)]], asks: [["101", "2"]] });
    it.second.change("BTCUSDT", { bids: [["100", String(n)]], asks: [["102", "2"]] });
  }, 20);
  open.push({
    async stop() {
      clearInterval(timer);
      await it.stop();
    },
  });
  return it;
}

const subscribed = (it: LiveWorld, which: "first" | "second"): boolean =>
  it[which].asked.some(({ path }) => path === "/api/v3/depth");

test("the venue that is shown brings its books, the one that stands by none; a failover brings the other's", async () => {
  const it = await world();
  await eventually("books", () => it.books().length > 5);
  expect(it.books().every(({ provider, symbol }) => provider === "binance" && symbol === "BTCUSDT")).toBe(true);
  expect(it.books().at(-1)).toMatchObject({ asks: [[101, 2]], checksum_ok: null });
  expect(subscribed(it, "second")).toBe(false);
  const sizes = it.books().map(({ bids }) => bids[0]![1]);
  expect(sizes).toEqual([...sizes].sort((a, b) => a - b));
  it.first.manners.mute = true;
  await eventually("the other's books", () => it.books().some(({ provider }) => provider === "bybit"));
  const first = it.books().findIndex(({ provider }) => provider === "bybit");
  expect(
    it
      .books()
      .slice(first)
      .every(({ provider }) => provider === "bybit"),
  ).toBe(true);
  it.first.manners.mute = false;
  await eventually("back", () => it.books().at(-1)?.provider === "binance");
});

test("a change that was missed: the book is begun anew, and what is said in between is nothing", async () => {
  const it = await world();
  await eventually("books", () => it.books().length > 3);
  it.first.change("BTCUSDT", { bids: [["98", "7"]] }, { send: false });
  await eventually(
    "whole again",
    () =>
      it
        .books()
        .at(-1)
        ?.bids.some(([price]) => price === 98) === true,
  );
  await eventually("said", () => (it.statusOf("binance")?.counters?.book_breaks ?? 0) > 0);
  const broken = it.books().findIndex(({ bids }) => bids.length === 2);
  expect(
    it
      .books()
      .slice(broken)
      .every(({ bids }) => bids.length === 2),
  ).toBe(true);
});

test("no books is said, and costs the trades nothing", async () => {
  const it = await world({
    prepare: (first) => {
      first.manners.refuseBooks = true;
    },
  });
  it.second.manners.refuse = { status: 451 };
  await eventually("said", () => it.statusOf("binance")?.text.includes("no order books: ") === true);
  const before = it.trades().length;
  await eventually("trades go on", () => it.trades().length > before + 10);
  expect(it.statusOf("binance")?.state).toBe("live");
});

test("of thousands of quotes a second the newest is written, and before each trade the one it met", async () => {
  const it = await liveWorld();
  open.push(it);
  it.second.manners.refuse = { status: 451 };
  await eventually("live", () => {
    it.first.trade("BTCUSDT", "1");
    return it.trades().length > 0;
  });
  const trade = it.first.trade("BTCUSDT", "1");
  await eventually("all before has come", () => it.trades().at(-1)?.seq === trade.id);
  const from = it.records.length;
  for (let i = 1; i <= 3_000; i++) {
    it.first.quote("BTCUSDT", String(i), String(i + 1));
    if (i % 1_000 === 0) it.first.trade("BTCUSDT", String(i));
  }
  await eventually("all", () => it.trades().at(-1)?.price === 3_000);
  const since = it.records.slice(from).filter(({ kind }) => kind === "trade" || kind === "quote");
  expect(since.filter(({ kind }) => kind === "quote").length).toBeLessThan(1_500);
  const met = since.flatMap((record: MarketRecord, i) =>
    record.kind === "trade" ? [[record.price, (since[i - 1] as Quote).bid]] : [],
  );
  expect(met).toEqual([
    [1_000, 1_000],
    [2_000, 2_000],
    [3_000, 3_000],
  ]);
  // This venue's quotes say no time: how long they took is not known, so it is not said to be nothing.
  expect(since.some((record) => record.kind === "quote" && record.recv_ms !== undefined)).toBe(false);
});

describe.each(KINDS.map((kind) => [kind.title ?? kind.id, kind] as const))("%s", (_, kind) => {
  test("the book is the venue's, and is again after a change that is missing and after the line broke", async () => {
    const it = await liveWorld({ kind });
    open.push(it);
    it.second.manners.refuse = { status: 451 };
    const [btc] = kind.names;
    let i = 0;
    let now = it.first.market.book(btc);
    const change = (options?: { send?: boolean; isWrong?: boolean }): void => {
      i++;
      const bid: Level = [(100 - (i % 15) / 100).toFixed(2), i % 4 === 3 ? "0.00000000" : `${(i % 9) + 1}.50000000`];
      const ask: Level = [(101 + (i % 13) / 100).toFixed(2), i % 5 === 4 ? "0.00000000" : `${(i % 7) + 1}.25000000`];
      const far = { bids: [["99.00", "1.00000000"]] as Level[], asks: [["102.00", "2.00000000"]] as Level[] };
      now = it.first.change(btc, { bids: [bid, ...far.bids], asks: [ask, ...far.asks] }, options);
    };
    const isWhole = (): boolean => {
      const ours = it.books().at(-1);
      return ours !== undefined && Bun.deepEquals([ours.bids, ours.asks], [levels(now.bids), levels(now.asks)]);
    };
    /** Changes go on all the time; each is given time to arrive. */
    const becomesWhole = async (what: string): Promise<void> => {
      let next_ms = 0;
      await eventually(what, () => {
        if (isWhole()) return true;
        if (Date.now() > next_ms) {
          it.first.trade(btc, "100.5");
          change();
          next_ms = Date.now() + 250;
        }
        return false;
      });
    };
    await becomesWhole("a book");
    const before = i;
    while (i < before + 5) {
      change();
      await eventually(`change ${i}`, isWhole);
    }
    if (TELLS[kind.id] !== undefined) {
      change(TELLS[kind.id]);
      await becomesWhole("whole after a missing change");
    }
    it.first.closeAll(1006);
    change({ send: false });
    await becomesWhole("whole after the line broke");
  });
});

/** How a change gets lost that the venue's numbers or checksums tell of; the others promise their order. */
const TELLS: Readonly<Record<string, { send?: boolean; isWrong?: boolean }>> = {
  binance: { send: false },
  bybit: { send: false },
  kraken: { isWrong: true },
};

const levels = (some: readonly Level[]): number[][] => some.map((level) => level.map(Number));
