import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Gap, type PartStatus, SystemAlert } from "../messages/index.ts";
import { gap, T0 } from "./bars/test-support/world.ts";
import { SYSTEM_ALERTS_SETTINGS, systemAlerts } from "./system-alerts.ts";

type In = PartStatus | Gap | SystemAlert;

function run(records: readonly In[], restartAt = -1): SystemAlert[] {
  const said: SystemAlert[] = [];
  let state = systemAlerts.init(SYSTEM_ALERTS_SETTINGS);
  records.forEach((record, i) => {
    if (i === restartAt) state = JSON.parse(JSON.stringify(state)) as typeof state;
    systemAlerts.step(state, record, (out) => said.push(SystemAlert.parse(out)));
  });
  return said;
}

const part = (s: number, over: Partial<PartStatus> = {}): PartStatus => ({
  kind: "part_status",
  part: "feed:venue",
  ts_ms: T0 + s * 1_000,
  state: "live",
  text: "Live",
  symbols: [],
  ...over,
});
const seconds = (from: number, to: number, over: Partial<PartStatus> = {}): PartStatus[] =>
  Array.from({ length: to - from }, (_, i) => part(from + i, over));
const brief = (said: readonly SystemAlert[]) =>
  said.map(({ reason, state, ts_ms, id, revision }) => [reason, state, (ts_ms - T0) / 1_000, id, revision]);

describe("latency", () => {
  test("that lasts is said once, its end too, under one id", () => {
    const slow = { latency_ms_p95: 2_001 };
    const said = run([...seconds(0, 3), ...seconds(3, 20, slow), ...seconds(20, 40, { latency_ms_p95: 80 })]);
    const id = `feed:venue|latency|${T0 + 3_000}`;
    expect(brief(said)).toEqual([
      ["latency", "open", 8, id, 0],
      ["latency", "over", 25, id, 1],
    ]);
    expect(said[0]?.text).toBe("feed:venue: 95 % of its trades come within 2001 ms");
    expect(said[1]?.text).toBe("feed:venue is well again after 17 s: 95 % of its trades come within 80 ms");
  });

  test("that comes and goes, or hovers about its limit, is not said again and again", () => {
    const flicker = Array.from({ length: 600 }, (_, s) => part(s, { latency_ms_p95: s % 4 === 0 ? 900 : 2_500 }));
    expect(run(flicker)).toEqual([]);
    const hover = Array.from({ length: 600 }, (_, s) => part(s, { latency_ms_p95: s % 20 < 10 ? 2_500 : 1_500 }));
    expect(brief(run(hover)).map(([, state]) => state)).toEqual(["open"]);
    const waves = Array.from({ length: 600 }, (_, s) => part(s, { latency_ms_p95: s % 20 < 10 ? 2_500 : 500 }));
    expect(run(waves).filter(({ state }) => state === "open").length).toBeLessThanOrEqual(11);
  });
});

test("a feed that is shown and down; one that stands by is nobody's trouble", () => {
  const down = { state: "stale", text: "Silent for 9 s" } as const;
  expect(brief(run([...seconds(0, 2), ...seconds(2, 9, down), ...seconds(9, 20)])).map(([r, s]) => [r, s])).toEqual([
    ["feed", "open"],
    ["feed", "over"],
  ]);
  const spare = seconds(0, 60, { ...down, state: "offline" }).map(({ symbols: _, ...one }) => one);
  expect(run(spare)).toEqual([]);
});

test("backpressure: what a reader has not read, what the archive has not written", () => {
  const behind = { part: "aggregate", lag: 50_001 };
  const unwritten = { part: "persist", counters: { unwritten: 60_000 } };
  const said = run([...seconds(0, 7, behind), ...seconds(7, 14, unwritten)]);
  expect(said.map(({ reason, subject, text }) => [reason, subject, text])).toEqual([
    ["backpressure", "aggregate", "aggregate: 50001 records behind"],
    ["backpressure", "persist", "persist: 60000 records behind"],
  ]);
});

describe("gaps", () => {
  const missing = (n: number, over: Partial<Gap> = {}): Gap =>
    gap({ id: `g${n}`, from_ms: T0 + n * 1_000, to_ms: T0 + n * 1_000 + 500, status: "open", ...over });

  test("each is told of once; of many in a minute the first, then how many more", () => {
    const said = run([missing(0), missing(0), ...Array.from({ length: 30 }, (_, n) => missing(n + 1)), missing(70)]);
    expect(said.map(({ id }) => id)).toEqual(["gap|open|g0", "gap|open|g70"]);
    expect(said[0]?.text).toBe(
      "venue trades: what BTCUSDT did from 2023-11-15T00:00:00.000Z to 2023-11-15T00:00:00.500Z is missing",
    );
    expect(said[1]?.text).toEndWith("; 30 more since the last word of this");
  });

  test("lost is told of beside missing; filled is no trouble", () => {
    const said = run([
      missing(0),
      missing(0, { status: "lost", revision: 1 }),
      missing(1, { status: "filled", revision: 2 }),
    ]);
    expect(said.map(({ id }) => id)).toEqual(["gap|open|g0", "gap|lost|g0"]);
  });
});

test("who starts again, and reads what it said, neither repeats it nor forgets its end", () => {
  const slow = { latency_ms_p95: 9_000 };
  const first = run(seconds(0, 10, slow));
  expect(first).toHaveLength(1);
  const again = run([...first, ...seconds(12, 30, slow), ...seconds(30, 40)]);
  expect(again).toEqual([]);
  const ended = run([...first, ...seconds(12, 30, slow), ...seconds(30, 40, { latency_ms_p95: 5 })]);
  expect(brief(ended)).toEqual([["latency", "over", 35, first[0]!.id, 1]]);
});

test("cut anywhere and gone on from its state as JSON, it says the same; never too often, whatever comes", () => {
  const step = fc.record({ by: fc.nat(3), p95: fc.constantFrom(10, 1_500, 5_000), lag: fc.constantFrom(0, 1e6) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 150 }), fc.nat(150), (steps, cut) => {
      let now = 0;
      const tape = steps.map(({ by, p95, lag }) => {
        now += by;
        return part(now, { latency_ms_p95: p95, lag });
      });
      const said = run(tape);
      expect(run(tape, cut)).toEqual(said);
      const opened = said.filter(({ state, reason }) => state === "open" && reason === "latency");
      for (let i = 1; i < opened.length; i++)
        expect(opened[i]!.ts_ms - opened[i - 1]!.ts_ms).toBeGreaterThanOrEqual(60_000);
    }),
  );
});
