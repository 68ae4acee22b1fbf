import { expect, test } from "bun:test";
import type { Rolling, Trade } from "../../messages/index.ts";
import { ROLLING_SETTINGS, type RollingSettings, type RollingState, rolling, rollingWindows } from "./index.ts";
import { differences, exact, type Point, type Row } from "./test-support/exact.ts";

const T0 = 1_700_000_000_000;
const MANY = 9_000;
const windows = rollingWindows([
  { name: "a", horizon: "2s" },
  { name: "b", horizon: "20s" },
]);
const settings: RollingSettings = { ...ROLLING_SETTINGS, windows, pub_ms: 500, points_max: 6_000 };

/** A trade every 3 ms in ticks and lots, one in thirty late by up to all that is kept. */
const trades: Trade[] = (() => {
  let random = 11;
  const next = (below: number): number => {
    random = (random * 48_271) % 2_147_483_647;
    return random % below;
  };
  return Array.from({ length: MANY }, (_, seq) => {
    const late_ms = next(30) === 0 ? next(next(4) === 0 ? 18_000 : 900) : 0;
    const record = { ver: 1 as const, kind: "trade" as const, provider: "p", symbol: "X", side: null, trade_id: null };
    const price = (6_800_000 + next(90_000)) / 100;
    return { ...record, seq, event_id: `${seq}`, ts_ms: T0 + 3 * seq - late_ms, price, size: next(500_000) / 1e5 };
  });
})();

function run(restartEvery: number): { rows: Rolling[]; state: RollingState } {
  let state = rolling.init(settings);
  const rows: Rolling[] = [];
  trades.forEach((record, i) => {
    if (restartEvery > 0 && i % restartEvery === 0) state = JSON.parse(JSON.stringify(state)) as RollingState;
    rolling.step(state, record, (row) => rows.push(row));
  });
  return { rows, state };
}

test("what is packed says the same, to the last bit, after any restart, with trades that come late into it", () => {
  const plain = run(0);
  const { series } = plain.state.symbols.of.X!;
  expect(series.p.some((block) => !Array.isArray(block))).toBe(true);
  for (const every of [97, 1_024, 2_500]) expect(JSON.stringify(run(every))).toBe(JSON.stringify(plain));
});

test("what is packed says what its trades say", () => {
  const kept: Point[] = [];
  const state = rolling.init({ ...settings, points_max: MANY });
  let compared = 0;
  trades.forEach(({ ts_ms: t, price: p, size: v, ...rest }, i) => {
    kept.splice(kept.findLastIndex((one) => one.t <= t) + 1, 0, { t, p, v });
    let row: Rolling | null = null;
    rolling.step(state, { ...rest, ts_ms: t, price: p, size: v }, (out) => {
      row = out;
    });
    if (row === null || i % 5 !== 0) return;
    compared++;
    const made: Rolling = row;
    for (const { name, ms } of windows) {
      const theirs = Object.entries(exact(kept, made.ts_ms, ms)).map(([feature, x]) => [`${name}_${feature}`, x]);
      expect({ i, wrong: differences(made, Object.fromEntries(theirs) as Row) }).toEqual({ i, wrong: [] });
    }
  });
  expect(compared).toBeGreaterThan(5);
});
