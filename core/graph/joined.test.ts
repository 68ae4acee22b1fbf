import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type MarketRecord, MESSAGES } from "../messages/index.ts";
import { gap, heartbeat, minuteBar, route, T0, trade } from "../stages/bars/test-support/world.ts";
import { TOPICS, type TopicName } from "../topics.ts";
import { type MarketState, marketGraph } from "./market.ts";
import { ALL, quote } from "./test-support/joined.ts";

type Said = readonly [topic: TopicName, text: string];

interface Run {
  readonly said: Said[];
  /** The state before the record `keep`, and how much had been said by then. */
  kept: { readonly state: string; readonly said: number } | null;
  state: MarketState;
}

/** Feeds the records one by one; `restarts`: there the state goes through JSON; `keep`: the state before it is kept. */
function run(
  records: readonly MarketRecord[],
  { restarts = new Set<number>(), keep = -1, state = marketGraph.init(ALL) } = {},
): Run {
  const made: Run = { said: [], kept: null, state };
  const emit = (topic: TopicName, out: object): void => void made.said.push([topic, JSON.stringify(out)]);
  records.forEach((record, i) => {
    if (restarts.has(i)) made.state = JSON.parse(JSON.stringify(made.state)) as MarketState;
    if (i === keep) made.kept = { state: JSON.stringify(made.state), said: made.said.length };
    marketGraph.step(made.state, record, emit);
  });
  return made;
}

const SYMBOLS = ["BTCUSDT", "__proto__", "constructor"];
/** All that a partition of the log may hold, in no friendly order. */
const step = fc.record({
  kind: fc.nat(24),
  id: fc.nat(120),
  by: fc.integer({ min: -900, max: 1_400 }),
  price: fc.integer({ min: 9_900, max: 10_150 }),
  symbol: fc.nat(2),
});
type Step = { kind: number; id: number; by: number; price: number; symbol: number };

function tapeOf(steps: readonly Step[]): MarketRecord[] {
  let now = 0;
  let gaps = 0;
  return [
    route("venue", T0 - 1_000),
    minuteBar(T0 - 60_000),
    ...steps.flatMap(({ kind, id, by, price, symbol: at }): MarketRecord[] => {
      const symbol = SYMBOLS[at]!;
      const ts_ms = T0 + now + by;
      now = Math.max(now, now + by);
      switch (kind) {
        case 0:
          return [heartbeat(T0 + now + 20_000, "silence")];
        case 1:
        case 2:
          return [heartbeat(T0 + now)];
        case 3:
        case 4:
          return [quote(now + by, price / 100, id / 100, symbol)];
        case 5:
          return [gap({ id: `gap-${++gaps}`, symbol, from_ms: ts_ms, to_ms: ts_ms + 500, status: "open" })];
        case 6:
          return gaps === 0
            ? []
            : [gap({ id: `gap-${gaps}`, symbol, revision: 1, from_ms: ts_ms, to_ms: ts_ms + 500, status: "filled" })];
        case 7:
          return [{ ...trade({ ts_ms, symbol, seq: id, price: price / 100 }), fill: `gap-${gaps}` }];
        case 8:
          return [{ ...trade({ ts_ms, symbol, seq: id }), price: Number.NaN }];
        case 9:
          // A long silence: what waits for idle symbols has its turn.
          now += 130_000;
          return [heartbeat(T0 + now - 70_000), heartbeat(T0 + now)];
        case 12:
          return [
            {
              ver: 1,
              kind: "book",
              provider: "venue",
              symbol,
              ts_ms,
              seq: id,
              event_id: `venue|${symbol}|b${id}`,
              bids: [[price / 100, 1]],
              asks: [[price / 100 + 0.1, 1]],
              depth: 1,
              checksum_ok: null,
            },
          ];
        case 10:
          return [route(id % 2 === 0 ? "venue" : "other", T0 + now, id, symbol)];
        default: {
          const provider = kind === 11 ? "other" : "venue";
          const recv_ms = kind > 18 ? ts_ms + 30 + id : undefined;
          const one = trade({
            ts_ms,
            provider,
            symbol,
            seq: id,
            price: price / 100,
            side: id % 2 === 0 ? "buy" : "sell",
          });
          return [recv_ms === undefined ? one : { ...one, recv_ms, trade_id: String(id) }];
        }
      }
    }),
  ];
}

describe("the market graph with every stage joined", () => {
  test("restarted at any record, from any state ever saved, it says the same bytes and ends in the same state", () => {
    const cuts = fc.array(fc.nat(120), { maxLength: 4 });
    fc.assert(
      fc.property(fc.array(step, { minLength: 40, maxLength: 110 }), cuts, fc.nat(109), (steps, places, saved) => {
        const records = tapeOf(steps);
        const at = saved % records.length;
        const whole = run(records, { keep: at });
        const broken = run(records, { restarts: new Set(places) });
        expect(broken.said).toEqual(whole.said);
        const again = run(records.slice(at), { state: JSON.parse(whole.kept!.state) as MarketState });
        expect(again.said).toEqual(whole.said.slice(whole.kept!.said));
        const end = JSON.stringify(whole.state);
        expect(JSON.stringify(broken.state)).toBe(end);
        expect(JSON.stringify(again.state)).toBe(end);
      }),
      { numRuns: 8 },
    );
  });

  test("the drawn logs reach every topic the graph writes, each record well formed", () => {
    const topics = new Set<string>();
    const names = new Set<string>();
    for (const steps of fc.sample(fc.array(step, { minLength: 300, maxLength: 300 }), { numRuns: 4, seed: 7 })) {
      for (const [topic, text] of run(tapeOf(steps)).said) {
        const record = JSON.parse(text) as { kind: keyof typeof MESSAGES; name?: string };
        MESSAGES[record.kind].parse(record);
        topics.add(topic);
        if (record.kind === "signal") names.add(record.name ?? "");
      }
    }
    const { bars, forming, gaps, deadLetter, prices, metrics, book, latest, features, rolling, signals, status } =
      TOPICS;
    const written = [
      bars,
      forming,
      gaps,
      deadLetter,
      prices,
      metrics,
      book,
      latest,
      features,
      rolling,
      signals,
      status,
    ];
    for (const { name } of written) expect(topics).toContain(name);
    expect(names).toEqual(new Set(["long", "short", "hot", "rise"]));
  });
});
