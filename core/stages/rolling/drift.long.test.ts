import { expect, test } from "bun:test";
import type { Rolling } from "../../messages/index.ts";
import { ROLLING_SETTINGS, rolling, rollingWindows } from "./index.ts";
import { differences, exact, type Point, type Row } from "./test-support/exact.ts";

const TICKS = 10_000_000;
const T0 = 1_700_000_000_000;
const KEPT = 4_096;
const STEP_MS = 100;

test("after 10⁷ ticks, late ones among them, the windows are what their trades say", () => {
  const windows = rollingWindows([
    { name: "a", horizon: "30s" },
    { name: "b", horizon: "300s" },
  ]);
  // As on the live path: what nobody asks for is not measured, only kept.
  const state = rolling.init({ ...ROLLING_SETTINGS, windows, pub_ms: 50_000 });
  const kept: Point[] = [];
  let random = 1;
  const next = (): number => {
    random = (random * 48_271) % 2_147_483_647;
    return random / 2_147_483_647;
  };
  let price = 100;
  let said = 0;
  let compared = 0;
  for (let i = 0; i < TICKS; i++) {
    price *= 1 + (next() - 0.5) * 1e-4;
    const p = i % 999_983 === 0 ? price * 1e6 : price;
    const t = T0 + i * STEP_MS - (i % 1_009 === 1 ? 450 : 0);
    const v = i % 777_777 === 0 ? 1e12 : next();
    const at = kept.findLastIndex((one) => one.t <= t) + 1;
    kept.splice(at, 0, { t, p, v });
    if (kept.length > 2 * KEPT) kept.splice(0, KEPT);
    const record = { ver: 1 as const, kind: "trade" as const, provider: "p", symbol: "x", ts_ms: t, price: p, size: v };
    let row: Rolling | null = null;
    rolling.step(state, { ...record, side: null, trade_id: null, seq: i, event_id: "" }, (out) => {
      row = out;
    });
    if (row === null || said++ % 100 !== 0) continue;
    const made: Rolling = row;
    for (const { name, ms } of windows) {
      const theirs = Object.entries(exact(kept, made.ts_ms, ms)).map(([feature, x]) => [`${name}_${feature}`, x]);
      expect({ i, wrong: differences(made, Object.fromEntries(theirs) as Row) }).toEqual({ i, wrong: [] });
    }
    compared++;
  }
  expect(compared).toBeGreaterThan(150);
}, 600_000);
