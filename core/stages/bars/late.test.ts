import { describe, expect, test } from "bun:test";
import { DeadLetter } from "../../messages/index.ts";
import { heartbeat, T0, trade, World } from "./test-support/world.ts";

const at = (ms: number, over: Parameters<typeof trade>[0] | object = {}) => trade({ ts_ms: T0 + ms, ...over });

describe("late", () => {
  test("500 ms behind the newest trade is merged, 501 is a dead letter and changes nothing", () => {
    const world = new World({ intervals: ["1s"] }).step(at(1_000), at(500, { price: 50 }), at(499, { price: 1 }));
    expect(world.letters()).toMatchObject([{ where: "bars", reason: "late", symbol: "BTCUSDT", ts_ms: T0 + 499 }]);
    expect(JSON.parse(DeadLetter.parse(world.letters()[0]).raw)).toMatchObject({ ts_ms: T0 + 499, price: 1 });
    expect(world.end().bars()[0]).toMatchObject({ start_ts_ms: T0, low: 50, trade_count: 1 });
  });

  test("a heartbeat never makes a trade late: it revises the bar and every longer one that is out", () => {
    const world = new World({ intervals: ["1s", "5s", "1m"] }).step(
      at(4_900, { price: 10 }),
      heartbeat(T0 + 9_000),
      at(4_950, { price: 11 }),
    );
    expect(world.letters()).toEqual([]);
    expect(world.finals().map((bar) => [bar.interval, bar.revision, bar.close])).toEqual([
      ["1s", 0, 10],
      ["5s", 0, 10],
      ["1s", 1, 11],
      ["5s", 1, 11],
    ]);
    expect(world.end().bars("1m")[0]).toMatchObject({ revision: 0, trade_count: 2, close: 11 });
  });

  test("a burst of revising trades is said at most four times a second", () => {
    const world = new World({ intervals: ["1s"] }).step(at(100), heartbeat(T0 + 5_000));
    for (let i = 0; i < 100; i++) world.step(at(200 + i));
    expect(world.finals().map((bar) => bar.trade_count)).toEqual([1, 2]);
    world.step(heartbeat(T0 + 5_250));
    expect(world.finals().map((bar) => [bar.revision, bar.trade_count])).toEqual([
      [0, 1],
      [1, 2],
      [2, 101],
    ]);
  });

  test("nor more often while the market goes on", () => {
    const world = new World({ intervals: ["1s"], forming_ms: 10 }).step(at(100), heartbeat(T0 + 5_000));
    for (let ms = 0; ms < 1_000; ms += 10) world.step(at(5_000 + ms), at(200 + ms / 10, { fill: "gap-1" }));
    const revised = world.finals().filter((bar) => bar.start_ts_ms === T0);
    expect(revised.length).toBeLessThanOrEqual(1 + 4);
    expect(world.end().newest()[0]!.trade_count).toBe(101);
  });

  test("a bar that ended 15 min before is revised no more", () => {
    const revise_ms = 900_000;
    for (const [due_ms, reason] of [
      [1_000 + revise_ms - 1, undefined],
      [1_000 + revise_ms, "too_old"],
    ] as const) {
      const world = new World({ intervals: ["1s"] }).step(at(700), heartbeat(T0 + due_ms), at(800));
      expect(world.letters()[0]?.reason).toBe(reason as never);
      expect(world.newest()[0]!.trade_count).toBe(reason === undefined ? 2 : 1);
    }
  });

  test("a trade of a second without bars, inside closed longer bars, revises these", () => {
    const world = new World({ intervals: ["1s", "5s"] }).step(at(700), heartbeat(T0 + 9_000), at(3_500, { price: 3 }));
    expect(world.finals().map((bar) => [bar.interval, bar.start_ts_ms - T0, bar.revision])).toEqual([
      ["1s", 0, 0],
      ["5s", 0, 0],
      ["1s", 3_000, 0],
      ["5s", 0, 1],
    ]);
  });
});
