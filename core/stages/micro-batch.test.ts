import { describe, expect, test } from "bun:test";
import type { Bar, DeadLetter, MarketRecord, Trade } from "../messages/index.ts";
import { filesIn, GOLDEN, hasShared, jsonLines } from "../test-support/shared.ts";
import { endBars } from "./bars/end.ts";
import { bars } from "./bars/index.ts";
import { DEDUPE_DEFAULTS, dedupe } from "./dedupe.ts";
import { type MicroBatchSettings, microBatch } from "./micro-batch.ts";

const DEFAULTS: MicroBatchSettings = { window_ms: 2_000, allow_late_ms: 500, flush_timeout_ms: 1_000 };
const T0 = 1_700_000_000_000;

function run(input: readonly MarketRecord[], over: Partial<MicroBatchSettings> = {}, ended = true) {
  const known = dedupe.init({ ...DEDUPE_DEFAULTS, jump_ms: 0 });
  const state = bars.init({ ...microBatch({ ...DEFAULTS, ...over }), jump_ms: 0 });
  const out: Bar[] = [];
  const letters: DeadLetter[] = [];
  const emit = (one: Bar | DeadLetter | { kind: "gap" }): void => {
    if (one.kind === "bar") out.push(one);
    else if (one.kind === "dead_letter") letters.push(one);
  };
  for (const record of input) dedupe.step(known, record, (passed) => bars.step(state, passed, emit));
  if (ended) endBars(state, emit);
  const newest = new Map(out.map((bar) => [bar.bar_id, bar]));
  return { out, letters, newest: [...newest.values()] };
}

let seq = 0;
const trade = (ts_ms: number, price: number, over: Partial<Trade> = {}): Trade => ({
  ver: 1,
  kind: "trade",
  provider: "test",
  symbol: "x",
  ts_ms,
  price,
  size: 1,
  side: null,
  trade_id: null,
  seq: seq++,
  event_id: `e${seq}`,
  ...over,
});

type Row = (string | number)[];
function vectors(file: string) {
  const [head, ...rows] = jsonLines(`${GOLDEN}/micro-batch/${file}`) as [
    { params: { window_seconds: number; allow_late_ms: number } },
    ...Row[],
  ];
  const trades = rows.flatMap(([kind, , symbol, ts, price, size, number, id]) =>
    kind === "E"
      ? [
          trade(Number(ts), Number(price), {
            symbol: String(symbol),
            size: Number(size),
            seq: Number(number),
            event_id: String(id),
          }),
        ]
      : [],
  );
  const theirs = rows
    .filter(([kind]) => kind === "B")
    .map(([, , symbol, start, interval, open, high, low, close, volume, vwap, count]) => ({
      bar_id: `${symbol}-${start}-${interval}`,
      ...{ open, high, low, close, volume, vwap, trade_count: count },
    }));
  const over = { window_ms: head.params.window_seconds * 1_000, allow_late_ms: head.params.allow_late_ms };
  return { trades, theirs, over };
}

/** As the reference writes them: two decimals. */
const shown = (bar: Bar) => {
  const two = (x: number): number => Number(x.toFixed(2));
  const { bar_id, trade_count } = bar;
  const prices = { open: two(bar.open), high: two(bar.high), low: two(bar.low), close: two(bar.close) };
  return { bar_id, ...prices, volume: two(bar.volume), vwap: two(bar.vwap), trade_count };
};
const byId = <T extends { bar_id: unknown }>(all: readonly T[]): T[] =>
  all.toSorted((a, b) => (String(a.bar_id) < String(b.bar_id) ? -1 : 1));

/** Where the reference is followed to the letter. */
const FOLLOWED = ["grace-edge", "late-within", "out-of-order-inside", "two-symbols", "zero-volume"];
/** There, events are in the order of their times' texts (a whole second comes last), or of arrival: ours by time and sequence. */
const ORDERED = ["boundary", "same-ms-seq", "whole-second-order"];

