import { describe, expect, test } from "bun:test";
import { brief, hear, T0, World } from "../../../test-support/world.ts";
import { enter, largestOf, limitOf, observe, tail } from "./tail.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe("what is usual", () => {
  test("99.99 % of the seconds stay below the limit, to a bin's width", () => {
    const t = tail();
    for (let i = 0; i < 100_000; i++) enter(t, T0 + i * 1_000, i % 10_000 < 2 ? 0.01 : 0.001, 1);
    const limit = limitOf(t, T0, 0.9999, 20_000);
    expect(limit).toBeGreaterThanOrEqual(0.01);
    expect(limit).toBeLessThanOrEqual(0.01 * 1.1 ** 2);
    const rare = tail();
    for (let i = 0; i < 100_000; i++) enter(rare, T0 + i * 1_000, i % 50_000 === 0 ? 0.01 : 0.001, 1);
    expect(limitOf(rare, T0, 0.9999, 20_000)).toBeLessThan(0.0012);
  });

  test("too few seconds say nothing", () => {
    const t = tail();
    for (let i = 0; i < 19_999; i++) enter(t, T0 + i * 1_000, 0.001, 1);
    expect(limitOf(t, T0, 0.9999, 20_000)).toBe(0);
  });

  test("after 7 days it is forgotten, the largest of a day with its day", () => {
    const t = tail();
    for (let i = 0; i < 30_000; i++) enter(t, T0 + i * 1_000, 0.05, 1);
    for (let day = 1; day <= 6; day++) enter(t, T0 + day * DAY_MS, 0.001, 30_000);
    expect(largestOf(t, T0 + 7 * DAY_MS)).toBe(0.05);
    enter(t, T0 + 8 * DAY_MS, 0.001, 30_000);
    expect(largestOf(t, T0 + 8 * DAY_MS)).toBe(0.001);
    expect(limitOf(t, T0 + 8 * DAY_MS, 0.9999, 20_000)).toBeLessThan(0.0012);
  });

  test("a burst of trades is one second; silence is many", () => {
    const t = tail();
    for (let i = 0; i < 500; i++) observe(t, T0 + i, 0.02, 5_000);
    observe(t, T0 + 60_000, 0, 5_000);
    expect(t.now.reduce((a, b) => a + b, 0)).toBe(60);
    expect(t.now[0]).toBe(55);
  });
});

describe("relative moves", () => {
  const RELATIVE = { adaptive: { rules: ["relative" as const] } };

  test("0.8 % in a still market is told, with how rare it is", () => {
    const w = new World("BTCUSDT").history().calm(120).run(100, 100.8, 10_000, 10).calm(30, 100.8);
    const [first] = hear(w.log, RELATIVE).alerts;
    expect(first).toMatchObject({ severity: "notice", direction: "up", window: "1m", threshold: 0.005 });
    expect(first!.evidence.rarity).toStartWith("largest 1m move in ");
    expect(first!.summary).toContain("largest 1m move in 24 h");
  });

  test("the largest of all, on volume, is an alert", () => {
    const w = new World("BTCUSDT").history().calm(120).run(100, 100.8, 10_000, 2_000);
    expect(hear(w.log, RELATIVE).alerts.map(brief)).toContain("open alert r0");
  });

  test("the same step in a lively market is nothing", () => {
    const w = new World("DOGEUSDT").history();
    for (const [i, bar] of w.log.entries())
      if (bar.kind === "bar") Object.assign(bar, { high: 102, low: i % 2 === 0 ? 98 : 100 });
    expect(hear(w.calm(120).run(100, 100.8, 10_000, 2_000).calm(30, 100.8).log, RELATIVE).alerts).toEqual([]);
  });

  test("under half a day of history it holds its tongue", () => {
    const w = new World("BTCUSDT").history(600, "BTCUSDT", 5).calm(120).run(100, 100.8, 10_000, 2_000);
    expect(hear(w.log, RELATIVE).alerts).toEqual([]);
  });

  test("a print the next trades refute is no move here either", () => {
    const w = new World("BTCUSDT").history().calm(120).wait(100).trade(101, 5_000).wait(100).trade(101, 5_000).calm(60);
    expect(hear(w.log, RELATIVE).alerts).toEqual([]);
  });
});

describe("confirmed moves", () => {
  const CONFIRMED = { adaptive: { rules: ["confirmed" as const] } };
  /** +3 % in two seconds; normal are 3.3 orders of 30 a side and ten seconds. */
  const burst = (w: World, size: number, steps = 60): World => w.calm(120).run(100, 103.2, 2_000, size, {}, steps);

  test("price, orders, volume and side together", () => {
    const [first] = hear(burst(new World().history(), 3_000).log, CONFIRMED).alerts;
    expect(first).toMatchObject({ severity: "alert", window: "5s", threshold: 0.025 });
    expect(first!.evidence).toMatchObject({ rule: "confirmed", baseline: "known" });
    expect(first!.evidence.volume!.factor).toBeGreaterThanOrEqual(200);
  });

  test("none of them alone", () => {
    const none = (w: World): void => expect(hear(w.log, CONFIRMED).alerts).toEqual([]);
    none(burst(new World().history(), 300));
    none(burst(new World().history(), 9_000, 20));
    const mixed = new World().history().calm(120);
    for (let i = 1; i <= 10; i++)
      mixed
        .wait(100)
        .trade(100 + i * 0.32, 3_000)
        .trade(100 + i * 0.3, 3_000, { side: "sell" });
    none(mixed);
    none(new World().history().calm(120).run(100, 102.3, 2_000, 9_000, {}, 60));
  });

  test("of an unknown symbol twice the step is asked, and the alert says so", () => {
    expect(hear(burst(new World(), 3_000).log, CONFIRMED).alerts).toEqual([]);
    const [first] = hear(new World().calm(120).run(100, 106, 2_000, 3_000).log, CONFIRMED).alerts;
    expect(first).toMatchObject({ severity: "alert", threshold: 0.05 });
    expect(first!.title).not.toContain("volume");
    expect(first!.evidence.baseline).toBe("learning");
  });

  test("the spread is no move", () => {
    const w = new World().history();
    for (let i = 0; i < 200; i++)
      w.wait(500).trade(i % 2 === 0 ? 100 : 97.6, i > 150 ? 9_000 : 10, { side: i % 2 === 0 ? "buy" : "sell" });
    expect(hear(w.log, CONFIRMED).alerts).toEqual([]);
  });
});
