import { describe, expect, test } from "bun:test";
import type { Bar } from "../../messages/bar.ts";
import { heartbeat, minuteBar, route, T0, trade, World } from "./test-support/world.ts";

const at = (ms: number, over: object = {}) => trade({ ts_ms: T0 + ms, ...over });
const minute = (n: number, over: Partial<Bar> = {}): Bar => minuteBar(T0 + n * 60_000, over);

describe("history on the tape", () => {
  test("minutes are passed on as final, and folded into the longer bars", () => {
    const world = new World();
    for (let n = 0; n < 60; n++) world.step(minute(n, { open: 100 + n, close: 101 + n, high: 200 + n, low: 50 + n }));
    expect(world.finals("1m")).toHaveLength(60);
    expect(world.finals("1m")[3]).toMatchObject({
      bar_id: `BTCUSDT-${T0 + 180_000}-1m`,
      revision: 0,
      origin: "venue",
      open: 103,
      vwap: 100,
      final: true,
      partial: false,
    });
    expect(world.finals("5m")).toHaveLength(12);
    expect(world.finals("1h")).toMatchObject([
      { revision: 0, open: 100, close: 160, high: 259, low: 50, volume: 600, trade_count: 600, origin: "venue" },
    ]);
    expect(world.finals("1s")).toEqual([]);
    expect(world.finals("1d")).toEqual([]);
  });

  test("how a day forms is said once a clock runs, not candle by candle", () => {
    const world = new World({ forming_ms: 250 });
    for (let n = 0; n < 600; n++) world.step(minute(n));
    expect(world.bars("1d")).toEqual([]);
    world.step(at(36_000_000));
    expect(world.bars("1d")).toMatchObject([{ trade_count: 6_001, final: false }]);
    const untraded = new World({ forming_ms: 250 });
    untraded.step(route("venue", T0), minute(0), heartbeat(T0 + 60_100));
    expect(untraded.bars("1d")).toMatchObject([{ trade_count: 10, final: false }]);
  });

  test("own trades go on where it ends: the day holds both, once", () => {
    const world = new World();
    for (let n = 0; n < 600; n++) world.step(minute(n));
    for (let s = 0; s < 3_600; s++) world.step(at(36_000_000 + s * 1_000, { size: 0.5, origin: "live" }));
    const day = world.end().bars("1d").at(-1)!;
    expect(day).toMatchObject({ trade_count: 9_600, volume: 7_800, final: false, partial: false, origin: "live" });
    expect(world.newest("1h").map((bar) => bar.trade_count)).toEqual(Array(10).fill(600));
    expect(world.bars("1h").at(-1)).toMatchObject({ trade_count: 3_600, final: false });
  });

  test("a minute with no more own trades gives way to history, by a revision, in every longer bar too", () => {
    const world = new World({ intervals: ["1m", "5m"] }).step(at(1_000), at(2_000), heartbeat(T0 + 300_600), minute(0));
    expect(world.finals().map((bar) => [bar.interval, bar.revision, bar.trade_count, bar.volume])).toEqual([
      ["1m", 0, 2, 2],
      ["5m", 0, 2, 2],
      ["1m", 1, 10, 10],
      ["5m", 1, 10, 10],
    ]);
  });

  test("own trades win over history when they are more", () => {
    const world = new World({ intervals: ["1m", "5m"] });
    for (let i = 0; i < 11; i++) world.step(at(i * 1_000, { price: 77 }));
    world.step(heartbeat(T0 + 300_600), minute(0));
    expect(world.finals().map((bar) => [bar.interval, bar.revision, bar.trade_count])).toEqual([
      ["1m", 0, 11],
      ["5m", 0, 11],
    ]);
  });

  test("as many on both sides: history stays, and nothing is said again", () => {
    const world = new World({ intervals: ["1m"] }).step(minute(0, { trade_count: 2, volume: 7 }));
    world.step(at(1_000), at(2_000), heartbeat(T0 + 60_500));
    expect(world.finals()).toMatchObject([{ trade_count: 2, volume: 7, revision: 0 }]);
  });

  test("history first, its own trades later: they replace it once they are more", () => {
    const world = new World({ intervals: ["1m", "5m"] }).step(minute(0, { trade_count: 3, volume: 3 }));
    for (let i = 0; i < 4; i++) world.step(at(i * 1_000));
    world.step(heartbeat(T0 + 300_600));
    expect(world.newest("1m")).toMatchObject([{ trade_count: 4, revision: 1 }]);
    expect(world.newest("5m")).toMatchObject([{ trade_count: 4, revision: 0 }]);
  });

  test("candles without a count of trades are weighed by volume", () => {
    const world = new World({ intervals: ["1m"] }).step(at(1_000), minute(0, { trade_count: 0, bin_count: 0 }));
    world.step(heartbeat(T0 + 60_500));
    expect(world.newest()).toMatchObject([{ volume: 10, trade_count: 0 }]);
  });

  test("empty minutes make no bar", () => {
    const world = new World().step(minute(0, { volume: 0, trade_count: 0, notional: 0 }), minute(1)).end();
    expect(world.bars("1m").map((bar) => bar.start_ts_ms - T0)).toEqual([60_000]);
  });

  test("a long bar is said once history has passed it, not once per minute", () => {
    const world = new World({ intervals: ["1m", "1h"] }).step(at(7_200_000), heartbeat(T0 + 7_260_000));
    for (let n = 0; n < 120; n++) world.step(minute(n), heartbeat(T0 + 7_260_000 + n * 10));
    expect(world.finals("1h").map((bar) => [bar.start_ts_ms - T0, bar.revision, bar.trade_count])).toEqual([
      [0, 0, 600],
      [3_600_000, 0, 600],
    ]);
  });

  test("minutes missed while nothing ran come before the first trade after it", () => {
    const world = new World({ intervals: ["1m", "5m"] }).step(at(0), heartbeat(T0 + 30_000));
    for (let n = 0; n < 120; n++) world.step(minute(n));
    world.step(at(7_200_500, { recv_ms: T0 + 7_200_600 }), heartbeat(T0 + 7_201_000));
    expect(world.letters()).toEqual([]);
    expect(world.newest("1m")).toHaveLength(120);
    expect(world.newest("5m").map((bar) => [bar.revision, bar.trade_count])).toEqual(Array(24).fill([0, 50]));
  });

  test("the same minute again says nothing", () => {
    const world = new World().step(minute(0), minute(0), minute(1), minute(0));
    expect(world.finals("1m")).toHaveLength(2);
    expect(world.state.counts.history_known).toBe(2);
  });

  test("what is no history, or comes too late, is a dead letter", () => {
    const world = new World({ intervals: ["1s", "1m"] }).step(
      minute(0, { final: false }),
      minute(0, { start_ts_ms: T0 + 1, end_ts_ms: T0 + 60_001 }),
      at(0),
      at(3_600_000, { recv_ms: T0 + 3_600_001 }),
      heartbeat(T0 + 3_601_000),
      minute(0),
    );
    expect(world.letters().map((letter) => letter.reason)).toEqual(["invalid", "invalid", "too_old"]);
  });
});
