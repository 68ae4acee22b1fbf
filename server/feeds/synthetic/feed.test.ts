import { describe, expect, test } from "bun:test";
import { TapebellError } from "../../../core/errors.ts";
import type { Heartbeat } from "../../../core/messages/heartbeat.ts";
import { MESSAGES } from "../../../core/messages/index.ts";
import type { Trade } from "../../../core/messages/trade.ts";
import { createScript } from "./acts.ts";
import { createSyntheticFeed } from "./feed.ts";
import { LATENCY_MAX_MS } from "./lanes.ts";
import { MINUTE_MS } from "./market.ts";
import { barsOf, expectOrder, gapsOf, happened, identity, names } from "./test-support/check.ts";
import { type Emitted, recorded, runFeed, T0, tradesOf } from "./test-support/run.ts";

const START_MS = T0 + 23_456;
const firstStart = await runFeed({ start_ms: START_MS, until_ms: START_MS + 5_000 });

describe("a first start", () => {
  const start_ms = START_MS;
  const run = firstStart;

  test("every record is valid as it stands", () => {
    for (const record of run.records) expect(MESSAGES[record.kind].parse(record) as typeof record).toEqual(record);
    for (const status of run.statuses) expect(MESSAGES.part_status.parse(status)).toEqual(status);
  });

  test("24 h come oldest first: candles, then the last ten minutes as trades, each minute in one form", () => {
    const firstTrade = run.records.findIndex((r) => r.kind === "trade");
    expect(run.records.slice(0, firstTrade).every((r) => r.kind === "bar")).toBe(true);
    expect(run.records.slice(firstTrade).some((r) => r.kind === "bar")).toBe(false);
    const starts = barsOf(run).map((b) => b.start_ts_ms);
    expect(starts.every((s, i) => i === 0 || s >= starts[i - 1]!)).toBe(true);
    for (const symbol of names) {
      const bars = barsOf(run, symbol);
      expect(bars[0]!.start_ts_ms).toBe(T0 - 1_440 * MINUTE_MS);
      expect(bars).toHaveLength(1_430);
      expect(new Set(bars.map((b) => b.start_ts_ms)).size).toBe(1_430);
      expect(bars.at(-1)!.end_ts_ms).toBe(T0 - 10 * MINUTE_MS);
      const trades = tradesOf(run.records, symbol);
      expect(trades.map(identity)).toEqual(happened(7, symbol, T0 - 10 * MINUTE_MS, trades.at(-1)!.ts_ms + 1));
    }
  });

  test("history says when it was received, so that its age tells it from live trades", () => {
    const old = tradesOf(run.records).filter((t) => t.ts_ms < start_ms - 4_000);
    expect(old.length).toBeGreaterThan(4_000);
    expect(old.every((t) => t.recv_ms === start_ms && t.fill === undefined)).toBe(true);
    const live = tradesOf(run.records).filter((t) => t.ts_ms > start_ms);
    expect(live.every((t) => t.recv_ms! - t.ts_ms <= LATENCY_MAX_MS)).toBe(true);
  });

  test("no trade is late, ids count up, heartbeats keep their word", () => expectOrder(run.emitted));

  test("says what it is and how far it lags", () => {
    expect(run.statuses.map((s) => s.state).filter((s, i, all) => s !== all[i - 1])).toEqual([
      "starting",
      "catching_up",
      "live",
      "offline",
    ]);
    const status = run.statuses.at(-2)!;
    expect(status).toMatchObject({ part: "feed:synthetic", origin: "synthetic", state: "live" });
    expect(status.symbols).toContainEqual({ symbol: "BTCUSDT", decimals: 2 });
    expect(status.latency_ms_p50!).toBeGreaterThan(2);
    expect(status.latency_ms_p95!).toBeLessThanOrEqual(LATENCY_MAX_MS);
    expect(status.counters).toMatchObject({ history_bars: 8 * 1_430 });
  });
});

test("a quiet market runs live: trades on arrival, a heartbeat each 100 ms close behind the clock", async () => {
  const run = await runFeed({ resume: recorded(T0), start_ms: T0, until_ms: T0 + 120_000 });
  expectOrder(run.emitted);
  expect(gapsOf(run)).toEqual([]);
  for (const { at_ms, record } of run.emitted)
    if (record.kind === "trade") expect(at_ms - record.recv_ms!).toBeLessThan(2);
  const beats = run.emitted.filter((e): e is Emitted & { record: Heartbeat } => e.record.kind === "heartbeat");
  expect(beats.length).toBeGreaterThanOrEqual(1_200);
  for (const [i, { at_ms, record }] of beats.entries()) {
    expect(record.reason).toBe("clock");
    expect(at_ms - record.ts_ms).toBeLessThanOrEqual(LATENCY_MAX_MS + 1);
    if (i > 0) expect(at_ms - beats[i - 1]!.at_ms).toBeLessThanOrEqual(101);
  }
  for (const symbol of names) {
    const trades = tradesOf(run.records, symbol);
    expect(trades.map(identity)).toEqual(happened(7, symbol, T0, trades.at(-1)!.ts_ms + 1));
  }
});

const MUTE_T0 = T0 + 24_900;
const muted = await runFeed({
  scenario: "tour",
  resume: recorded(MUTE_T0 - 1_000),
  start_ms: MUTE_T0 - 1_000,
  until_ms: MUTE_T0 + 60_000,
  acts_at_ms: MUTE_T0,
});

