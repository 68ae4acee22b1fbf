import { describe, expect, test } from "bun:test";
import { Alert } from "../../messages/index.ts";
import { brief, hear, T0, World } from "../../test-support/world.ts";

const FIXED = { adaptive: { rules: ["fixed" as const] } };

/** Calm, then +6 % in 6 s on volume no one can overlook. */
const rise = (w: World, size = 2_000): World => w.calm(120).run(100, 106, 6_000, size);

describe("a move, from the first hit to its end", () => {
  test("opens once, escalates when it doubles, is over when half is given back: one id, even revisions", () => {
    const w = rise(new World().history())
      .calm(10, 106)
      .run(106, 113, 6_000, 2_000)
      .calm(5, 113)
      .run(113, 105, 8_000, 10)
      .calm(20, 105);
    const { alerts } = hear(w.log, FIXED);
    expect(alerts.map(brief)).toEqual(["open alert r0", "escalated critical r2", "over critical r4"]);
    expect(new Set(alerts.map((a) => a.id)).size).toBe(1);
    expect(new Set(alerts.map((a) => a.time)).size).toBe(1);
    const [first, , last] = alerts;
    expect(first).toMatchObject({ symbol: "SOLUSDT", direction: "up", window: "1m", threshold: 0.05, kind: "move" });
    expect(first!.ret).toBeGreaterThanOrEqual(0.05);
    expect(last!.ended).toMatchObject({ reason: "given_back", peak: { price: 113 } });
    expect(last!.ended!.given_back).toBeGreaterThanOrEqual(0.5);
    for (const alert of alerts) expect(Alert.safeParse(alert).error).toBeUndefined();
  });

  test("starts where the price was last at rest, and says so in the title", () => {
    const [first] = hear(rise(new World().history()).log, FIXED).alerts;
    expect(first!.start_ms).toBeGreaterThanOrEqual(T0 + 120_000);
    expect(first!.start_ms).toBeLessThanOrEqual(T0 + 121_000);
    expect(first!.title).toMatch(/^▲ SOLUSDT \+5\.\d\d % in [3-6] s, volume \d+× normal$/);
  });

  test("a fall is told as a fall", () => {
    const [first] = hear(new World().history().calm(120).run(100, 93, 6_000, 2_000).log, FIXED).alerts;
    expect(first).toMatchObject({ direction: "down", severity: "alert" });
    expect(first!.title).toStartWith("▼ SOLUSDT −5.");
    expect(first!.evidence.crossing.every((t) => t.side === "sell")).toBe(true);
  });

  test("price alone is a notice; volume that comes later makes it an alert", () => {
    const w = new World().history().calm(120).run(100, 106, 6_000, 10);
    expect(hear(w.log, FIXED).alerts.map(brief)).toEqual(["open notice r0"]);
    w.run(106, 106.5, 4_000, 2_000);
    expect(hear(w.log, FIXED).alerts.map(brief)).toEqual(["open notice r0", "open alert r2"]);
  });

  test("while nothing is known of the symbol nothing is worth a push, and the alert says why", () => {
    const [first] = hear(rise(new World()).log, FIXED).alerts;
    expect(first!.severity).toBe("notice");
    expect(first!.evidence.baseline).toBe("learning");
    expect(first!.summary).toContain("The normal range is not known yet");
  });

  test("15 minutes without a hit end it, by time alone, at the moment that was due", () => {
    const w = rise(new World().history());
    const opened = hear(w.log, FIXED).alerts.length;
    for (let i = 0; i < 20; i++) w.wait(60_000).heartbeat();
    const ends = hear(w.log, FIXED).alerts.slice(opened);
    expect(ends.map((a) => a.state)).toEqual(["over"]);
    expect(ends[0]!.ended).toMatchObject({ reason: "quiet", at_ms: ends[0]!.updated_ms });
    w.log.push({ kind: "heartbeat", provider: "test", ts_ms: w.ts_ms + 9e6, reason: "silence" });
    const rare = w.log.filter((r, i) => r.kind !== "heartbeat" || i === w.log.length - 2);
    expect(hear(rare, FIXED).alerts.at(-1)!.updated_ms).toBe(ends[0]!.updated_ms);
  });

  test("a silent connection moves no time", () => {
    const w = rise(new World().history());
    const opened = hear(w.log, FIXED).alerts.length;
    w.wait(3_600_000).heartbeat("silence");
    expect(hear(w.log, FIXED).alerts.length).toBe(opened);
  });

  test("a new leg within 15 minutes re-opens the same alert; after that it is another", () => {
    const w = rise(new World().history()).run(106, 101, 4_000, 10).calm(60, 101);
    const first = hear(w.log, FIXED).alerts;
    expect(first.at(-1)!.state).toBe("over");
    const again = new World();
    again.log.push(...w.log);
    again.ts_ms = w.ts_ms;
    again.run(101, 108, 6_000, 2_000);
    const reopened = hear(again.log, FIXED).alerts.slice(first.length);
    expect(reopened.map((a) => [a.state, a.id])).toEqual([["open", first[0]!.id]]);
    expect(reopened[0]!.evidence.from!.price).toBe(101);

    const later = new World();
    later.log.push(...w.log);
    later.ts_ms = w.ts_ms;
    later.calm(1_000, 101).run(101, 108, 6_000, 2_000);
    const other = hear(later.log, FIXED).alerts.slice(first.length);
    expect(other.map((a) => a.state)).toEqual(["open"]);
    expect(other[0]!.id).not.toBe(first[0]!.id);
  });

  test("any windows the reader names", () => {
    const windows = [{ label: "30s", ms: 30_000, threshold: 0.02 }];
    const w = new World().history().calm(120).run(100, 102.5, 6_000, 10);
    const [first] = hear(w.log, { adaptive: { rules: ["fixed"], windows } }).alerts;
    expect(first).toMatchObject({ window: "30s", threshold: 0.02 });
  });
});

