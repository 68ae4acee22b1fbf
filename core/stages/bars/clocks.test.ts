import { describe, expect, test } from "bun:test";
import { heartbeat, T0, trade, World } from "./test-support/world.ts";

const at = (ms: number, over: object = {}) => trade({ ts_ms: T0 + ms, ...over });

describe("with a receive time", () => {
  test("5 s ahead of it is taken, more is a dead letter", () => {
    const world = new World({ intervals: ["1s"] }).step(
      at(5_000, { recv_ms: T0 }),
      at(5_001, { recv_ms: T0 }),
      at(1e11, { recv_ms: T0 }),
    );
    expect(world.letters().map((letter) => [letter.reason, letter.ts_ms! - T0])).toEqual([
      ["future", 5_001],
      ["future", 1e11],
    ]);
    expect(world.end().bars()).toHaveLength(1);
  });

  test("a trade ahead moves its symbol's clock no further than a second past its receive time", () => {
    const world = new World({ intervals: ["1s"] }).step(at(0, { recv_ms: T0 }), at(4_000, { recv_ms: T0 + 10 }));
    expect(world.finals()).toHaveLength(0);
    world.step(at(600, { recv_ms: T0 + 700 }));
    expect(world.letters()).toHaveLength(0);
    world.step(at(509, { recv_ms: T0 + 700 }));
    expect(world.letters()).toMatchObject([{ reason: "late" }]);
  });

  test("a long step is believed at once when its receive time says so too", () => {
    const world = new World({ intervals: ["1m"] }).step(at(0, { recv_ms: T0 }), at(600_000, { recv_ms: T0 + 600_010 }));
    expect(world.finals()).toHaveLength(1);
  });

  test("a heartbeat from the future does harm no longer than until the next trade", () => {
    const world = new World({ intervals: ["1s"] }).step(at(0, { recv_ms: T0 + 5 }), heartbeat(T0 + 1e10));
    expect(world.finals()).toHaveLength(1);
    world.step(at(10_000, { recv_ms: T0 + 10_005 }));
    world.step(at(10_100, { recv_ms: T0 + 10_105 }), at(11_600, { recv_ms: T0 + 11_605 }));
    expect(world.letters()).toEqual([]);
    expect(
      world
        .end()
        .bars()
        .map((bar) => [bar.start_ts_ms - T0, bar.trade_count]),
    ).toEqual([
      [0, 1],
      [10_000, 2],
      [11_000, 1],
    ]);
  });
});

describe("without a receive time", () => {
  const jump = 60_000;

  test("one misdated record makes no later one late", () => {
    const world = new World({ intervals: ["1m"] });
    for (let s = 0; s < 180; s++) {
      world.step(at(s * 1_000));
      if (s === 70) world.step(at(2.4e12));
    }
    expect(world.letters()).toEqual([]);
    const bars = world.end().bars();
    expect(bars.map((bar) => bar.trade_count)).toEqual([60, 60, 60, 1]);
    expect(bars.map((bar) => bar.final)).toEqual([true, true, false, false]);
  });

  test("60 s forward is an ordinary step, more needs a second record", () => {
    const world = new World({ intervals: ["1s"] }).step(at(0), at(jump));
    expect(world.finals()).toHaveLength(1);
    world.step(at(2 * jump + 1));
    expect(world.finals()).toHaveLength(1);
    world.step(at(2 * jump + 2_000));
    expect(world.finals().map((bar) => bar.start_ts_ms - T0)).toEqual([0, jump, 2 * jump]);
  });

  test("the second record confirms no more than both agree on", () => {
    const world = new World({ intervals: ["1s"] }).step(at(0), at(900_000), at(100_000), at(99_600), at(100_100));
    expect(world.letters()).toEqual([]);
    expect(world.state.symbols.of.BTCUSDT!.seen_ms).toBe(T0 + 100_100);
  });

  test("records minutes apart still close one another", () => {
    const world = new World({ intervals: ["1m"] }).step(at(0), at(61_000), at(125_000), at(400_000));
    expect(world.finals().map((bar) => bar.start_ts_ms - T0)).toEqual([0, 60_000]);
    expect(
      world
        .end()
        .bars()
        .map((bar) => bar.final),
    ).toEqual([true, true, true, false]);
  });

  test("switched off, every step counts at once", () => {
    const world = new World({ intervals: ["1s"], jump_ms: 0 }).step(at(0), at(jump * 10));
    expect(world.finals()).toHaveLength(1);
  });
});

test("unusable prices, sizes and times enter no bar and are kept as dead letters", () => {
  const world = new World({ intervals: ["1s"] });
  const bad = [
    { price: 0 },
    { price: -1 },
    { price: Number.NaN },
    { price: Number.POSITIVE_INFINITY },
    { price: 1e18 },
    { size: -1 },
    { size: Number.NaN },
    { ts_ms: Number.NaN },
    { ts_ms: -5 },
    { ts_ms: 1e16 },
  ];
  for (const over of bad) world.step({ ...at(0), ...over });
  expect(world.letters().map((letter) => letter.reason)).toEqual(bad.map(() => "invalid"));
  expect(world.end().bars()).toEqual([]);
});

test("the end of the input waives the lateness: what ended by the newest event is final, the rest is not", () => {
  const world = new World({ intervals: ["1s", "1m"] })
    .step(at(100), at(59_999, { symbol: "Y" }), at(60_000, { symbol: "X" }))
    .end();
  expect(world.bars().map((bar) => [bar.symbol, bar.interval, bar.final])).toEqual([
    ["BTCUSDT", "1s", true],
    ["BTCUSDT", "1m", true],
    ["Y", "1s", true],
    ["Y", "1m", true],
    ["X", "1s", false],
    ["X", "1m", false],
  ]);
});
