import { describe, expect, test } from "bun:test";
import { gap, heartbeat, minuteBar, route, T0, trade, World } from "./test-support/world.ts";

const at = (ms: number, over: object = {}) => trade({ ts_ms: T0 + ms, ...over });
const partials = (world: World, interval: string): [number, number, boolean][] =>
  world.finals(interval).map((bar) => [bar.start_ts_ms - T0, bar.revision, bar.partial]);

describe("silence", () => {
  test("moves nothing before 10 s, then sends out what has ended, partial", () => {
    const world = new World({ intervals: ["1s", "1m"] }).step(at(900), heartbeat(T0 + 10_899, "silence"));
    expect(world.bars()).toEqual([]);
    world.step(heartbeat(T0 + 10_900, "silence"));
    expect(partials(world, "1s")).toEqual([[0, 0, true]]);
    expect(world.finals("1m")).toEqual([]);
    world.step(heartbeat(T0 + 60_499, "silence"));
    expect(world.finals("1m")).toEqual([]);
    world.step(heartbeat(T0 + 60_500, "silence"));
    expect(partials(world, "1m")).toEqual([[0, 0, true]]);
  });

  test("a bar still open is shown partial while it lasts", () => {
    const world = new World({ intervals: ["1m"], forming_ms: 250 }).step(at(900), heartbeat(T0 + 11_000, "silence"));
    expect(world.bars().map((bar) => bar.partial)).toEqual([false, true]);
    world.step(heartbeat(T0 + 12_000));
    expect(world.bars().map((bar) => bar.partial)).toEqual([false, true, false]);
  });

  test("trades that come after it revise what went out", () => {
    const world = new World({ intervals: ["1s"] }).step(
      at(900),
      heartbeat(T0 + 11_000, "silence"),
      at(950, { price: 7 }),
      heartbeat(T0 + 11_100),
    );
    expect(partials(world, "1s")).toEqual([
      [0, 0, true],
      [0, 1, true],
      [0, 2, false],
    ]);
    expect(world.newest()[0]).toMatchObject({ trade_count: 2, low: 7 });
  });

  test("who moves time again vouches for what was sent before: the mark goes", () => {
    const world = new World({ intervals: ["1s"] }).step(
      at(900),
      heartbeat(T0 + 11_000, "silence"),
      heartbeat(T0 + 1_499),
    );
    expect(partials(world, "1s")).toEqual([[0, 0, true]]);
    world.step(heartbeat(T0 + 1_500));
    expect(partials(world, "1s")).toEqual([
      [0, 0, true],
      [0, 1, false],
    ]);
  });
});

