import { describe, expect, test } from "bun:test";
import type { MarketRecord, PriceRecord } from "../messages/index.ts";
import { PriceRecord as Schema } from "../messages/index.ts";
import { T0, World } from "../test-support/world.ts";
import { PRICE_SETTINGS, price } from "./price.ts";

function prices(w: World): PriceRecord[] {
  const state = price.init(PRICE_SETTINGS);
  const out: PriceRecord[] = [];
  for (const record of w.log as MarketRecord[]) price.step(state, record, (p) => out.push(p));
  return out;
}
const at = (w: World) => prices(w).map((p) => [Date.parse(p.time) - T0, p.price]);

describe("sampled prices", () => {
  test("one a second of event time, and at once when it moved a thousandth", () => {
    const w = new World()
      .trade(100)
      .wait(500)
      .trade(100.05)
      .wait(400)
      .trade(100.1)
      .wait(50)
      .trade(100.15)
      .wait(1_000)
      .trade(100.15);
    expect(at(w)).toEqual([
      [0, 100],
      [900, 100.1],
      [1_950, 100.15],
    ]);
    for (const p of prices(w)) expect(Schema.safeParse(p).success).toBe(true);
  });
  test("a move within a sample is measured from the last sample, not from the last trade", () => {
    const w = new World().trade(100);
    for (let i = 1; i <= 5; i++) w.wait(10).trade(100 + i * 0.03);
    expect(at(w)).toEqual([
      [0, 100],
      [40, 100.12],
    ]);
  });
  test("never two of one millisecond, never one behind the last", () => {
    const w = new World().trade(100).trade(110).wait(100).trade(110);
    w.trade(50, 1, { ts_ms: T0 - 5_000 });
    expect(at(w)).toEqual([
      [0, 100],
      [100, 110],
    ]);
  });
  test("trades that fill a gap make none", () => expect(prices(new World().trade(100, 1, { fill: "g" }))).toEqual([]));
  test("a trade dated ahead of its receipt does not silence the next ones", () => {
    const w = new World()
      .trade(100, 1, { ts_ms: T0 + 4e9, recv_ms: T0 })
      .wait(3_000)
      .trade(100);
    expect(at(w)).toEqual([
      [1_000, 100],
      [3_000, 100],
    ]);
  });
  test("the quote's middle, only where nothing ever traded", () => {
    expect(at(new World().quote(99, 101).wait(2_000).quote(101, 103))).toEqual([
      [0, 100],
      [2_000, 102],
    ]);
    expect(at(new World().trade(100).wait(2_000).quote(199, 201))).toEqual([[0, 100]]);
    expect(at(new World().quote(101, 99))).toEqual([]);
    expect(at(new World().quote(100, 100))).toEqual([[0, 100]]);
  });
  test("a venue's own prices are sampled alike, and only where nothing ever traded", () => {
    const own = (ms: number, price: number): PriceRecord => ({
      kind: "price",
      symbol: "BTCUSDT",
      price,
      time: new Date(T0 + ms).toISOString(),
    });
    const said = (records: readonly MarketRecord[]): number[] => {
      const state = price.init(PRICE_SETTINGS);
      const out: number[] = [];
      for (const record of records) price.step(state, record, (one) => out.push(one.price));
      return out;
    };
    expect(said([own(0, 100), own(500, 100.01), own(1_000, 100.02)])).toEqual([100, 100.02]);
    const traded = new World("BTCUSDT").trade(100).log as MarketRecord[];
    expect(said([...traded, own(2_000, 200)])).toEqual([100]);
  });
});
