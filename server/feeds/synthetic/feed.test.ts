import { describe, expect, test } from "bun:test";
import { TapebellError } from "../../../core/errors.ts";
import type { Bar } from "../../../core/messages/bar.ts";
import type { Gap } from "../../../core/messages/gap.ts";
import type { Heartbeat } from "../../../core/messages/heartbeat.ts";
import { MESSAGES } from "../../../core/messages/index.ts";
import type { Trade } from "../../../core/messages/trade.ts";
import { createScript } from "./acts.ts";
import { createSyntheticFeed } from "./feed.ts";
import { createMarket, LATENCY_MAX_MS, MINUTE_MS, toTrade } from "./market.ts";
import { overlayOf } from "./overlay.ts";
import type { Resume } from "./resume.ts";
import { SYMBOLS } from "./symbols.ts";
import { baselineOf, confirmedMoves } from "./test-support/confirmed-move.ts";
import { type Emitted, type Outcome, recorded, runFeed, T0, tradesOf } from "./test-support/run.ts";

const names = SYMBOLS.map((s) => s.symbol);
const barsOf = (run: Outcome, symbol?: string): Bar[] =>
  run.records.filter((r): r is Bar => r.kind === "bar" && (symbol === undefined || r.symbol === symbol));
const gapsOf = (run: Outcome): Gap[] => run.records.filter((r): r is Gap => r.kind === "gap");

/** What the log of a run holds, as its owner would hand it to the next one. */
function resumeFrom(run: Outcome): Resume {
  const symbols = Object.fromEntries(
    names.flatMap((symbol) => {
      const trade = tradesOf(run.records, symbol).at(-1);
      const bar = barsOf(run, symbol).at(-1);
      if (trade !== undefined) return [[symbol, { newest_ts_ms: trade.ts_ms, price: trade.price }]];
      return bar === undefined ? [] : [[symbol, { newest_ts_ms: bar.start_ts_ms, price: bar.close }]];
    }),
  );
  const last = new Map(gapsOf(run).map((gap) => [gap.id, gap]));
  return { symbols, open_gaps: [...last.values()].filter((gap) => gap.status === "open") };
}

const identity = ({ recv_ms, fill, ...rest }: Trade): string => JSON.stringify(rest);
const once = (trades: readonly Trade[]): string[] => [
  ...new Map(trades.map((t) => [t.event_id, identity(t)])).values(),
];

/** What the market says happened, straight from its definition. */
function happened(seed: number, symbol: string, from_ms: number, to_ms: number, t0_ms?: number): string[] {
  const script = t0_ms === undefined ? null : createScript(seed, "tour", t0_ms);
  const market = createMarket(
    seed,
    overlayOf(seed, (from, to) => script?.between(from, to) ?? []),
  );
  const index = names.indexOf(symbol);
  const found: string[] = [];
  for (let s = Math.floor(from_ms / 1_000); s * 1_000 < to_ms; s++) {
    const ordinals = new Map<number, number>();
    for (const raw of market.second(index, s)) {
      const ordinal = ordinals.get(raw.ts_ms) ?? 0;
      ordinals.set(raw.ts_ms, ordinal + 1);
      if (raw.ts_ms >= from_ms && raw.ts_ms < to_ms) found.push(identity(toTrade(SYMBOLS[index]!, raw, ordinal, 0)));
    }
  }
  return found;
}

/** No trade may be late for a reader, no id may repeat or fall, and a heartbeat must have told the truth. */
function expectOrder(emitted: readonly Emitted[], silences: readonly { from_ms: number; to_ms: number }[] = []): void {
  const newest = new Map<string, { ts_ms: number; seq: number }>();
  let vouched = 0;
  for (const { record } of emitted) {
    if (record.kind === "heartbeat") {
      expect(record.ts_ms).toBeGreaterThanOrEqual(vouched);
      vouched = record.ts_ms;
    }
    if (record.kind !== "trade") continue;
    const before = newest.get(record.symbol);
    if (before !== undefined) {
      expect(record.ts_ms).toBeGreaterThanOrEqual(before.ts_ms);
      expect(record.seq).toBeGreaterThan(before.seq);
    }
    newest.set(record.symbol, record);
    expect(record.recv_ms!).toBeGreaterThanOrEqual(record.ts_ms);
    if (!silences.some((s) => record.ts_ms >= s.from_ms && record.ts_ms < s.to_ms)) {
      expect(record.ts_ms).toBeGreaterThan(vouched);
    }
  }
}

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