describe("the mute", () => {
  const t0 = MUTE_T0;
  const start_ms = t0 - 1_000;
  const run = muted;
  const { from_ms, to_ms } = createScript(7, "tour", t0)!
    .between(t0 + 46_000, t0 + 46_000)
    .find((a) => a.kind === "mute")!.mute!;

  test("nothing is heard for four seconds; a gap is said open when noticed and filled at the end", () => {
    const heard = run.emitted.filter((e) => e.record.kind === "trade" && e.at_ms > from_ms && e.at_ms < to_ms);
    expect(heard.every((e) => e.record.kind === "trade" && e.record.ts_ms < from_ms)).toBe(true);
    const gaps = run.emitted.filter((e) => e.record.kind === "gap");
    const id = `synthetic|*|trades|${from_ms}`;
    expect(gaps).toMatchObject([
      { at_ms: from_ms + 2_000, record: { id, revision: 0, status: "open", from_ms, symbol: "*" } },
      { at_ms: to_ms, record: { id, revision: 1, status: "filled", from_ms, to_ms } },
    ]);
  });

  test("heartbeats follow the clock for two seconds, then say silence and stand, then go on", () => {
    const beats = run.emitted.filter((e) => e.record.kind === "heartbeat" && e.at_ms > from_ms && e.at_ms < to_ms);
    for (const { at_ms, record } of beats) {
      if (record.kind !== "heartbeat") continue;
      expect(record.reason).toBe(at_ms > from_ms + 2_000 ? "silence" : "clock");
      expect(record.ts_ms).toBeLessThanOrEqual(from_ms + 2_000);
    }
    expect(beats.length).toBeGreaterThanOrEqual(39);
    expectOrder(run.emitted, [{ from_ms, to_ms }]);
  });

  test("exactly the missed trades are marked fill, before the gap is called filled; nothing else is, nothing is lost", () => {
    const fills = tradesOf(run.records).filter((t) => t.fill !== undefined);
    expect(fills.every((t) => t.fill === `synthetic|*|trades|${from_ms}` && t.recv_ms === to_ms)).toBe(true);
    for (const symbol of names) {
      const own = fills.filter((t) => t.symbol === symbol);
      expect(own.map(identity)).toEqual(happened(7, symbol, from_ms, to_ms, t0));
      const all = tradesOf(run.records, symbol);
      expect(all.map(identity)).toEqual(happened(7, symbol, start_ms, all.at(-1)!.ts_ms + 1, t0));
    }
    const order = run.records.map((r) => (r.kind === "gap" ? r.status : r.kind === "trade" && r.fill ? "fill" : ""));
    expect(order.lastIndexOf("fill")).toBeLessThan(order.indexOf("filled"));
  });

  test("a candle that had gone out is revised: its second holds trades from before and from the fill, and time had passed it", () => {
    const second_end = Math.floor(from_ms / 1_000) * 1_000 + 1_000;
    const beats = run.records.filter((r): r is Heartbeat => r.kind === "heartbeat" && r.ts_ms <= from_ms + 2_000);
    expect(Math.max(...beats.map((b) => b.ts_ms))).toBeGreaterThanOrEqual(second_end + 500);
  });

  test("the status says stale while it lasts", () => {
    const stale = run.statuses.filter((s) => s.state === "stale");
    expect(stale[0]).toMatchObject({ ts_ms: from_ms + 2_000 });
    expect(stale[0]!.text).toContain("silent for 2 s");
    expect(run.statuses.find((s) => s.ts_ms >= to_ms)!.state).toBe("live");
  });
});

describe("load", () => {
  test("the asked rate, spread over the symbols, stamped at sending, ids counting up", async () => {
    const run = await runFeed({
      scenario: "load",
      resume: recorded(T0),
      start_ms: T0 + 60_000,
      until_ms: T0 + 63_000,
    });
    const live = run.emitted.filter((e) => e.record.kind === "trade" && e.record.ts_ms > T0 + 60_000);
    expect(live.length).toBeGreaterThan(29_800);
    expect(live.length).toBeLessThanOrEqual(30_000);
    for (const { at_ms, record } of live) {
      if (record.kind === "trade") expect([record.ts_ms, record.recv_ms!]).toEqual([at_ms, at_ms]);
    }
    for (const symbol of names) {
      const own = tradesOf(run.records, symbol).filter((t) => t.ts_ms > T0 + 60_000);
      expect(Math.abs(own.length - live.length / 8)).toBeLessThan(10);
    }
    expectOrder(run.emitted);
    expect(MESSAGES.trade.parse(live[0]!.record)).toEqual(live[0]!.record as Trade);
    expect(run.statuses.at(-1)!.counters!.trades).toBe(tradesOf(run.records).length);
  });

  test("what a slow sink makes impossible is skipped and counted, never stamped into the past", async () => {
    const run = await runFeed({
      scenario: "load",
      rate: 200_000,
      resume: recorded(T0),
      start_ms: T0,
      until_ms: T0 + 4_000,
      emitTakes: () => 400,
    });
    expectOrder(run.emitted);
    expect(run.statuses.at(-1)!.counters!.skipped!).toBeGreaterThan(100_000);
  });
});

test("bad options are refused with the setting's name", () => {
  const options = {
    seed: 1,
    scenario: "quiet",
    rate: 1,
    clock: { now: () => 0, sleep: async () => {} },
    resume: null,
    heartbeatMs: 100,
  } as const;
  for (const [bad, name] of [
    [{ seed: 0.5 }, "SYNTHETIC_SEED"],
    [{ rate: 0 }, "SYNTHETIC_RATE"],
    [{ rate: Number.NaN }, "SYNTHETIC_RATE"],
    [{ heartbeatMs: 5 }, "HEARTBEAT_MS"],
  ] as const) {
    expect(() => createSyntheticFeed({ ...options, ...bad })).toThrow(TapebellError);
    expect(() => createSyntheticFeed({ ...options, ...bad })).toThrow(name);
  }
});