describe("what is no move", () => {
  const silent = (w: World, settings = {}) => expect(hear(w.log, settings).alerts).toEqual([]);

  for (const [name, prices] of [
    ["one print", [80]],
    ["a pair", [115, 115]],
    ["one up, one down", [120, 80]],
    ["an absurd one", [1e12]],
  ] as const)
    test(`${name} that the next trades refute`, () => {
      const w = new World().history().calm(120);
      for (const price of prices) w.wait(100).trade(price, 5_000);
      w.calm(120);
      silent(w);
      const { nearest } = hear(w.log);
      expect(nearest.at(-1)!.bad_prints).toBe(prices.length);
    });

  test("a refuted print of a venue that names no taker", () => {
    const w = new World().history().calm(120, 100, { side: null });
    w.wait(100)
      .trade(80, 5_000, { side: null })
      .wait(100)
      .trade(80, 5_000, { side: null })
      .calm(120, 100, { side: null });
    silent(w);
  });

  test("a bad print does not end a move that goes on", () => {
    const w = rise(new World().history()).calm(5, 106).wait(100).trade(80, 10, { side: "sell" }).calm(20, 106);
    expect(hear(w.log, FIXED).alerts.map((a) => a.state)).toEqual(["open"]);
  });

  test("a first print that lied", () => {
    silent(new World().history().wait(10).trade(50).calm(300));
  });

  test("a step across a gap", () => {
    silent(new World().history().calm(120).gap(30).run(107, 107.5, 5_000, 2_000).calm(60, 107.5));
  });

  test("but a move after the gap is one, and its data is said to be incomplete", () => {
    const w = new World().history().calm(120).gap(3).calm(5).run(100, 106, 6_000, 400);
    const [first] = hear(w.log, FIXED).alerts;
    expect(first!.evidence.data).toMatchObject({ complete: true });
    const inside = new World().history().calm(120).run(100, 102, 2_000, 400).gap(2).run(102, 107, 4_000, 400);
    const [other] = hear(inside.log, FIXED).alerts;
    expect(other!.evidence.data).toMatchObject({ complete: false, missing: "2 s of trades missing, not filled yet" });
  });

  test("a hole in the quotes hides nothing", () => {
    const w = new World().history().calm(120).gap(0, "open", "bookTicker").run(100, 106, 1_000, 400);
    expect(hear(w.log, FIXED).alerts.length).toBe(1);
  });

  test("another venue's level, and anything in the first minute there", () => {
    const other = { provider: "other" };
    const w = new World().history().calm(120).route("other").calm(5, 107, other).run(107, 115, 6_000, 900, other);
    silent(w);
    // What moved there is told when the minute is over, of that venue's own prices.
    w.calm(120, 115, other);
    expect(hear(w.log).alerts.map(brief)).toEqual(["open notice r0"]);
    expect(hear(w.log).alerts[0]!.evidence.from!.price).toBe(107);
    expect(hear(w.log).alerts[0]!.evidence.provider).toBe("other");
  });

  test("the first route of a symbol is no change", () => {
    const w = new World().history().route("test");
    expect(hear(rise(w).log).alerts.length).toBeGreaterThan(0);
  });

  test("trades that fill a gap", () => {
    silent(new World().history().calm(120).run(100, 110, 6_000, 2_000, { fill: "gap-1" }).calm(60));
  });

  test("trades that come too late to say anything", () => {
    const w = new World().history().calm(120);
    for (let i = 0; i < 5; i++) w.trade(110, 2_000, { ts_ms: w.ts_ms - 5_000 });
    silent(w.calm(60));
    expect(hear(w.log).state.adaptive.refused.late).toBe(5);
  });

  test("prices no one could have paid", () => {
    const w = new World().history().calm(120);
    for (const price of [Number.NaN, Number.POSITIVE_INFINITY, 0, -100, 1e18]) w.trade(price, 2_000);
    for (const size of [Number.NaN, -1, Number.POSITIVE_INFINITY]) w.trade(100, size);
    silent(w.calm(60));
    expect(hear(w.log).state.adaptive.refused.invalid).toBe(8);
  });
});