describe("a restart on the same data", () => {
  test("goes on where the log ends: nothing missing, nothing else, the same bytes", async () => {
    const first = await runFeed({ resume: recorded(T0), start_ms: T0, until_ms: T0 + 61_234 });
    const second = await runFeed({ resume: resumeFrom(first), start_ms: T0 + 200_000, until_ms: T0 + 230_000 });
    expect(barsOf(second)).toEqual([]);
    expectOrder(second.emitted);
    for (const symbol of names) {
      const trades = [...tradesOf(first.records, symbol), ...tradesOf(second.records, symbol)];
      expect(once(trades)).toEqual(happened(7, symbol, T0, trades.at(-1)!.ts_ms + 1));
    }
  });

  test("a long hole is bridged by candles up to the last ten minutes, older minutes are left alone", async () => {
    const now = T0 + 3 * 3_600_000 + 7_000;
    const run = await runFeed({ resume: recorded(T0 + 30_000), start_ms: now, until_ms: now + 2_000 });
    for (const symbol of names) {
      const bars = barsOf(run, symbol);
      expect(bars[0]!.start_ts_ms).toBe(T0);
      expect(bars).toHaveLength(170);
      expect(tradesOf(run.records, symbol)[0]!.ts_ms).toBeGreaterThanOrEqual(T0 + 170 * MINUTE_MS);
    }
    expectOrder(run.emitted);
  });

  test("killed amid its history it makes the rest, from the newest candle on", async () => {
    const market = createMarket(7);
    const newest_ts_ms = T0 - 100 * MINUTE_MS;
    const points = names.slice(0, 7).map((s, i) => [s, { newest_ts_ms, price: market.priceAt(i, newest_ts_ms) }]);
    const resume: Resume = { symbols: Object.fromEntries(points), open_gaps: [] };
    const run = await runFeed({ resume, start_ms: T0 + 1_000, until_ms: T0 + 1_500 });
    expect(barsOf(run, names[0]!)).toHaveLength(90);
    expect(barsOf(run, names[7]!)).toHaveLength(1_430);
  });

  test("killed at the height of an act, the price drifts back instead of jumping, and no rule fires", async () => {
    const t0 = T0 + 10_000;
    const first = await runFeed({
      scenario: "tour",
      resume: null,
      start_ms: t0 - 100,
      until_ms: t0 + 20_000,
      acts_at_ms: t0,
    });
    const { hero } = createScript(7, "tour", t0)!;
    const last = tradesOf(first.records, hero).at(-1)!;
    const second = await runFeed({
      scenario: "tour",
      resume: resumeFrom(first),
      start_ms: t0 + 25_000,
      until_ms: t0 + 400_000,
    });
    const trades = tradesOf(second.records, hero);
    expect(Math.abs(trades[0]!.price / last.price - 1)).toBeLessThan(0.004);
    expect(trades.at(-1)!.price).toBeLessThan(last.price * 0.995);
    const bars = barsOf(first, hero);
    expect(confirmedMoves(trades, baselineOf(bars))).toEqual([]);
    for (const [i, t] of trades.entries()) {
      const before = trades[Math.max(0, i - 5)]!;
      expect(Math.abs(t.price / before.price - 1)).toBeLessThan(0.01);
    }
  });

  test("a gap an earlier run left open is closed once everything missing has been sent", async () => {
    const t0 = T0 + 10_000;
    const first = await runFeed({
      scenario: "tour",
      resume: recorded(t0),
      start_ms: t0,
      until_ms: t0 + 48_000,
      acts_at_ms: t0,
    });
    const resume = resumeFrom(first);
    expect(resume.open_gaps).toMatchObject([{ status: "open", revision: 0 }]);
    const second = await runFeed({ resume, start_ms: t0 + 90_000, until_ms: t0 + 92_000 });
    const gapAt = second.records.findIndex((r) => r.kind === "gap");
    expect(second.records[gapAt]).toMatchObject({ id: resume.open_gaps[0]!.id, revision: 1, status: "filled" });
    expect(tradesOf(second.records.slice(0, gapAt)).at(-1)!.ts_ms).toBeGreaterThan(t0 + 89_000);
  });
});

describe("when the world is slow", () => {
  test("a sink that takes seconds loses nothing and disturbs no order", async () => {
    const run = await runFeed({
      resume: recorded(T0),
      start_ms: T0,
      until_ms: T0 + 180_000,
      emitTakes: (at_ms) => (at_ms > T0 + 20_000 && at_ms < T0 + 100_000 ? 7_300 : 0),
    });
    expectOrder(run.emitted);
    expect(run.statuses.some((s) => s.state === "catching_up")).toBe(true);
    expect(run.statuses.at(-2)!.state).toBe("live");
    for (const symbol of names) {
      const trades = tradesOf(run.records, symbol);
      expect(trades.map(identity)).toEqual(happened(7, symbol, T0, trades.at(-1)!.ts_ms + 1));
    }
  });

  test.each([5, 125])(
    "a machine that slept %d minutes catches up: every minute once, as trades or as a candle",
    async (minutes) => {
      let slept = false;
      const wake = T0 + 10_000 + minutes * MINUTE_MS;
      const run = await runFeed({
        resume: recorded(T0),
        start_ms: T0,
        until_ms: wake + 10_000,
        onSleep(now_ms, jump) {
          if (slept || now_ms < T0 + 10_000) return;
          slept = true;
          jump(wake);
        },
      });
      expectOrder(run.emitted);
      for (const symbol of names) {
        const trades = tradesOf(run.records, symbol);
        const bars = barsOf(run, symbol);
        const cut = minutes === 5 ? T0 : Math.floor((wake - 10 * MINUTE_MS) / MINUTE_MS) * MINUTE_MS;
        expect(bars.map((b) => b.start_ts_ms)).toEqual(
          Array.from({ length: (cut - T0) / MINUTE_MS }, (_, i) => T0 + i * MINUTE_MS),
        );
        const after = trades.filter((t) => t.ts_ms >= cut);
        expect(after.map(identity)).toEqual(happened(7, symbol, cut, after.at(-1)!.ts_ms + 1));
      }
    },
  );

  test("a clock set back is waited out and said, and no time is told twice", async () => {
    let back = false;
    const run = await runFeed({
      resume: recorded(T0),
      start_ms: T0,
      until_ms: T0 + 60_000,
      onSleep(now_ms, jump) {
        if (back || now_ms < T0 + 30_000) return;
        back = true;
        jump(T0 + 5_000);
      },
    });
    expectOrder(run.emitted);
    expect(run.statuses.some((s) => s.state === "stale" && s.text.includes("clock went back"))).toBe(true);
    for (const symbol of names) {
      const trades = tradesOf(run.records, symbol);
      expect(trades.map(identity)).toEqual(happened(7, symbol, T0, trades.at(-1)!.ts_ms + 1));
    }
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
