import { expect, test } from "bun:test";
import { GraphFigures } from "../../core/messages/index.ts";
import { trade } from "../../core/stages/bars/test-support/world.ts";
import { ROLLING_SETTINGS, rolling } from "../../core/stages/rolling/index.ts";
import { GraphMeter } from "./graph-figures.ts";

test("each window of one symbol after the other is measured; the state stays as it was; names are bounded", () => {
  const state = rolling.init({ ...ROLLING_SETTINGS, pub_ms: 250 });
  for (let i = 0; i < 300; i++)
    rolling.step(state, trade({ ts_ms: 1.7e12 + i * 10, seq: i, symbol: `S${i % 30}` }), () => undefined);
  const before = JSON.stringify(state);
  const meter = new GraphMeter();
  for (let i = 0; i < 60; i++) meter.sample(state);
  expect(JSON.stringify(state)).toBe(before);
  const { updates_sec } = GraphFigures.parse(meter.figures);
  expect(Object.keys(updates_sec)).toHaveLength(21 * 3);
  expect(updates_sec["S0|vwap_1m"]?.count).toBe(2);
  expect(updates_sec["other|vol_5m"]?.count).toBe(20);
  new GraphMeter().sample(rolling.init(ROLLING_SETTINGS));
});

test("how long a batch took is counted in every bucket that holds it", () => {
  const meter = new GraphMeter();
  for (const ms of [0, 3, 70]) meter.processed(1_000, 1_000 + ms);
  meter.processed(1_000, 900);
  expect(meter.figures.processing_ms).toEqual({ at_most: [2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4], count: 4, sum: 73 });
});
