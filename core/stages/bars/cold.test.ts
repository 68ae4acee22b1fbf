import { describe, expect, test } from "bun:test";
import type { Bar, MarketRecord } from "../../messages/index.ts";
import { coldBars } from "./cold.ts";
import { BARS_DEFAULTS } from "./settings.ts";
import { gap, heartbeat, newest, T0, trade, World } from "./test-support/world.ts";

const HOUR = 3_600_000;
const settings = { ...BARS_DEFAULTS, forming_ms: 0 };

/** Twenty hours of two symbols, one busy, one with a trade every seven minutes. Odd sizes, so that sums round. */
function tape(to_ms: number): MarketRecord[] {
  const records: MarketRecord[] = [];
  let n = 0;
  for (let ms = -HOUR; ms < to_ms; ms += 20_000) {
    n++;
    const price = 100 + Math.sin(n / 300) * 10;
    const side = n % 3 === 0 ? ("buy" as const) : ("sell" as const);
    records.push(trade({ ts_ms: T0 + ms, symbol: "BUSY", price, size: 0.1 + (n % 13) / 7, side, seq: n }));
    if (n % 21 === 0)
      records.push(trade({ ts_ms: T0 + ms + 1, symbol: "QUIET", price: price / 3, size: 1 / 3, seq: n }));
    records.push(heartbeat(T0 + ms + 100));
  }
  return records;
}

const ago = (records: readonly MarketRecord[], from_ms: number): MarketRecord[] =>
  records.filter((record) => "ts_ms" in record && record.ts_ms >= from_ms);

