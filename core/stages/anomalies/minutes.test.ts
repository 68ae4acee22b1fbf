import { describe, expect, test } from "bun:test";
import { Alert, type Bar } from "../../messages/index.ts";
import { brief, hear, T0, World } from "../../test-support/world.ts";
import { ADAPTIVE_SETTINGS, type AdaptiveSettings, adaptive, coldAdaptive } from "./index.ts";
import { limitOf, type Tail } from "./rules/tail.ts";
import { meanOrders, meanVolume, sourceOf } from "./volume.ts";

const MINUTE_MS = 60_000;
const FIXED = { adaptive: { rules: ["fixed" as const] } };

/** Changes the minute that begins `minutesAgo` before the end of history. */
function minute(w: World, minutesAgo: number, change: Partial<Bar>): World {
  const bar = w.log.find((r) => r.kind === "bar" && r.start_ts_ms === T0 - minutesAgo * MINUTE_MS);
  Object.assign(bar!, change);
  return w;
}
/** From `minutesAgo` on the price stands at `price`, which it reached within that minute. */
function step(w: World, minutesAgo: number, price: number, change: Partial<Bar> = {}): World {
  minute(w, minutesAgo, { high: Math.max(100, price), low: Math.min(100, price), close: price, ...change });
  for (let ago = minutesAgo - 1; ago > 0; ago--) minute(w, ago, { open: price, high: price, low: price, close: price });
  return w;
}
const heavy: Partial<Bar> = { volume: 120_000, buy_volume: 110_000, trade_count: 4_000 };