describe.skipIf(!hasShared)("the reference's micro-batches", () => {
  test("the vectors are there", () => expect(filesIn(`${GOLDEN}/micro-batch`, ".jsonl.gz").length).toBe(18));

  for (const name of FOLLOWED) {
    test(`${name}: the same`, () => {
      const { trades, theirs, over } = vectors(`${name}.jsonl.gz`);
      expect(byId(run(trades, over).newest.map(shown))).toEqual(byId(theirs) as never);
    });
  }

  test("duplicates are counted once", () => {
    const { trades, theirs, over } = vectors("duplicates.jsonl.gz");
    const [bar] = run(trades, over).newest;
    expect(bar!.trade_count).toBe(new Set(trades.map((one) => one.event_id)).size);
    expect(bar!.trade_count).toBeLessThan(Number(theirs[0]!.trade_count));
  });

  test("prices are not rounded", () => {
    const { trades, over } = vectors("rounding-2-decimals.jsonl.gz");
    const { newest } = run(trades, over);
    expect(newest.length).toBeGreaterThan(0);
    for (const bar of newest) {
      const own = trades.filter((one) => one.ts_ms >= bar.start_ts_ms && one.ts_ms < bar.end_ts_ms);
      expect([bar.open, bar.close]).toEqual([own[0]!.price, own.at(-1)!.price]);
    }
  });

  test.each(ORDERED)("%s: the same but for open and close, which go by time and sequence", (name) => {
    const { trades, theirs, over } = vectors(`${name}.jsonl.gz`);
    const { newest } = run(trades, over);
    const wanted = theirs.map((row) => {
      const [bar] = newest.filter((one) => one.bar_id === row.bar_id);
      const own = trades
        .filter((one) => one.ts_ms >= bar!.start_ts_ms && one.ts_ms < bar!.end_ts_ms)
        .toSorted((x, y) => x.ts_ms - y.ts_ms || x.seq - y.seq);
      return { ...row, open: own[0]!.price, close: own.at(-1)!.price };
    });
    expect(byId(newest.map(shown))).toEqual(byId(wanted) as never);
  });

  test.each(["window-7s", "window-90s"])("%s: every window has its length and begins at a multiple of it", (name) => {
    const { trades, over } = vectors(`${name}.jsonl.gz`);
    const { newest } = run(trades, over);
    for (const bar of newest)
      expect([bar.end_ts_ms - bar.start_ts_ms, bar.start_ts_ms % over.window_ms]).toEqual([over.window_ms, 0]);
    expect(newest.reduce((sum, bar) => sum + bar.trade_count, 0)).toBe(trades.length);
  });

  test("one bar however many events: none is cut, none written twice", () => {
    const { trades, over } = vectors("max-batch.jsonl.gz");
    const { out } = run(trades, over);
    expect(new Set(out.map((bar) => bar.bar_id)).size).toBe(out.length);
    expect(out.reduce((sum, bar) => sum + bar.trade_count, 0)).toBe(trades.length);
  });

  test.each(["clock-ahead", "clock-behind", "late-over", "real-delayed"])(
    "%s: event time decides; each event is in one bar or set aside, none replaces what was there",
    (name) => {
      const { trades, over } = vectors(`${name}.jsonl.gz`);
      const { newest, letters } = run(trades, over);
      expect(newest.reduce((sum, bar) => sum + bar.trade_count, 0) + letters.length).toBe(trades.length);
      for (const letter of letters) expect(letter.reason).toBe("late");
      const refused = new Set(letters.map((letter) => letter.id.split("|").slice(2).join("|")));
      for (const bar of newest) {
        const own = trades.filter(
          (one) =>
            one.symbol === bar.symbol &&
            one.ts_ms >= bar.start_ts_ms &&
            one.ts_ms < bar.end_ts_ms &&
            !refused.has(one.event_id),
        );
        expect(bar.trade_count).toBe(own.length);
        expect([bar.high, bar.low]).toEqual([
          Math.max(...own.map((one) => one.price)),
          Math.min(...own.map((one) => one.price)),
        ]);
      }
    },
  );
});

const beat = (ts_ms: number): MarketRecord => ({ kind: "heartbeat", provider: "test", ts_ms, reason: "clock" });

test("a busy symbol takes nothing from a quiet one: its bar leaves at the same moment, and is the same", () => {
  const quiet = [trade(T0 + 100, 5, { symbol: "quiet" }), trade(T0 + 1_900, 6, { symbol: "quiet" })];
  const busy = Array.from({ length: 30_000 }, (_, i) => trade(T0 + i / 12, 100 + (i % 9), { symbol: "busy" }));
  const together = [...quiet, ...busy].toSorted((a, b) => a.ts_ms - b.ts_ms);
  const of = (input: readonly MarketRecord[]): Bar[] =>
    run([...input, beat(T0 + 2_499), beat(T0 + 2_500)], {}, false).out.filter((bar) => bar.symbol === "quiet");
  expect(of(together)).toEqual(of(quiet));
  expect(of(quiet)).toMatchObject([{ bar_id: `quiet-${T0}-2s`, trade_count: 2, final: true, revision: 0 }]);
  expect(run([...together, beat(T0 + 2_499)], {}, false).out.some((bar) => bar.symbol === "quiet")).toBe(false);
});

test("an event is late from the moment on at which its window may close, and not before", () => {
  const after = (ms: number) => run([trade(T0, 1), trade(T0 + ms, 2), trade(T0 + 100, 3)]);
  expect(after(2_499).letters).toEqual([]);
  expect(after(2_499).newest[0]).toMatchObject({ trade_count: 2, revision: 0 });
  expect(after(2_500).letters.map(({ reason }) => reason)).toEqual(["late"]);
  expect(after(2_500).newest[0]).toMatchObject({ trade_count: 1, revision: 0 });
});

test("silence sends out what is open, marked; what comes later corrects it", () => {
  const silence: MarketRecord = { kind: "heartbeat", provider: "test", ts_ms: T0 + 4_000, reason: "silence" };
  const { out } = run([trade(T0, 1), silence, trade(T0 + 1_500, 2), trade(T0 + 9_000, 3)], {}, false);
  expect(out.map((bar) => [bar.bar_id, bar.revision, bar.trade_count, bar.partial])).toEqual([
    [`x-${T0}-2s`, 0, 1, true],
    [`x-${T0}-2s`, 1, 2, true],
    [`x-${T0}-2s`, 2, 2, false],
  ]);
});

test("windows of any length, down to 100 ms", () => {
  expect(
    [1_000, 2_000, 1_500, 90_000, 120_000, 3_600_000].map(
      (window_ms) => microBatch({ ...DEFAULTS, window_ms }).intervals[0],
    ),
  ).toEqual(["1s", "2s", "1500ms", "90s", "2m", "1h"]);
  expect(() => bars.init(microBatch({ ...DEFAULTS, window_ms: 50 }))).toThrow('"50ms" is no bar length');
});