describe("a day 20 h old over a log of 60 min", () => {
  const crash_ms = 20 * HOUR;
  const all = tape(26 * HOUR);
  const before = all.filter((record) => "ts_ms" in record && record.ts_ms < T0 + crash_ms);
  const whole_ms = T0 + crash_ms - HOUR - 17_000;
  const uninterrupted = new World({ ...settings }).step(...all);
  const stored = new World({ ...settings }).step(...before).finals();

  const replay = (bars: readonly Bar[], whole: number = whole_ms): World => {
    const state = coldBars(settings, { bars, log_whole_from_ms: whole });
    return new World({}, JSON.parse(JSON.stringify(state))).step(...ago(all, whole));
  };

  test("every bar ends up as if nothing had happened, to the last bit", () => {
    const cold = replay(stored);
    expect(newest([...stored, ...cold.finals()])).toEqual(uninterrupted.newest());
    expect(uninterrupted.newest("1d").map((bar) => bar.partial)).toEqual([false, false, false, false]);
  });

  test("with the 1 m bars alone, too", () => {
    const cold = replay(stored.filter((bar) => bar.interval === "1m"));
    expect(newest([...stored, ...cold.finals()])).toEqual(uninterrupted.newest());
  });

  test("no minute is counted twice, wherever the log begins", () => {
    for (const shift_ms of [0, 1, 43_000, 60_000, 59_999]) {
      const cold = replay(stored, whole_ms + shift_ms);
      const day = cold.newest("1d").find((bar) => bar.symbol === "BUSY" && bar.start_ts_ms === T0)!;
      expect(day).toEqual(uninterrupted.newest("1d").find((bar) => bar.bar_id === day.bar_id)!);
    }
  });

  test("stored bars are not said again; what is new is", () => {
    const cold = replay(stored);
    const known = new Set(stored.map((bar) => bar.bar_id));
    expect(cold.finals("1m").filter((bar) => known.has(bar.bar_id))).toEqual([]);
    expect(cold.finals("1h").filter((bar) => known.has(bar.bar_id))).toEqual([]);
    expect(cold.finals("1m").length).toBeGreaterThan(6 * 60);
  });

  test("a stored final bar with more trades is never overwritten", () => {
    // The log lost some of its trades.
    const holed = ago(all, whole_ms).filter(
      (record) => record.kind !== "trade" || Math.floor(record.ts_ms / 20_000) % 2 === 0,
    );
    const state = coldBars(settings, { bars: stored, log_whole_from_ms: whole_ms });
    const cold = new World({}, state).step(...holed);
    const trades = new Map(newest(stored).map((bar) => [bar.bar_id, bar]));
    for (const bar of cold.finals()) {
      const known = trades.get(bar.bar_id);
      if (known === undefined) continue;
      expect(bar.trade_count).toBeGreaterThan(known.trade_count);
      expect(bar.revision).toBeGreaterThan(known.revision);
    }
  });

  test("nor one of which the minutes are missing", () => {
    const hour = stored.find((bar) => bar.interval === "1h" && bar.symbol === "BUSY" && bar.end_ts_ms > whole_ms)!;
    const cold = replay([hour], whole_ms - HOUR / 2);
    expect(cold.finals("1h").filter((bar) => bar.bar_id === hour.bar_id)).toEqual([]);
    const fewer = replay([{ ...hour, trade_count: 1, revision: 6 }], whole_ms - HOUR / 2);
    const said = fewer.finals("1h").filter((bar) => bar.bar_id === hour.bar_id);
    expect(said[0]!.revision).toBe(7);
    expect(said[0]!.trade_count).toBeGreaterThan(1);
  });

  test("a correction after the start has a higher revision than anything stored", () => {
    const late = trade({
      ts_ms: T0 + crash_ms - 90_000,
      symbol: "BUSY",
      price: 500,
      seq: 0,
      fill: "gap-1",
      event_id: "new",
    });
    const revised = new World({ ...settings }).step(
      ...before,
      { ...late, event_id: "earlier" },
      heartbeat(T0 + crash_ms),
    );
    const cold = new World({}, coldBars(settings, { bars: revised.finals(), log_whole_from_ms: whole_ms })).step(
      ...ago(before, whole_ms),
      { ...late, event_id: "earlier" },
      heartbeat(T0 + crash_ms),
    );
    expect(cold.finals("1m")).toEqual([]);
    cold.step(late, heartbeat(T0 + crash_ms + 1_000));
    const start_ts_ms = Math.floor(late.ts_ms / 60_000) * 60_000;
    const was = revised.newest("1m").find((bar) => bar.start_ts_ms === start_ts_ms && bar.symbol === "BUSY")!;
    expect(was.revision).toBe(1);
    const now = cold.newest("1m").filter((bar) => bar.bar_id === was.bar_id);
    expect(now).toMatchObject([{ revision: 2, trade_count: was.trade_count + 1, high: 500 }]);
  });

  test("nothing stored: what begins before the log is partial, the rest is not", () => {
    const cold = replay([]);
    const busy = cold.newest().filter((bar) => bar.symbol === "BUSY");
    for (const bar of busy) expect(bar.partial).toBe(bar.start_ts_ms < whole_ms);
    expect(busy.some((bar) => bar.partial)).toBe(true);
  });

  test("minutes missing at the start of the day: the day is partial", () => {
    const cold = replay(stored.filter((bar) => bar.start_ts_ms >= T0 + HOUR));
    const days = cold.newest("1d").filter((bar) => bar.start_ts_ms === T0);
    expect(days.map((bar) => [bar.symbol, bar.partial])).toEqual([
      ["BUSY", true],
      ["QUIET", true],
    ]);
  });

  test("a gap that was lost before the start still marks the day", () => {
    const lost = gap({
      symbol: "BUSY",
      from_ms: T0 + 4 * HOUR + 10_000,
      to_ms: T0 + 4 * HOUR + 40_000,
      status: "lost",
    });
    const state = coldBars(settings, { bars: stored, gaps: [lost], log_whole_from_ms: whole_ms });
    const cold = new World({}, state).step(...ago(all, whole_ms));
    const days = cold.newest("1d").filter((bar) => bar.start_ts_ms === T0);
    expect(days.map((bar) => [bar.symbol, bar.partial])).toEqual([
      ["BUSY", true],
      ["QUIET", false],
    ]);
    expect(cold.gaps()).toEqual([]);
  });

  test("a quiet symbol's bars go out by heartbeats alone", () => {
    const state = coldBars(settings, { bars: stored, log_whole_from_ms: T0 + crash_ms });
    const cold = new World({}, state).step(heartbeat(T0 + 24 * HOUR + 500));
    expect(cold.newest("1d").map((bar) => [bar.symbol, bar.partial])).toEqual([
      ["BUSY", true],
      ["QUIET", true],
    ]);
  });

  test("a stored partial minute marks the longer bars over it", () => {
    const bars = stored.map((bar) =>
      bar.interval === "1m" && bar.symbol === "BUSY" && bar.start_ts_ms === T0 + 2 * HOUR
        ? { ...bar, partial: true }
        : bar,
    );
    const days = replay(bars)
      .newest("1d")
      .filter((bar) => bar.start_ts_ms === T0);
    expect(days.map((bar) => bar.partial)).toEqual([true, false]);
  });
});