describe("what the last 24 h would have brought", () => {
  test("a minute beyond a fixed limit: one alert, marked, opened and ended by minutes, with what a minute can tell", () => {
    const { alerts, nearest } = hear(step(new World().history(), 300, 106).log, FIXED);
    expect(alerts.map(brief)).toEqual(["open notice r0", "over notice r2"]);
    const [first, last] = alerts;
    for (const alert of alerts) expect(Alert.safeParse(alert).error).toBeUndefined();
    expect(first).toMatchObject({
      would_have: true,
      symbol: "SOLUSDT",
      direction: "up",
      window: "1m",
      threshold: 0.05,
    });
    expect(first!.id).toBe(`SOLUSDT:up:${T0 - 300 * MINUTE_MS}`);
    expect(first!.updated_ms).toBe(T0 - 299 * MINUTE_MS);
    expect(first!.evidence).toMatchObject({ resolution: "1m", crossing: [], baseline: "known", provider: "test" });
    expect(first!.summary).toContain("Seen in 1-minute candles, not in trades.");
    expect(first!.summary).not.toContain("trades in 10 s");
    expect(last).toMatchObject({ would_have: true, ended: { reason: "quiet" } });
    expect(nearest.every((n) => n.alerts === 0)).toBe(true);
  });

  test("volume of its side makes it an alert once the normal range is known; a venue that names no takers backs nothing", () => {
    const late = hear(step(new World().history(), 300, 106, heavy).log, FIXED).alerts[0]!;
    expect(late).toMatchObject({ severity: "alert", would_have: true });
    expect(late.evidence).toMatchObject({ baseline: "known", baseline_source: "candles" });
    expect(late.evidence.volume!.window_s).toBe(60);
    expect(late.evidence.volume!.factor!).toBeCloseTo(110_000 / 600, 0);
    expect(hear(step(new World().history(), 1_000, 106, heavy).log, FIXED).alerts[0]!.severity).toBe("notice");
    const unnamed = { ...heavy, buy_volume: 60_000 };
    expect(hear(step(new World().history(), 300, 106, unnamed).log, FIXED).alerts[0]!.severity).toBe("notice");
  });

  test("it doubles, falls back, and a new leg within 15 min re-opens it", () => {
    const w = step(new World().history(), 300, 106);
    step(w, 298, 113, { open: 106, low: 106 });
    step(w, 296, 104, { open: 113, high: 113, low: 104 });
    step(w, 290, 111, { open: 104, low: 104 });
    const { alerts } = hear(w.log, FIXED);
    const ups = alerts.filter((a) => a.direction === "up");
    expect(ups.map(brief)).toEqual([
      "open notice r0",
      "escalated notice r2",
      "over notice r4",
      "open notice r6",
      "over notice r8",
    ]);
    expect(new Set(ups.map((a) => a.id)).size).toBe(1);
  });

  test("the longer windows are weighed too, from the close one window before", () => {
    const w = new World().history();
    for (let i = 0; i < 4; i++) step(w, 300 - i, 100 + 2.2 * (i + 1), { open: 100 + 2.2 * i, low: 100 + 2.2 * i });
    const [first] = hear(w.log, FIXED).alerts;
    expect(first).toMatchObject({ window: "5m", threshold: 0.08 });
    expect(first!.evidence.from).toEqual({ price: 100, ts_ms: T0 - 300 * MINUTE_MS });
  });

  test("volume must be beyond the rule's factor over the whole minute; what is rare, minutes cannot tell", () => {
    const confirmed = hear(step(new World().history(), 300, 104.5, heavy).log, { adaptive: { rules: ["confirmed"] } });
    // 183 times the mean minute: ten seconds of it may hold 200 times theirs, but nobody knows.
    expect(confirmed.alerts).toEqual([]);
    const more = { volume: 140_000, buy_volume: 130_000, trade_count: 5_000 };
    const [first] = hear(step(new World().history(), 300, 104.5, more).log, {
      adaptive: { rules: ["confirmed"] },
    }).alerts;
    expect(first).toMatchObject({ severity: "alert", window: "1m", would_have: true });
    expect(hear(step(new World().history(), 300, 102).log, { adaptive: { rules: ["relative"] } }).alerts).toEqual([]);
  });

  test("a minute of one or two trades is no ground", () => {
    expect(hear(step(new World().history(), 300, 106, { trade_count: 2 }).log, FIXED).alerts).toEqual([]);
  });

  test("minutes left out were silent; after an hour nobody knows, and a step across it is no move", () => {
    const without = (minutes: number): World => {
      const w = step(new World().history(), 300, 106);
      const from_ms = T0 - (300 + minutes) * MINUTE_MS;
      const kept = w.log.filter(
        (r) => r.kind !== "bar" || r.start_ts_ms < from_ms || r.end_ts_ms > T0 - 300 * MINUTE_MS,
      );
      w.log.splice(0, w.log.length, ...kept);
      return w;
    };
    expect(hear(without(20).log, FIXED).alerts.map(brief)).toEqual(["open notice r0", "over notice r2"]);
    expect(hear(without(61).log, FIXED).alerts).toEqual([]);
  });

  test("sent again, in any part, it says nothing again", () => {
    const w = step(new World().history(), 300, 106);
    const once = hear(w.log, FIXED).alerts;
    expect(hear([...w.log, ...w.log.slice(500), ...w.log], FIXED).alerts).toEqual(once);
  });

  test("what happened while nobody listened is told when it is back, and trades seen here are not judged again", () => {
    const w = new World().history().calm(120);
    const back_ms = T0 + 10 * MINUTE_MS;
    const bars = new World()
      .history()
      .log.filter((r): r is Bar => r.kind === "bar")
      .slice(0, 10);
    const missed = bars.map((bar, i) => {
      const price = i < 5 ? 100 : 107;
      const start_ts_ms = T0 + i * MINUTE_MS;
      const of = { start_ts_ms, end_ts_ms: start_ts_ms + MINUTE_MS, high: price, low: price, close: price };
      return { ...bar, ...of, bar_id: `SOLUSDT-${start_ts_ms}-1m` };
    });
    w.log.push(...missed);
    w.ts_ms = back_ms;
    const { alerts } = hear(w.calm(60, 107).log, FIXED);
    expect(alerts.map((a) => [brief(a), a.would_have, a.id])).toEqual([
      ["open notice r0", true, `SOLUSDT:up:${T0 + 5 * MINUTE_MS}`],
    ]);
    const seen = { ...missed[9]!, high: 150, start_ts_ms: back_ms, end_ts_ms: back_ms + MINUTE_MS };
    expect(hear([...w.log, seen], FIXED).alerts.length).toBe(1);
  });

  test("a move that goes on when trades come is one alert, live from the first hit on", () => {
    const w = step(new World().history(), 2, 106).calm(70, 106).run(106, 113, 6_000, 2_000);
    const { alerts } = hear(w.log, FIXED);
    expect(alerts.map((a) => [brief(a), a.would_have])).toEqual([
      ["open notice r0", true],
      ["open alert r2", undefined],
    ]);
    expect(new Set(alerts.map((a) => a.id)).size).toBe(1);
    expect(alerts.at(-1)!.evidence).toMatchObject({ resolution: "trades" });
  });
});

