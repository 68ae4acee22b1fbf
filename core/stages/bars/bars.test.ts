import { describe, expect, test } from "bun:test";
import { TapebellError } from "../../errors.ts";
import { Bar } from "../../messages/index.ts";
import { planOf } from "./settings.ts";
import { heartbeat, T0, trade, World } from "./test-support/world.ts";

const at = (ms: number, over: Parameters<typeof trade>[0] | object = {}) => trade({ ts_ms: T0 + ms, ...over });

describe("what a bar says", () => {
  test("open, high, low, close, sums, ids and times", () => {
    const world = new World({ intervals: ["1s", "1m"] }).step(
      at(100, { price: 10, size: 2, side: "buy", origin: "synthetic" }),
      at(105, { price: 12, size: 1, side: "sell", origin: "synthetic" }),
      at(300, { price: 8, size: 1, side: "buy", origin: "synthetic" }),
      heartbeat(T0 + 1_500),
    );
    expect(world.finals()).toEqual([
      {
        kind: "bar",
        origin: "synthetic",
        bar_id: `BTCUSDT-${T0}`,
        revision: 0,
        symbol: "BTCUSDT",
        provider: "venue",
        interval: "1s",
        start_ts_ms: T0,
        end_ts_ms: T0 + 1_000,
        open: 10,
        high: 12,
        low: 8,
        close: 8,
        volume: 4,
        notional: 40,
        vwap: 10,
        trade_count: 3,
        bin_count: 2,
        buy_volume: 3,
        max_late_ms: 0,
        final: true,
        partial: false,
        last_ts_ms: T0 + 300,
      },
    ]);
    expect(world.end().bars("1m")[0]!.bar_id).toBe(`BTCUSDT-${T0}-1m`);
  });

  test("open and close go by event time, then sequence, then arrival", () => {
    const world = new World({ intervals: ["1s"] }).step(
      at(200, { price: 5, seq: 7 }),
      at(100, { price: 1, seq: 9 }),
      at(100, { price: 2, seq: 9 }),
      at(100, { price: 3, seq: 4 }),
      at(100, { price: 4, seq: 4 }),
      at(300, { price: 6, seq: 2 }),
      at(300, { price: 7, seq: 2 }),
      at(300, { price: 8, seq: 1 }),
      at(250, { price: 9, seq: 99 }),
    );
    expect(world.end().bars()[0]).toMatchObject({ open: 3, close: 7 });
  });

  test("zero sizes alone: volume 0, vwap is the close", () => {
    const bar = new World({ intervals: ["1s"] })
      .step(at(0, { size: 0, price: 7 }))
      .end()
      .bars()[0];
    expect(bar).toMatchObject({ volume: 0, notional: 0, vwap: 7, trade_count: 1 });
    Bar.parse(bar);
  });

  test("there are no empty bars", () => {
    const world = new World().step(at(0), at(3_600_000)).end();
    expect(world.bars("1s").map((bar) => bar.start_ts_ms - T0)).toEqual([0, 3_600_000]);
  });

  test("the largest lateness of the trades inside", () => {
    const world = new World({ intervals: ["1s"] }).step(at(900), at(400), at(410)).end();
    expect(world.bars()[0]!.max_late_ms).toBe(500);
  });
});

describe("closing", () => {
  test("a bar goes out when its end is 500 ms behind, not a millisecond sooner", () => {
    const world = new World({ intervals: ["1s"] }).step(at(10), at(1_499));
    expect(world.finals()).toHaveLength(0);
    world.step(at(1_500));
    expect(world.finals()).toHaveLength(1);
  });

  test("a quiet symbol's bar goes out by its provider's heartbeats, venue or clock, and by no other", () => {
    for (const reason of ["venue", "clock"] as const) {
      const world = new World({ intervals: ["1s"] }).step(at(10), heartbeat(T0 + 1_500, reason, "other"));
      expect(world.finals()).toHaveLength(0);
      world.step(heartbeat(T0 + 1_500, reason));
      expect(world.finals()).toHaveLength(1);
    }
  });

  test("in one step shorter bars come first, earlier ends first", () => {
    const world = new World().step(at(59_000), at(60_000), heartbeat(T0 + 300_500));
    expect(world.finals().map((bar) => `${bar.interval}@${bar.end_ts_ms - T0}`)).toEqual([
      "1s@60000",
      "5s@60000",
      "1m@60000",
      "1s@61000",
      "5s@65000",
      "1m@120000",
      "5m@300000",
    ]);
  });

  test("one symbol's trades close nothing of another", () => {
    const world = new World({ intervals: ["1s"] }).step(at(10), at(90_000, { symbol: "X" }));
    expect(world.finals()).toHaveLength(0);
  });
});

describe("forming", () => {
  test("at most four a second of event time per interval, only when changed, with the coming revision", () => {
    const world = new World({ intervals: ["1s", "1m"], forming_ms: 250 });
    for (let ms = 0; ms < 1_000; ms += 10) world.step(at(ms, { price: 100 + ms }));
    world.step(heartbeat(T0 + 1_000), heartbeat(T0 + 1_250));
    const forming = world.bars("1s").filter((bar) => !bar.final);
    expect(forming.map((bar) => bar.last_ts_ms! - T0)).toEqual([0, 250, 500, 750, 990]);
    expect(world.bars("1m")).toHaveLength(5);
    for (const bar of forming) expect(bar).toMatchObject({ final: false, revision: 0, bar_id: `BTCUSDT-${T0}` });
    world.step(heartbeat(T0 + 1_500));
    expect(world.bars("1s").at(-1)).toMatchObject({ final: true, revision: 0, trade_count: 100 });
    expect(world.bars("1m").filter((bar) => !bar.final)).toHaveLength(5);
  });

  test("the last change of a burst is shown by the next heartbeat", () => {
    const world = new World({ intervals: ["1m"], forming_ms: 250 }).step(at(0), at(30, { price: 5 }));
    expect(world.bars().map((bar) => bar.close)).toEqual([100]);
    world.step(heartbeat(T0 + 250));
    expect(world.bars().map((bar) => bar.close)).toEqual([100, 5]);
  });

  test("none when switched off", () => {
    const world = new World({ forming_ms: 0 }).step(at(0), at(400));
    expect(world.bars()).toEqual([]);
  });
});

describe("any interval", () => {
  test("7 s, aligned to the epoch, and 2 s beside 1 m", () => {
    const world = new World({ intervals: ["7s", "2s", "1m"] });
    for (let s = 0; s < 60; s++) world.step(at(s * 1_000, { price: 100 + s }));
    const bars = world.end().bars("7s");
    for (const bar of bars) expect(bar.start_ts_ms % 7_000).toBe(0);
    expect(bars.reduce((n, bar) => n + bar.trade_count, 0)).toBe(60);
    expect(world.bars("2s")).toHaveLength(30);
    expect(world.bars("1m")[0]).toMatchObject({ open: 100, close: 159, bin_count: 60 });
    expect(world.bars("1s")).toEqual([]);
  });

  test("lengths nobody can mean are refused in words", () => {
    for (const bad of ["", "0s", "1x", "8d", "7ms", "1.5s", "-1m"]) {
      expect(() => planOf([bad])).toThrow(TapebellError);
    }
    expect(() => planOf([])).toThrow("INTERVAL names 0 lengths");
    expect(
      planOf(["60s", "1m"])
        .levels.filter((level) => level.shown)
        .map((level) => level.interval),
    ).toEqual(["1m"]);
  });
});
