import { describe, expect, test } from "bun:test";
import { heartbeat, route, T0, trade, World } from "./test-support/world.ts";

const at = (ms: number, over: Parameters<typeof trade>[0] | object = {}) => trade({ ts_ms: T0 + ms, ...over });

describe("bounds", () => {
  test("a new symbol is refused when there is no room, a known one never", () => {
    const world = new World({ intervals: ["1s"], symbols_max: 2 }).step(
      at(0, { symbol: "A" }),
      at(0, { symbol: "B" }),
      at(0, { symbol: "C" }),
      at(5, { symbol: "A" }),
    );
    expect(world.letters()).toMatchObject([{ reason: "too_many", symbol: "C" }]);
    expect(
      world
        .end()
        .bars()
        .map((bar) => [bar.symbol, bar.trade_count]),
    ).toEqual([
      ["A", 2],
      ["B", 1],
    ]);
  });

  test("an idle symbol makes way once nothing of it can change, and begins no bar a second time", () => {
    const world = new World({ intervals: ["1s", "1m"], symbols_max: 1 }).step(
      at(0, { symbol: "A", provider: "p" }),
      heartbeat(T0 + 60_500, "venue", "p"),
      at(60_600, { symbol: "B" }),
    );
    expect(world.letters()).toMatchObject([{ reason: "too_many", symbol: "B" }]);
    for (const ms of [961_000, 961_100]) world.step(heartbeat(T0 + ms, "venue", "p"));
    world.step(at(961_200, { symbol: "B" }));
    expect(world.letters()).toHaveLength(1);
    for (const ms of [2_000_000, 2_000_100]) world.step(heartbeat(T0 + ms));
    world.step(at(2_000_200, { symbol: "A", provider: "p", fill: "g" }));
    expect(Object.keys(world.state.symbols.of)).toEqual(["A"]);
    world.step(at(10, { symbol: "A", provider: "p", fill: "g" }));
    expect(world.letters().at(-1)).toMatchObject({ reason: "too_old", symbol: "A" });
    expect(world.finals("1m").filter((bar) => bar.start_ts_ms === T0)).toHaveLength(1);
  });

  test("a symbol with a route is never forgotten: nobody would say it again", () => {
    const world = new World({ intervals: ["1s"], symbols_max: 1 }).step(
      route("p", T0, 1, "A"),
      at(0, { symbol: "A", provider: "p" }),
    );
    for (const ms of [2_000_000, 2_000_100]) world.step(heartbeat(T0 + ms, "venue", "p"));
    world.step(at(2_000_200, { symbol: "B" }), at(2_000_300, { symbol: "A", provider: "q" }));
    expect(world.letters()).toMatchObject([{ reason: "too_many", symbol: "B" }]);
    expect(world.state.counts.unrouted).toBe(1);
  });

  test("misdated trades cannot pile up open bars without end", () => {
    const world = new World({ intervals: ["1s"], bars_max: 10 }).step(at(0));
    for (let i = 0; i < 40; i++) world.step(at(1_000_000_000 + i * 10_000_000), at(i));
    expect(world.letters().every((letter) => letter.reason === "too_many")).toBe(true);
    expect(world.letters()).toHaveLength(31);
    expect(world.end().bars()[0]).toMatchObject({ start_ts_ms: T0, trade_count: 41 });
  });
});