/** One symbol after `bars` and what follows. */
function symbolAfter(log: World["log"], settings: Partial<AdaptiveSettings> = {}) {
  const state = adaptive.init({ ...ADAPTIVE_SETTINGS, ...settings });
  for (const record of log) adaptive.step(state, record, () => undefined);
  return Object.values(state.symbols.of)[0]!;
}

describe("what is normal, from candles", () => {
  test("12 h of it and nobody is learning; the evidence says whose word it is", () => {
    const first = (w: World) => hear(w.calm(120).run(100, 106, 6_000, 2_000).log, FIXED).alerts[0]!.evidence;
    expect(first(new World().history(600, "SOLUSDT", 11.9))).toMatchObject({ baseline: "learning" });
    expect(first(new World().history(600, "SOLUSDT", 12))).toMatchObject({
      baseline: "known",
      baseline_source: "candles",
    });
    const traded = new World().calm(13 * 3_600);
    expect(first(traded)).toMatchObject({ baseline: "known", baseline_source: "trades" });
    const both = new World().history(600, "SOLUSDT", 12).calm(8 * 3_600);
    expect(first(both)).toMatchObject({ baseline_source: "both" });
  });

  test("where candles count no trades, the share of silent minutes tells how it trades", () => {
    const uncounted = (every: number) => {
      const w = new World().history();
      for (const [i, bar] of w.log.entries())
        if (bar.kind === "bar")
          Object.assign(bar, {
            trade_count: 0,
            volume: i % every === 0 ? 60 : 0,
            buy_volume: i % every === 0 ? 30 : 0,
          });
      return symbolAfter(w.log).volume;
    };
    const quiet = uncounted(10);
    expect(quiet.observed_ms).toBeGreaterThan(23 * 3_600_000);
    // One order a minute, in one stretch of ten seconds: the minute's volume is that stretch's.
    expect(meanVolume(quiet, "buy")).toBeGreaterThan(25);
    expect(meanVolume(quiet, "buy")).toBeLessThan(31);
    expect(meanOrders(quiet, "buy")).toBeLessThan(0.6);
    const busy = uncounted(1);
    // In most stretches: a minute's side volume of 30 is about 5 in each.
    expect(meanVolume(busy, "buy")).toBeGreaterThan(5);
    expect(meanVolume(busy, "buy")).toBeLessThan(10);
    expect(sourceOf(busy)).toBe("candles");
  });

  test("1m and 5m learn their limit from minutes; 5 s cannot", () => {
    const w = new World().history();
    for (const [i, bar] of w.log.entries())
      if (bar.kind === "bar") Object.assign(bar, i % 2 === 0 ? { high: 102 } : { low: 98 });
    const { relative } = symbolAfter(w.log).rules as unknown as { relative: { tails: Tail[] } };
    const limits = relative.tails.map((t) => limitOf(t, T0 + MINUTE_MS, 0.9999, 20_000));
    expect(limits[0]).toBe(0);
    for (const limit of limits.slice(1)) expect(limit).toBeCloseTo(0.0214, 2);
  });

  test("without a checkpoint the stored minutes say what is normal, and nothing that was said before", () => {
    const w = step(new World().history(600, "SOLUSDT", 13), 3, 106);
    const state = coldAdaptive({ ...ADAPTIVE_SETTINGS, rules: ["fixed"] }, w.log as Bar[], T0);
    const said: string[] = [];
    for (const record of new World().calm(120, 106).run(106, 113, 6_000, 2_000).log)
      adaptive.step(state, record, (out) => {
        if (out.kind === "candidate") said.push(`${out.state} ${out.evidence.baseline} ${out.would_have === true}`);
      });
    expect(said).toEqual(["open known false"]);
    expect(Object.keys(coldAdaptive(ADAPTIVE_SETTINGS, w.log as Bar[], 0).symbols.of)).toEqual([]);
  });
});
