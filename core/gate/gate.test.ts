import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Alert, type Candidate, type Direction } from "../messages/index.ts";
import { adaptive } from "../stages/anomalies/index.ts";
import { ADAPTIVE_SETTINGS } from "../stages/anomalies/settings.ts";
import { T0, together, World } from "../test-support/world.ts";
import { GATE_SETTINGS, type GateIn, type GateSettings, gate } from "./index.ts";

/** A candidate as a partition states it, taken from a real one. */
const template: Candidate = (() => {
  const state = adaptive.init({ ...ADAPTIVE_SETTINGS, rules: ["fixed"] });
  const found: Candidate[] = [];
  for (const record of new World().history().calm(120).run(100, 106, 6_000, 2_000).log)
    adaptive.step(state, record, (out) => {
      if (out.kind === "candidate") found.push(out);
    });
  return found[0]!;
})();

function candidate(symbol: string, at_s: number, more: Partial<Candidate> = {}): Candidate {
  const direction: Direction = more.direction ?? "up";
  const time_ms = T0 + at_s * 1_000;
  const sign = direction === "up" ? 1 : -1;
  return {
    ...template,
    id: `${symbol}:${direction}:${time_ms}`,
    symbol,
    direction,
    time_ms,
    start_ms: time_ms - 5_000,
    updated_ms: time_ms,
    ret: sign * 0.06,
    ...more,
  };
}
const over = (c: Candidate, at_s: number): Candidate => ({
  ...c,
  revision: c.revision + 1,
  state: "over",
  updated_ms: T0 + at_s * 1_000,
  ended: { at_ms: T0 + at_s * 1_000, reason: "given_back", peak: null, peak_ret: c.ret, given_back: 0.6 },
});
const heartbeat = (at_s: number): GateIn => ({
  kind: "heartbeat",
  provider: "test",
  ts_ms: T0 + at_s * 1_000,
  reason: "clock",
});

function run(input: readonly GateIn[], settings: Partial<GateSettings> = {}) {
  const state = gate.init({ ...GATE_SETTINGS, ...settings });
  const out: Alert[] = [];
  for (const record of input) gate.step(state, record, (alert) => out.push(alert));
  return { out, state };
}
/** What a reader ends up with: the highest revision of every id. */
const latest = (out: readonly Alert[]): Map<string, Alert> => {
  const best = new Map<string, Alert>();
  for (const a of out) if (a.revision >= (best.get(a.id)?.revision ?? -1)) best.set(a.id, a);
  return best;
};

test("a repeated statement changes nothing", () => {
  const c = candidate("A", 0);
  const { out, state } = run([c, c, { ...c, revision: 1, severity: "critical" }, c]);
  expect(out.map((a) => a.revision)).toEqual([0, 2]);
  expect(state.counts.repeats).toBe(2);
});

