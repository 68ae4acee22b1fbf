import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Bar, type MarketRecord, MESSAGES } from "../messages/index.ts";
import { gap, heartbeat, minuteBar, route, T0, trade } from "../stages/bars/test-support/world.ts";
import { TOPICS } from "../topics.ts";
import { coldMarket } from "./cold-start.ts";
import { type MarketState, marketCounts, marketGraph } from "./market.ts";
import { GRAPH_DEFAULTS } from "./settings.ts";

type Said = [topic: string, record: object];

function run(
  records: readonly MarketRecord[],
  restarts: ReadonlySet<number> = new Set(),
): { said: Said[]; state: MarketState } {
  const said: Said[] = [];
  let state = marketGraph.init(GRAPH_DEFAULTS);
  records.forEach((record, i) => {
    if (restarts.has(i)) state = JSON.parse(JSON.stringify(state));
    marketGraph.step(state, record, (topic, out) => said.push([topic, structuredClone(out)]));
  });
  return { said, state };
}

const numbered = (id: number, ms: number) => trade({ ts_ms: T0 + ms, seq: id, trade_id: String(id) });

describe("the market graph", () => {
  const tape: MarketRecord[] = [
    route("venue", T0 - 1_000),
    minuteBar(T0 - 60_000),
    numbered(1, 100),
    numbered(2, 900),
    numbered(2, 900),
    numbered(3, 350),
    heartbeat(T0 + 1_500),
    gap({ from_ms: T0 + 1_000, to_ms: T0 + 1_100, status: "open" }),
    { ...numbered(4, 950), price: Number.NaN },
  ];

  test("each record goes to its topic, well formed", () => {
    const { said } = run(tape);
    const topics = new Map<string, Set<string>>();
    for (const [topic, record] of said) {
      const { kind } = record as { kind: keyof typeof MESSAGES };
      MESSAGES[kind].parse(record);
      const what = kind === "bar" ? `${(record as Bar).final ? "final" : "forming"} bar` : kind;
      topics.set(what, (topics.get(what) ?? new Set()).add(topic));
    }
    expect(topics.get("final bar")).toEqual(new Set([TOPICS.bars.name]));
    expect(topics.get("forming bar")).toEqual(new Set([TOPICS.forming.name]));
    expect(topics.get("gap")).toEqual(new Set([TOPICS.gaps.name]));
    expect(topics.get("dead_letter")).toEqual(new Set([TOPICS.deadLetter.name]));
  });

  test("a trade that is there twice is counted once, and said so", () => {
    const { said, state } = run(tape);
    const second = said.find(
      ([, out]) => "bar_id" in out && out.bar_id === `BTCUSDT-${T0}` && "final" in out && out.final,
    );
    expect(second?.[1]).toMatchObject({ trade_count: 2 });
    expect(marketCounts(state)).toMatchObject({ duplicates: 1, late: 1, invalid: 1, trades: 2 });
  });

  test("replay from any saved state says the same bytes", () => {
    const step = fc.record({ id: fc.nat(40), by: fc.integer({ min: -300, max: 700 }), beat: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), fc.array(fc.nat(300), { maxLength: 8 }), (steps, cuts) => {
        let now = 0;
        const records = steps.flatMap(({ id, by, beat }): MarketRecord[] => {
          now = Math.max(now, now + by);
          return [numbered(id, now), ...(beat ? [heartbeat(T0 + now)] : [])];
        });
        expect(JSON.stringify(run(records, new Set(cuts)).said)).toBe(JSON.stringify(run(records).said));
      }),
    );
  });

  test("a cold start is a state like any other", () => {
    const state = coldMarket(GRAPH_DEFAULTS, { bars: [minuteBar(T0 - 60_000)], log_whole_from_ms: T0 });
    const again = JSON.parse(JSON.stringify(state)) as MarketState;
    expect(again).toEqual(state);
    const said: Said[] = [];
    for (const record of tape) marketGraph.step(again, record, (topic, out) => said.push([topic, out]));
    expect(said.filter(([topic]) => topic === TOPICS.bars.name).length).toBeGreaterThan(0);
  });
});