describe("history raises nothing live", () => {
  const late = (w: World, lag_ms: number): World => {
    for (const r of w.log) if (r.kind === "trade") r.recv_ms = r.ts_ms + lag_ms;
    return w;
  };
  test("what trades from before the start would have raised is marked so", () => {
    const { alerts } = hear(late(rise(new World().history()), 300_000).log, FIXED);
    expect(alerts.length).toBeGreaterThan(0);
    expect(alerts.every((a) => a.would_have === true)).toBe(true);
  });
  test("live trades are live", () => {
    const { alerts } = hear(late(rise(new World().history()), 40).log, FIXED);
    expect(alerts.some((a) => a.would_have === true)).toBe(false);
    expect(alerts[0]!.evidence.data.latency_ms).toBe(40);
    expect(alerts[0]!.summary).toContain("Data complete, 40 ms.");
  });
  test("a trade dated ahead of its receipt silences nothing", () => {
    const w = new World().history().calm(120);
    w.trade(100, 10, { ts_ms: w.ts_ms + 4e9, recv_ms: w.ts_ms });
    w.run(100, 106, 6_000, 400);
    expect(hear(w.log, FIXED).alerts.length).toBe(1);
  });
  test("a file whose clock once lied is read on", () => {
    const w = new World()
      .history()
      .calm(120)
      .trade(100, 10, { ts_ms: T0 + 4e9 })
      .calm(120)
      .run(100, 106, 6_000, 400);
    expect(hear(w.log, FIXED).alerts.length).toBe(1);
  });
});

test("evidence holds what the text says", () => {
  const w = new World()
    .history()
    .calm(120)
    .quote(99.99, 100.01)
    .headline("SOL upgrade", ["SOLUSDT"], 0.7)
    .run(100, 106, 6_000, 400);
  const [first] = hear(w.log, FIXED).alerts;
  const { evidence } = first!;
  expect(evidence.crossing.length).toBe(3);
  expect(evidence.from!.price).toBe(100);
  expect(evidence.to!.price).toBe(evidence.crossing.at(-1)!.price);
  expect(evidence.spread_bps).toBeCloseTo(2, 6);
  expect(evidence.volume!.factor).toBeCloseTo(evidence.volume!.side_volume / evidence.volume!.mean!, 9);
  expect(evidence.volume!.mean).toBeCloseTo(100, 0);
  expect(first).toMatchObject({ headline: "SOL upgrade", sentiment: 0.7, summary_source: "template" });
  expect(first!.summary).toContain("“SOL upgrade” (Wire)");
  expect(first!.summary).toContain("beyond the limit of 5 % in 1m");
  expect(first!.summary).not.toContain("because");
});

test("the nearest symbols and the day's counts come once a second of event time", () => {
  const { nearest } = hear(new World().calm(60).run(100, 103.9, 3_000, 10).log);
  const last = nearest.at(-1)!;
  expect(last.items[0]).toMatchObject({ symbol: "SOLUSDT", window: "1m", limit: 0.05 });
  expect(last.items[0]!.share).toBeGreaterThan(0.5);
  expect(last.day).toBe("2026-01-05");
  expect(last.trades).toBeGreaterThan(60);
  const gaps = nearest.slice(1).map((n, i) => n.ts_ms - nearest[i]!.ts_ms);
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1_000);
});

test("the counts begin anew with the UTC day", () => {
  const w = new World().calm(5).wait(100).trade(50).calm(5);
  w.ts_ms = T0 + 86_400_000;
  w.calm(5);
  const { nearest } = hear(w.log);
  expect(nearest.find((n) => n.day === "2026-01-05" && n.bad_prints === 1)).toBeDefined();
  expect(nearest.at(-1)).toMatchObject({ day: "2026-01-06", bad_prints: 0 });
});

test("sampled prices serve where a file has no trades", () => {
  const log = new World().calm(120).log.map((r) => r);
  const price = (price: number, s: number) =>
    ({ kind: "price", symbol: "SOLUSDT", price, time: new Date(T0 + 120_000 + s * 1_000).toISOString() }) as const;
  const prices = [price(100, 1), price(106, 2), price(106, 3), price(106, 4)];
  expect(hear([...log, ...prices], FIXED).alerts.map((a) => a.severity)).toEqual(["notice"]);
});