describe("a market-wide move", () => {
  const five = ["A", "B", "C", "D", "E"].map((s, i) => candidate(s, i * 10, { direction: "down" }));

  test("is one alert that lists its symbols; theirs are marked, not lost", () => {
    const { out } = run([...five, candidate("F", 45, { direction: "down" }), heartbeat(50)]);
    const now = latest(out);
    const market = [...now.values()].filter((a) => a.kind === "market");
    expect(market.length).toBe(1);
    expect(market[0]).toMatchObject({
      symbol: "*",
      severity: "critical",
      state: "open",
      direction: "down",
      ret: -0.06,
    });
    expect(market[0]!.symbols!.toSorted()).toEqual(["A", "B", "C", "D", "E", "F"]);
    expect(market[0]!.title).toBe("▼ 6 symbols −6.00 % within 45 s");
    const singles = [...now.values()].filter((a) => a.kind === "move");
    expect(singles.map((a) => [a.symbol, a.suppressed])).toEqual(
      ["A", "B", "C", "D", "E", "F"].map((s) => [s, "market"]),
    );
    for (const a of out) expect(Alert.safeParse(a).error).toBeUndefined();
  });

  test("needs enough symbols, one direction, one minute", () => {
    const none = (input: GateIn[]): void => expect(run(input).out.filter((a) => a.kind === "market")).toEqual([]);
    none(five.slice(0, 4));
    none([...five.slice(0, 4), candidate("E", 40)]);
    none([...five.slice(0, 4), candidate("E", 61, { direction: "down" })]);
    none([...five.slice(0, 4), candidate("A", 41, { direction: "down" })]);
    none([...five.slice(0, 4), candidate("E", 40, { direction: "down", would_have: true })]);
    expect(
      run([...five.slice(0, 4), candidate("E", 60, { direction: "down" })]).out.some((a) => a.kind === "market"),
    ).toBe(true);
  });

  test("is over when every symbol's move is over, and counts each symbol's farthest return", () => {
    const ends = five.map((c, i) => over({ ...c, ret: -0.08 }, 100 + i));
    const { out } = run([...five, ...ends]);
    const market = out.filter((a) => a.kind === "market");
    expect(market.map((a) => a.state)).toEqual(["open", "over"]);
    expect(market[1]).toMatchObject({ revision: 2, ret: -0.08, ended: { reason: "members" } });
    expect(out.filter((a) => a.kind === "move" && a.state === "over").every((a) => a.suppressed === "market")).toBe(
      true,
    );
  });

  test("two in a row are two, and both end", () => {
    const second = ["G", "H", "I", "J", "K"].map((s, i) => candidate(s, 300 + i, { direction: "down" }));
    const ends = [...five, ...second].map((c, i) => over(c, 400 + i));
    const { out } = run([...five, ...second, ...ends]);
    const markets = [...latest(out.filter((a) => a.kind === "market")).values()];
    expect(markets.map((a) => [a.state, a.symbols!.length])).toEqual([
      ["over", 5],
      ["over", 5],
    ]);
  });

  test("its id and its list do not depend on which partition's word came first", () => {
    const moves = ["A", "B", "C", "D", "E", "F", "G"].map((s, i) => candidate(s, 30 + i / 100, { direction: "down" }));
    const order = fc.shuffledSubarray(moves, { minLength: moves.length, maxLength: moves.length });
    const expected = latest(run([...moves, heartbeat(40)]).out);
    fc.assert(
      fc.property(order, (shuffled) => {
        const now = latest(run([...shuffled, heartbeat(40)]).out);
        expect([...now.keys()].toSorted()).toEqual([...expected.keys()].toSorted());
        for (const [id, a] of now) {
          expect(a.suppressed).toBe(expected.get(id)!.suppressed);
          expect(a.symbols).toEqual(expected.get(id)!.symbols);
          expect(a.ret).toBe(expected.get(id)!.ret);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe("the storm budget", () => {
  // Ten seconds apart and alternating, so that no market is made of them.
  const storm = (n: number, more: Partial<Candidate> = {}): Candidate[] =>
    Array.from({ length: n }, (_, i) => candidate(`S${i}`, i, { direction: i % 2 === 0 ? "up" : "down", ...more }));

  test("what is over it is marked and counted, never lost", () => {
    const { out, state } = run(storm(40), { market_min_symbols: 1_000 });
    expect(out.length).toBe(40);
    expect(out.filter((a) => a.suppressed === undefined).length).toBe(10);
    expect(out.filter((a) => a.suppressed === "storm").length).toBe(30);
    expect(state.counts.storm).toBe(30);
  });

  test("comes back with event time", () => {
    const later = candidate("Z", 75);
    const { out } = run([...storm(40), later], { market_min_symbols: 1_000 });
    expect(out.at(-1)!.suppressed).toBeUndefined();
  });

  test("bounds the hour as well", () => {
    const day = Array.from({ length: 200 }, (_, i) => candidate(`S${i}`, i * 10));
    const { out, state } = run(day, { market_min_symbols: 1_000 });
    expect(out.filter((a) => a.suppressed === undefined).length).toBe(60);
    expect(state.pushes.length).toBeLessThanOrEqual(60);
  });

  test("notices take from their own", () => {
    const { out } = run([...storm(50, { severity: "notice" }), candidate("Z", 51)], { market_min_symbols: 1_000 });
    expect(out.every((a) => a.suppressed === undefined)).toBe(true);
  });

  test("an alert that was let through stays so to its end", () => {
    const [first, ...rest] = storm(40);
    const { out } = run([first!, ...rest, over(first!, 45)], { market_min_symbols: 1_000 });
    expect(out.at(-1)).toMatchObject({ id: first!.id, state: "over" });
    expect(out.at(-1)!.suppressed).toBeUndefined();
  });

  test("history takes none of it", () => {
    const { out } = run([...storm(40, { would_have: true }), candidate("Z", 41)], { market_min_symbols: 1_000 });
    expect(out.every((a) => a.suppressed === undefined)).toBe(true);
    expect(out.filter((a) => a.would_have).length).toBe(40);
  });
});

test("only headlines that name the symbol, or the market, and are young enough", () => {
  const news = (id: string, at_s: number, symbols: string[]): GateIn => ({
    kind: "headline",
    id,
    revision: 0,
    time: new Date(T0 + at_s * 1_000).toISOString(),
    title: id,
    source: "Wire",
    url: null,
    sentiment: null,
    symbols,
  });
  const told = (input: GateIn[]) => run([...input, candidate("SOLUSDT", 1_000)]).out[0]!;
  expect(told([news("fresh", 900, ["SOLUSDT"])]).headline).toBe("fresh");
  expect(told([news("asset", 900, ["SOL"])]).headline).toBe("asset");
  expect(told([news("newest", 950, ["SOLUSDT"]), news("older", 900, ["SOLUSDT"])]).headline).toBe("newest");
  for (const other of [news("old", 99, ["SOLUSDT"]), news("other", 990, ["BTCUSDT"]), news("market", 990, ["*"])]) {
    expect(told([other]).headline).toBeNull();
    expect(told([other]).summary).toContain("No headline about SOL in the last 15 min.");
  }
});

test("what the benchmark did stands beside it, if it is of the same moment", () => {
  const btc = (at_s: number): GateIn => ({
    kind: "benchmark",
    symbol: "BTCUSDT",
    ts_ms: T0 + at_s * 1_000,
    returns: { "1m": 0.0012 },
  });
  expect(run([btc(0), candidate("A", 5)]).out[0]!.evidence.benchmark).toEqual({
    symbol: "BTCUSDT",
    window: "1m",
    ret: 0.0012,
  });
  expect(run([btc(0), candidate("A", 5)]).out[0]!.summary).toContain("BTCUSDT +0.12 % in the same 1m.");
  expect(run([btc(0), candidate("A", 60)]).out[0]!.evidence.benchmark).toBeNull();
  expect(run([btc(0), candidate("BTCUSDT", 5)]).out[0]!.evidence.benchmark).toBeNull();
});

test("what is over is forgotten in the end, what is not is kept", () => {
  const a = candidate("A", 0);
  const { state } = run([a, candidate("B", 1), over(a, 10), heartbeat(4_000)]);
  expect(Object.keys(state.alerts.of)).toEqual([candidate("B", 1).id]);
  expect(state.alerts.count).toBe(1);
});

test("six symbols fall together on the tape: one market alert", () => {
  const worlds = ["A", "B", "C", "D", "E", "F"].map((s, i) => {
    const w = new World(`${s}USDT`).history().calm(120);
    return w
      .wait(i * 6_000)
      .run(100, 94.4, 4_000, 3_000)
      .calm(10, 94.4);
  });
  const state = { a: adaptive.init(ADAPTIVE_SETTINGS), g: gate.init(GATE_SETTINGS) };
  const out: Alert[] = [];
  for (const record of together(worlds))
    adaptive.step(state.a, record, (c) => {
      if (c.kind !== "nearest") gate.step(state.g, c, (alert) => out.push(alert));
    });
  gate.step(state.g, heartbeat(200), (alert) => out.push(alert));
  const now = [...latest(out).values()];
  expect(now.filter((a) => a.kind === "market").map((a) => a.symbols!.length)).toEqual([6]);
  expect(now.filter((a) => a.kind === "move").every((a) => a.suppressed === "market")).toBe(true);
});
