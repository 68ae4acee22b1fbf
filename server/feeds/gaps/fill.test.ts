import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Gap, MarketRecord, Trade } from "../../../core/messages/index.ts";
import { fakeClock } from "../test-support/fake-clock.ts";
import { tinyTrade, tinyVenue } from "../test-support/tiny-venue.ts";
import type { VenueRest } from "../venue.ts";
import { Filler } from "./fill.ts";
import { Ledger } from "./fill-ledger.ts";

const T0 = 1_700_000_000_000;
const trade = (seq: number): Trade => tinyTrade(seq, T0 + seq * 10) as Trade;

test("whatever is left out, doubled or overtaken, holes and arrivals together are every id, each missing one once", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ keep: fc.boolean(), twice: fc.boolean(), swap: fc.boolean() }), {
        minLength: 2,
        maxLength: 60,
      }),
      (plan) => {
        const sent: number[] = [];
        for (const [i, { keep, twice }] of plan.entries()) {
          const isEnd = i === 0 || i === plan.length - 1;
          if (keep || isEnd) sent.push(i + 1);
          if (twice && (keep || isEnd)) sent.push(i + 1);
        }
        for (let i = 1; i < sent.length - 2; i++) {
          if (plan[i]?.swap) [sent[i], sent[i + 1]] = [sent[i + 1]!, sent[i]!];
        }
        const ledger = new Ledger("contiguous");
        for (const seq of sent) ledger.take(trade(seq), T0);
        expect(ledger.due(T0 + 499)).toEqual([]);
        const missing = new Set<number>();
        for (const { from_seq, to_seq } of ledger.due(T0 + 500)) {
          for (let seq = from_seq! + 1; seq < to_seq!; seq++) {
            expect(missing.has(seq)).toBe(false);
            missing.add(seq);
          }
        }
        for (let seq = 1; seq <= plan.length; seq++) expect(sent.includes(seq) || missing.has(seq)).toBe(true);
        expect(ledger.due(T0 + 10_000)).toEqual([]);
      },
    ),
  );
});

test("ids that go back with newer trades are a new count, not a hole; then holes are seen again", () => {
  const ledger = new Ledger("contiguous");
  ledger.take(trade(5_000), T0);
  ledger.take(tinyTrade(1, T0 + 60_000) as Trade, T0);
  ledger.take(tinyTrade(2, T0 + 60_010) as Trade, T0);
  expect(ledger.due(T0 + 1_000)).toEqual([]);
  ledger.take(tinyTrade(4, T0 + 60_020) as Trade, T0);
  expect(ledger.due(T0 + 1_000)).toMatchObject([{ from_seq: 2, to_seq: 4 }]);
});

test("what an earlier run wrote last is where the first hole begins; without ids a broken line makes one", () => {
  const counted = new Ledger("contiguous");
  counted.seed("BTCUSDT", 10, T0 + 100);
  counted.take(trade(15), T0);
  expect(counted.due(T0 + 1_000)).toEqual([
    { symbol: "BTCUSDT", from_seq: 10, to_seq: 15, from_ms: T0 + 100, to_ms: T0 + 150 },
  ]);
  const plain = new Ledger("none");
  plain.take(trade(1), T0);
  plain.take(trade(7), T0);
  expect(plain.due(T0 + 1_000)).toEqual([]);
  plain.broken(["BTCUSDT", "NONE"]);
  plain.take(trade(9), T0);
  expect(plain.due(T0 + 1_000)).toMatchObject([{ from_seq: null, from_ms: T0 + 70, to_ms: T0 + 90 }]);
});

type Trades = VenueRest["trades"];

async function fillOf(trades: Trades, hole: { from_seq: number | null; to_seq: number | null }) {
  const clock = fakeClock(T0 + 1_000_000);
  const stop = new AbortController();
  const out: MarketRecord[] = [];
  const rest: VenueRest = { trades, markets: async () => [], candles: async () => [] };
  const filler = new Filler({
    venue: { ...tinyVenue(), rest },
    rest: async () => ({ status: 200, body: "", retry_after_ms: null }),
    clock,
    signal: stop.signal,
    venueSymbol: (symbol) => ({ symbol, venue: symbol }),
    emit: (records) => void out.push(...records),
  });
  filler.add({ symbol: "BTCUSDT", from_ms: T0 + 100, to_ms: T0 + 150, ...hole });
  return { clock, stop, out, filler };
}

const gaps = (out: readonly MarketRecord[]): Gap[] => out.filter((record) => record.kind === "gap");
const fills = (out: readonly MarketRecord[]): Trade[] => out.filter((record) => record.kind === "trade");

test("open, then the missing trades once each in order and marked, then filled", async () => {
  const answer = [14, 12, 11, 13, 13, 10, 15, 99].map(trade);
  const { clock, out, filler } = await fillOf(async () => ({ trades: answer, complete: true }), {
    from_seq: 10,
    to_seq: 15,
  });
  await clock.advance(1);
  const id = "tiny|BTCUSDT|trade|10";
  expect(out.map(({ kind }) => kind)).toEqual(["gap", "trade", "trade", "trade", "trade", "gap"]);
  expect(gaps(out)).toMatchObject([
    { id, revision: 0, status: "open", from_seq: 10, to_seq: 15 },
    { id, revision: 1, status: "filled" },
  ]);
  expect(fills(out).map(({ seq, fill }) => [seq, fill])).toEqual([11, 12, 13, 14].map((seq) => [seq, id]));
  expect(filler.counters).toEqual({ gaps: 1, filled: 1, lost: 0, trades_filled: 4 });
});

test("an answer that lacks an id is asked for again, then said to be lost, with what there was", async () => {
  let asked = 0;
  const { clock, out } = await fillOf(
    async () => {
      asked++;
      return { trades: [11, 12, 14].map(trade), complete: true };
    },
    { from_seq: 10, to_seq: 15 },
  );
  await clock.advance(60_000);
  expect(asked).toBe(4);
  expect(gaps(out).map(({ status }) => status)).toEqual(["open", "lost"]);
  expect(fills(out).map(({ seq }) => seq)).toEqual([11, 12, 14]);
});

test("a venue that fails once is asked again; a hole too large is lost without asking", async () => {
  let asked = 0;
  const flaky = await fillOf(
    async () => {
      if (asked++ === 0) throw new Error("503");
      return { trades: [trade(11)], complete: true };
    },
    { from_seq: 10, to_seq: 12 },
  );
  await flaky.clock.advance(2_001);
  expect(gaps(flaky.out).map(({ status }) => status)).toEqual(["open", "filled"]);
  const large = await fillOf(
    async () => {
      throw new Error("not to be asked");
    },
    { from_seq: 10, to_seq: 50_000 },
  );
  expect(gaps(large.out).map(({ status }) => status)).toEqual(["open", "lost"]);
});

test("a stop leaves the gap open for the next start", async () => {
  const { clock, out, stop, filler } = await fillOf(
    async () => {
      throw new Error("503");
    },
    { from_seq: 10, to_seq: 12 },
  );
  await clock.advance(1_000);
  stop.abort();
  await clock.advance(60_000);
  expect(gaps(out).map(({ status }) => status)).toEqual(["open"]);
  expect(filler.counters.lost).toBe(0);
});
