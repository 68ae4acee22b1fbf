import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Bar, MarketRecord, Rolling, Signal } from "../messages/index.ts";
import { heartbeat, route, T0, trade } from "../stages/bars/test-support/world.ts";
import { TOPICS, type TopicName } from "../topics.ts";
import { marketCounts, marketGraph } from "./market.ts";
import { GRAPH_DEFAULTS, type GraphSettings } from "./settings.ts";
import { ALL, quote } from "./test-support/joined.ts";

const said = <T>(records: readonly MarketRecord[], topic: TopicName, settings: GraphSettings = ALL): T[] => {
  const out: T[] = [];
  const state = marketGraph.init(settings);
  for (const record of records) marketGraph.step(state, record, (to, one) => to === topic && out.push(one as T));
  return out;
};

const everyRow: GraphSettings = { ...ALL, rolling: { ...ALL.rolling!, pub_ms: 0 } };

describe("signals on the live path", () => {
  /** A price that rises for an instant between two published rows. */
  const spike = [100, 100, 100, 100.5, 100, 100].map((price, i) =>
    trade({ ts_ms: T0 + 10 * i, seq: i, price, recv_ms: T0 + 10 * i + 5 }),
  );

  test("rules look at every trade, though rolling rows are paced", () => {
    expect(said<Rolling>(spike, TOPICS.rolling.name)).toHaveLength(1);
    const found = said<Signal>(spike, TOPICS.signals.name).filter(({ name }) => name === "rise");
    expect(found.map(({ id, ts, score }) => ({ id, ts, score }))).toEqual([
      { id: "venue|BTCUSDT|2023-11-15T00:00:00.030000Z|rise", ts: "2023-11-15T00:00:00.030000Z", score: 0.9 },
    ]);
  });

  test("a rule that looks at every trade says what it says of the published rows when each trade has one", () => {
    const step = fc.record({ by: fc.integer({ min: -400, max: 900 }), price: fc.integer({ min: 9_900, max: 10_150 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        let now = T0;
        const records = steps.map(({ by, price }, seq) => {
          const ts_ms = now + by;
          now = Math.max(now, ts_ms);
          return trade({ ts_ms, seq, price: price / 100 });
        });
        const rising = (settings: GraphSettings): string[] =>
          said<Signal>(records, TOPICS.signals.name, settings).flatMap(({ name, id }) => (name === "rise" ? [id] : []));
        expect(rising(ALL)).toEqual(rising(everyRow));
      }),
    );
  });

  test("long: return, volume and spread together, from trades and quotes", () => {
    const records = [
      quote(0, 100, 0.01),
      ...[0, 200, 400].map((ms, i) => trade({ ts_ms: T0 + ms, seq: i, price: 100 + i })),
    ];
    const found = said<Signal>(records, TOPICS.signals.name, GRAPH_DEFAULTS);
    expect(found.map(({ name, direction, score }) => ({ name, direction, score }))).toEqual([
      { name: "long", direction: "long", score: 1 },
    ]);
  });

  test("what no bar counts moves no feature: repeats, late trades, the other venue's", () => {
    const good = trade({ ts_ms: T0 + 2_000, seq: 2, trade_id: "2" });
    const records = [
      route("venue", T0),
      trade({ ts_ms: T0 + 1_900, seq: 1, trade_id: "1" }),
      good,
      good,
      trade({ ts_ms: T0 + 1_000, seq: 3, trade_id: "3" }),
      trade({ ts_ms: T0 + 2_000, provider: "other", seq: 9, trade_id: "9" }),
      trade({ ts_ms: T0 + 2_500, seq: 4, trade_id: "4" }),
    ];
    const rows = said<Rolling>(records, TOPICS.rolling.name, everyRow);
    expect(rows.map((row) => row.long_n)).toEqual([1, 2, 3]);
  });

  test("idle symbols are forgotten, and begin again as they would have gone on", () => {
    const quiet = [0, 61_000, 122_000, 183_000].map((ms) => heartbeat(T0 + ms));
    const state = marketGraph.init(ALL);
    for (const record of [trade({ ts_ms: T0 }), quote(0, 100, 0.01, "QUIET"), ...quiet])
      marketGraph.step(state, record, () => undefined);
    expect(state.rolling?.symbols).toMatchObject({ count: 0, evicted: 1 });
    expect(state.features.symbols).toMatchObject({ count: 0, evicted: 2 });
  });
});

describe("micro-batches on the live path", () => {
  const at = (ms: number, id: number): MarketRecord => trade({ ts_ms: T0 + ms, seq: id, trade_id: String(id) });

  test("one writer per interval; each interval by its own lateness; a refusal that is the batch's own is told", () => {
    const batch = { ...ALL.micro_batch!, late_ms: 100 };
    const records = [at(100, 1), at(4_950, 2), at(5_200, 3), at(4_960, 4), at(5_700, 5), heartbeat(T0 + 7_000)];
    const bars = said<Bar>(records, TOPICS.bars.name, { ...ALL, micro_batch: batch });
    const fives = bars.filter(({ interval }) => interval === "5s");
    expect(fives.map(({ revision, trade_count }) => ({ revision, trade_count }))).toEqual([
      { revision: 0, trade_count: 2 },
    ]);
    const letters = said<{ id: string; where: string }>(records, TOPICS.deadLetter.name, {
      ...ALL,
      micro_batch: batch,
    });
    expect(letters.map(({ id, where }) => ({ id, where }))).toEqual([
      { id: expect.stringMatching(/^micro-bars\|late\|venue\|BTCUSDT\|/), where: "micro-batch" },
    ]);
    const state = marketGraph.init({ ...ALL, micro_batch: batch });
    for (const record of records) marketGraph.step(state, record, () => undefined);
    expect(marketCounts(state)).toMatchObject({ late: 0, micro_batch_late: 1, trades: 5 });
  });

  test("without a window of its own there is no further interval", () => {
    const records = [at(100, 1), heartbeat(T0 + 7_000)];
    const intervals = new Set(said<Bar>(records, TOPICS.bars.name, GRAPH_DEFAULTS).map(({ interval }) => interval));
    expect(intervals).toEqual(new Set(["1s", "5s"]));
  });
});