describe("gaps", () => {
  const open = gap({ from_ms: T0 + 2_000, to_ms: T0 + 3_500, status: "open" });

  test("an open one marks every bar it touches, those that are out by a revision", () => {
    const world = new World({ intervals: ["1s", "5s", "1m"] }).step(at(1_999), at(3_500), at(4_100), at(5_500), open);
    expect(partials(world, "1s")).toEqual([
      [1_000, 0, false],
      [3_000, 0, false],
      [4_000, 0, false],
      [3_000, 1, true],
    ]);
    expect(partials(world, "5s")).toEqual([
      [0, 0, false],
      [0, 1, true],
    ]);
    world.step(heartbeat(T0 + 60_500));
    expect(partials(world, "1m")).toEqual([[0, 0, true]]);
    expect(world.gaps()).toEqual([open]);
  });

  test("filled: the trades come in, then the mark goes, by revisions", () => {
    const world = new World({ intervals: ["1s", "1m"] }).step(
      at(1_999),
      at(4_100),
      open,
      heartbeat(T0 + 61_000),
      at(2_500, { fill: "gap-1", price: 50 }),
      at(2_600, { fill: "gap-1", price: 51 }),
      { ...open, status: "filled", revision: 1 },
    );
    expect(partials(world, "1m")).toEqual([
      [0, 0, true],
      [0, 1, true],
      [0, 2, false],
    ]);
    expect(world.newest("1m")[0]).toMatchObject({ trade_count: 4, low: 50, partial: false });
    expect(world.newest("1s").find((bar) => bar.start_ts_ms === T0 + 2_000)).toMatchObject({ trade_count: 2 });
    expect(world.gaps().map((record) => [record.status, record.revision])).toEqual([
      ["open", 0],
      ["filled", 2],
    ]);
  });

  test("filling trades move no clock and are late for nothing", () => {
    const world = new World({ intervals: ["1s"] }).step(at(60_000), at(2_500, { fill: "gap-1" }), at(59_600));
    expect(world.letters()).toEqual([]);
    world.step(at(70_000, { fill: "gap-1" }), at(59_700));
    expect(world.letters()).toEqual([]);
    expect(world.finals().map((bar) => bar.start_ts_ms - T0)).toEqual([2_000]);
  });

  test("a fill that comes too late is a dead letter and its gap is lost", () => {
    const world = new World({ intervals: ["1s"], revise_ms: 60_000 }).step(
      at(1_000),
      at(10_000),
      gap({ from_ms: T0 + 1_000, to_ms: T0 + 10_000, status: "open" }),
      heartbeat(T0 + 65_000),
      at(3_000, { fill: "gap-1" }),
    );
    expect(world.letters()).toMatchObject([{ reason: "too_old" }]);
    expect(world.gaps().at(-1)).toMatchObject({ id: "gap-1", status: "lost", revision: 1 });
    world.step(gap({ from_ms: T0 + 1_000, to_ms: T0 + 10_000, status: "filled", revision: 1 }));
    expect(world.gaps().at(-1)).toMatchObject({ status: "lost" });
    expect(world.newest().every((bar) => bar.partial)).toBe(true);
  });

  test("an open one that nobody fills is lost once nothing can fill it", () => {
    const world = new World({ intervals: ["1s"], revise_ms: 60_000 }).step(at(1_000), open);
    for (let ms = 2_000; ms < 63_999; ms += 100) world.step(heartbeat(T0 + ms));
    expect(world.gaps()).toHaveLength(1);
    world.step(heartbeat(T0 + 64_000));
    expect(world.gaps().at(-1)).toMatchObject({ status: "lost", revision: 1 });
  });

  test("a lost one sticks to the long bars that hold it, to their very end", () => {
    const world = new World({ intervals: ["1s", "1h", "1d"] }).step(at(1_000), { ...open, status: "lost" }, at(4_000));
    for (let h = 0; h < 25; h++) {
      for (let m = 0; m < 60; m += 0.5) world.step(at(5_000 + (h * 60 + m) * 60_000));
    }
    expect(world.finals("1h").map((bar) => bar.partial)).toEqual([true, ...Array(23).fill(false)]);
    expect(world.finals("1d").map((bar) => bar.partial)).toEqual([true]);
    expect(world.end().bars("1d").at(-1)).toMatchObject({ start_ts_ms: T0 + 86_400_000, partial: false });
    expect(world.state.symbols.of.BTCUSDT!.gaps).toEqual([]);
  });

  test("only the bars of its own provider and symbol", () => {
    const world = new World({ intervals: ["1s"] }).step(
      { ...open, provider: "other" },
      { ...open, id: "gap-2", symbol: "X" },
      at(2_500),
      heartbeat(T0 + 9_000),
    );
    expect(partials(world, "1s")).toEqual([[2_000, 0, false]]);
  });

  test('"*": every symbol of the provider, also one that comes later; of the log itself: everybody', () => {
    for (const all of [
      { ...open, symbol: "*" },
      { ...open, symbol: "*", provider: "bus", stream: "bus:tape.market" },
    ]) {
      const world = new World({ intervals: ["1s"] }).step(
        at(2_100),
        heartbeat(T0 + 3_600),
        all,
        at(2_900, { symbol: "LATER" }),
        heartbeat(T0 + 9_000),
      );
      expect(partials(world, "1s")).toEqual([
        [2_000, 0, false],
        [2_000, 1, true],
        [2_000, 0, true],
      ]);
      world.step({ ...all, status: "filled", revision: 1 });
      expect(world.newest().map((bar) => bar.partial)).toEqual([false, false]);
    }
  });

  test("the same record again says nothing", () => {
    const world = new World().step(at(2_500), heartbeat(T0 + 9_000), open, open);
    expect(world.gaps()).toHaveLength(1);
    expect(partials(world, "1s")).toEqual([
      [2_000, 0, false],
      [2_000, 1, true],
    ]);
  });

  test("too many: the oldest become one lost gap, and no bar loses its mark", () => {
    const world = new World({ intervals: ["1s", "1m"], gaps_max: 3 });
    for (let i = 0; i < 30; i++) {
      world.step(
        at(i * 2_000 + 100),
        gap({ id: `gap-${i}`, from_ms: T0 + i * 2_000 + 200, to_ms: T0 + i * 2_000 + 300, status: "open" }),
      );
    }
    world.step(heartbeat(T0 + 70_000));
    expect(world.newest("1s")).toHaveLength(30);
    expect(world.newest().every((bar) => bar.partial)).toBe(true);
    expect(world.state.symbols.of.BTCUSDT!.gaps).toHaveLength(3);
    expect(world.gaps().filter((record) => record.status === "lost")).toHaveLength(28);
  });
});

