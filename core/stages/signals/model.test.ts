import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Signal } from "../../messages/index.ts";
import { type Judgement, type ModelSignalsSettings, modelSignals, recallModelSignal } from "./model.ts";

const T0 = 1_700_000_000_000;
const SETTINGS: ModelSignalsSettings = {
  name: "mood",
  sha: "abc",
  keys: ["w_rsi_cutler14", "w_n"],
  min_score: 0.6,
  min_value: 0.5,
  cooldown_ms: 10_000,
  max_symbols: 10,
};
const judged = (ms: number, value: number, more: Partial<Judgement> & { symbol?: string } = {}): Judgement => ({
  row: {
    kind: "rolling",
    provider: "p",
    symbol: more.symbol ?? "X",
    ts_ms: T0 + ms,
    price: 50,
    w_rsi_cutler14: 71,
    w_n: null,
  },
  label: more.label ?? null,
  value,
  score: more.score ?? null,
});
const word = (ms: number, label: string, score = 0.9): Judgement =>
  judged(ms, { up: 1, down: -1, flat: 0 }[label]!, { label, score });

function run(all: readonly Judgement[], over: Partial<ModelSignalsSettings> = {}) {
  const state = modelSignals.init({ ...SETTINGS, ...over });
  const out: Signal[] = [];
  for (const one of all) modelSignals.step(state, one, (said) => out.push(Signal.parse(said)));
  return { state, out, said: out.map(({ ts, value }) => [Date.parse(ts) - T0, value]) };
}

describe("what a model says becomes signals", () => {
  test("with what it read and which model it was, under an id that is a function of it", () => {
    expect(run([word(0, "up")]).out).toEqual([
      {
        ver: 1,
        kind: "signal",
        id: "p|X|2023-11-14T22:13:20.000000Z|mood",
        provider: "p",
        symbol: "X",
        ts: "2023-11-14T22:13:20.000000Z",
        name: "mood",
        value: 1,
        score: 0.9,
        meta: { model: "abc", price: 50, w_rsi_cutler14: 71, w_n: null, label: "up" },
      },
    ]);
  });

  test("each time it begins to say something, not while it goes on, and not when it says nothing", () => {
    const all = [word(0, "up"), word(1, "up"), word(2, "flat"), word(3, "down"), word(4, "down"), word(20_000, "up")];
    expect(run(all).said).toEqual([
      [0, 1],
      [3, -1],
      [20_000, 1],
    ]);
  });

  test("not again within the cooldown; a turn is another thing to say", () => {
    const all = [word(0, "up"), word(1, "flat"), word(9_999, "up"), word(10_000, "flat"), word(10_001, "up")];
    const { said, state } = run(all);
    expect([said, state.cooled]).toEqual([
      [
        [0, 1],
        [10_001, 1],
      ],
      1,
    ]);
  });

  test("unsure or small answers are nothing; an answer without a score counts", () => {
    expect(run([word(0, "up", 0.59)]).out).toEqual([]);
    expect(run([word(0, "up", 0.6)]).out).toHaveLength(1);
    expect(run([judged(0, 0.49), judged(1, -0.49)]).out).toEqual([]);
    expect(run([judged(0, 0.5), judged(1, 0.7), judged(2, -0.5)]).said).toEqual([
      [0, 0.5],
      [2, -0.5],
    ]);
  });

  test("symbols are apart and bounded; an answer about an older row is counted", () => {
    expect(run([word(0, "up"), judged(0, 1, { symbol: "__proto__" })]).out).toHaveLength(2);
    const many = run(Array.from({ length: 100 }, (_, i) => judged(i, 1, { symbol: `S${i}` })));
    expect(many.state.symbols.count).toBeLessThanOrEqual(10);
    const { said, state } = run([word(5, "flat"), word(4, "up")]);
    expect([said, state.late]).toEqual([[], 1]);
  });

  test("after a restart what was said before is not said again", () => {
    const [before] = run([word(0, "up")]).out;
    const recalled = (next: Judgement): number => {
      const state = modelSignals.init(SETTINGS);
      recallModelSignal(state, before!);
      recallModelSignal(state, { ...before!, name: "other", ts: "2030-01-01T00:00:00Z" });
      const out: Signal[] = [];
      modelSignals.step(state, next, (said) => out.push(said));
      return out.length;
    };
    expect(recalled(word(20_000, "up"))).toBe(0);
    expect(recalled(word(5, "down"))).toBe(1);
  });

  test("from JSON at any record: the same bytes", () => {
    const step = fc.record({
      ms: fc.nat(9_000),
      label: fc.constantFrom("up", "down", "flat"),
      symbol: fc.constantFrom("X", "constructor"),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat(60), (steps, cut) => {
        let now = 0;
        const all = steps.map(({ ms, label, symbol }) => {
          now += ms - 500;
          const one = word(now, label);
          one.row.symbol = symbol;
          return one;
        });
        let state = modelSignals.init(SETTINGS);
        const out: Signal[] = [];
        all.forEach((one, i) => {
          if (i === cut) state = JSON.parse(JSON.stringify(state)) as typeof state;
          modelSignals.step(state, one, (said) => out.push(said));
        });
        expect(JSON.stringify(out)).toBe(JSON.stringify(run(all).out));
      }),
    );
  });
});