describe("routes", () => {
  test("a failover: the bar that both touch is mixed and partial, the others are whole", () => {
    const world = new World({ intervals: ["1s"] }).step(
      route("venue", T0 - 5_000),
      at(500),
      at(1_200),
      route("backup", T0 + 1_600, 2),
      at(1_700, { provider: "backup", price: 200 }),
      at(2_300, { provider: "backup" }),
      heartbeat(T0 + 9_000, "venue", "backup"),
    );
    expect(world.newest().map((bar) => [bar.start_ts_ms - T0, bar.provider, bar.partial])).toEqual([
      [0, "venue", false],
      [1_000, "mixed", true],
      [2_000, "backup", false],
    ]);
  });

  test("the new one counts from there on, the old one up to it, whatever order they come in", () => {
    const world = new World({ intervals: ["1s"] }).step(
      at(500),
      route("backup", T0 + 1_000),
      ...[700, 1_000, 1_100].map((ms) => at(ms)),
      at(900, { provider: "backup" }),
      at(1_000, { provider: "backup" }),
      at(800, { provider: "third" }),
    );
    expect(world.state.counts).toMatchObject({ trades: 3, unrouted: 4 });
    expect(
      world
        .end()
        .bars()
        .map((bar) => [bar.start_ts_ms - T0, bar.trade_count, bar.provider, bar.partial]),
    ).toEqual([
      [0, 2, "venue", false],
      [1_000, 1, "backup", false],
    ]);
  });

  test("what is late is measured anew, and only the new one's heartbeats count", () => {
    const world = new World({ intervals: ["1s"] }).step(
      at(5_000),
      route("backup", T0 + 3_000),
      at(3_100, { provider: "backup" }),
      heartbeat(T0 + 60_000),
    );
    expect(world.letters()).toEqual([]);
    expect(world.finals()).toEqual([]);
    world.step(heartbeat(T0 + 60_000, "venue", "backup"));
    expect(world.finals().map((bar) => bar.start_ts_ms - T0)).toEqual([3_000, 5_000]);
  });

  test("bars that are out already and held the old one's trades are revised", () => {
    const world = new World({ intervals: ["1s", "5s"] }).step(
      at(500),
      at(1_700),
      heartbeat(T0 + 9_000),
      route("b", T0 + 1_000),
    );
    expect(partials(world, "1s")).toEqual([
      [0, 0, false],
      [1_000, 0, false],
      [1_000, 1, true],
    ]);
    expect(world.newest("5s")).toMatchObject([{ provider: "mixed", partial: true }]);
  });

  test("the same provider again is no failover", () => {
    const world = new World({ intervals: ["1s"] }).step(at(500), route("venue", T0 + 600), at(550), at(700)).end();
    expect(world.bars()).toMatchObject([{ trade_count: 3, provider: "venue", partial: false }]);
  });

  test("without any route two providers' trades make mixed bars, never silently one series", () => {
    const world = new World({ intervals: ["1s"] }).step(at(500), at(600, { provider: "b" })).end();
    expect(world.bars()).toMatchObject([{ trade_count: 2, provider: "mixed", partial: true }]);
  });
});

test("other records on the tape change nothing", () => {
  const world = new World().step(minuteBar(T0, { interval: "5m", end_ts_ms: T0 + 300_000 }));
  expect(world.letters()).toMatchObject([{ reason: "invalid" }]);
});
