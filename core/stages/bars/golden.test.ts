import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import type { Bar, Bin, MarketRecord, Trade } from "../../messages/index.ts";
import { filesIn, GOLDEN, hasShared, jsonLines, readText, SHARED } from "../../test-support/shared.ts";
import { bins, endBins } from "../bins.ts";
import { BARS_DEFAULTS } from "./settings.ts";
import { trade, World } from "./test-support/world.ts";

const FOLDER = `${GOLDEN}/bins-and-bars`;
const cases = ["", "edge/"].flatMap((under) =>
  filesIn(`${FOLDER}/${under}`, ".ticks.jsonl.gz").map((name) => under + name.replace(".ticks.jsonl.gz", "")),
);

type Row = (number | string | null)[];
interface Header {
  columns: string[];
  params: { bin_ms: number; max_late_ms: number };
}

function table(file: string): { header: Header; rows: Record<string, unknown>[] } {
  const [header, ...rows] = jsonLines<unknown>(`${FOLDER}/${file}.jsonl.gz`) as [Header, ...Row[]];
  return { header, rows: rows.map((row) => Object.fromEntries(header.columns.map((name, i) => [name, row[i]]))) };
}

/** Ticks as our records: the reference orders by arrival, so that is their sequence. What no schema lets in is left out. */
function tradesOf(name: string): { trades: MarketRecord[]; params: Header["params"] } {
  const { header, rows } = table(`${name}.ticks`);
  const trades = rows.flatMap((row, seq) => {
    if (row.price === null || row.event_ms === null) return [];
    const symbol = (row.symbol as string | null) ?? "WDC";
    const ts_ms = row.event_ms as number;
    const numbers = { price: Number(row.price), size: typeof row.size === "number" ? row.size : 0 };
    return [trade({ ts_ms, symbol, seq, event_id: `tick-${seq}`, ...numbers })];
  });
  return { trades, params: header.params };
}

/** The reference's open and close follow arrival, ours event time (known deviation S6): the same while nothing is overtaken. */
const isInOrder = (trades: readonly MarketRecord[]): boolean =>
  trades.every((record, i) => i === 0 || (record as Trade).ts_ms >= (trades[i - 1] as Trade).ts_ms);

const near = (a: number, b: number, tolerance: number): boolean => Math.abs(a - b) <= tolerance;

describe.skipIf(!hasShared)("the reference's bins and bars, made of trades alone", () => {
  test("the vectors are there", () => expect(cases.length).toBeGreaterThanOrEqual(14));

  for (const name of cases) {
    const { trades, params } = tradesOf(name);
    const inOrder = isInOrder(trades);
    const settings = { late_ms: params.max_late_ms, bin_ms: params.bin_ms, jump_ms: 0 };

    test(`${name}: dead letters`, () => {
      const { rows } = table(`${name}.dead-letters`);
      const world = new World({ intervals: ["1s"], ...settings }).step(...trades).end();
      expect(world.letters().map((letter) => [letter.symbol, letter.ts_ms])).toEqual(
        rows.map((row) => [row.symbol, row.event_ms] as never),
      );
    });

    test(`${name}: bins`, () => {
      const { rows } = table(`${name}.bins`);
      const wanted = new Map(rows.filter((row) => row.trade_count !== 0).map((row) => [row.bin_id, row]));
      const made: Bin[] = [];
      const state = bins.init({ ...BARS_DEFAULTS, ...settings });
      for (const record of trades) bins.step(state, record, (out) => out.kind === "bin" && made.push(out));
      endBins(state, (out) => out.kind === "bin" && made.push(out));
      expect(made.map((bin) => bin.bin_id).sort()).toEqual([...wanted.keys()].sort() as string[]);
      for (const bin of made) {
        const row = wanted.get(bin.bin_id) as unknown as Bin & { max_lateness_ms: number };
        const { end_ts_ms, high, low, trade_count } = row;
        expect(bin).toMatchObject({ end_ts_ms, high, low, trade_count, max_late_ms: row.max_lateness_ms });
        if (inOrder) expect(bin).toMatchObject({ open: row.open, close: row.close });
        expect(near(bin.volume, row.volume, 0.5e-6) && near(bin.notional, row.notional, 0.5e-6 + 1e-9)).toBe(true);
      }
    });

    test(`${name}: 1 s bars`, () => {
      const { rows } = table(`${name}.bars-1s.nofill`);
      const world = new World({ intervals: ["1s"], ...settings }).step(...trades).end();
      compare(world.bars("1s"), rows, inOrder);
    });

    test(`${name}: minutes`, () => {
      const isNoFill = existsSync(`${FOLDER}/${name}.rollups.nofill.jsonl.gz`);
      const rows = table(isNoFill ? `${name}.rollups.nofill` : `${name}.rollups`).rows.filter(
        (row) => row.window === "60s",
      );
      const world = new World({ intervals: ["1m"], ...settings }).step(...trades).end();
      const made = new Map(world.bars("1m").map((bar) => [`${bar.symbol}-${bar.start_ts_ms}-60s`, bar]));
      expect([...made.keys()].sort()).toEqual(rows.map((row) => row.bar_id as string).sort());
      for (const row of rows) {
        const bar = made.get(row.bar_id as string)!;
        const seconds = Number(row.source_count);
        if (isNoFill) expect(bar).toMatchObject({ high: row.high, low: row.low });
        if (inOrder && isNoFill) expect(bar).toMatchObject({ open: row.open, close: row.close });
        expect(near(bar.volume, row.volume as number, 0.5e-6 * (bar.bin_count + seconds + 1))).toBe(true);
        expect(near(bar.notional, row.notional as number, 0.5e-6 * (bar.bin_count + seconds + 1))).toBe(true);
      }
    });
  }

  function compare(made: readonly Bar[], rows: readonly Record<string, unknown>[], inOrder: boolean): void {
    const wanted = new Map(rows.map((row) => [row.bar_id, row]));
    expect(made.map((bar) => bar.bar_id).sort()).toEqual([...wanted.keys()].sort() as string[]);
    for (const bar of made) {
      const row = wanted.get(bar.bar_id) as Record<string, number>;
      const { end_ts_ms, high, low, bin_count } = row as unknown as Bar;
      expect(bar).toMatchObject({ end_ts_ms, high, low, bin_count, max_late_ms: row.max_lateness_of_bins! });
      if (inOrder) expect(bar).toMatchObject({ open: row.open!, close: row.close! });
      const sum = 0.5e-6 * (bar.bin_count + 1);
      expect(near(bar.volume, row.volume!, sum) && near(bar.notional, row.notional!, sum)).toBe(true);
      if (row.volume! > 0) expect(near(bar.vwap, row.vwap!, 1e-6 + (sum * (1 + bar.high)) / row.volume!)).toBe(true);
    }
  }
});

/** The reference's aggregator alone: what it gets wrong (S2 to S6) is right here. */
describe.skipIf(!hasShared)("bars from the reference's bins", () => {
  function aggregate(name: string): { world: World; rows: Row[] } {
    const [header, ...rows] = jsonLines<unknown>(`${FOLDER}/edge/aggregator-${name}.jsonl.gz`) as [
      { kinds: Record<string, string[]> },
      ...Row[],
    ];
    const columns = header.kinds.I!;
    const world = new World({ intervals: ["1s"] });
    for (const [kind, ...values] of rows) {
      if (kind !== "I") continue;
      const row = Object.fromEntries(columns.map((column, i) => [column, values[i]]));
      world.step({ kind: "bin", ...row, max_late_ms: row.max_lateness_ms } as unknown as Bin);
    }
    return { world, rows: rows.filter(([kind]) => kind !== "I") };
  }

  test("the lateness of the bins reaches the bar", () => {
    expect(aggregate("bin-lateness-not-propagated").world.newest()[0]!.max_late_ms).toBe(300);
  });

  test("bins sent again are counted once", () => {
    const { world } = aggregate("resent-bins");
    expect(world.newest()[0]).toMatchObject({ volume: 5, notional: 510, bin_count: 5, open: 100, close: 104.5 });
  });

  test("open and close go by time, not by arrival", () => {
    expect(aggregate("close-is-last-arrival").world.newest()[0]).toMatchObject({ open: 101, close: 103.5 });
  });

  test("a bin exactly 500 behind revises the bar that is out", () => {
    const { world } = aggregate("bar-reopened");
    expect(world.newest()[0]).toMatchObject({ revision: 1, bin_count: 11, close: 200.5, volume: 11 });
  });

  test("499 and 500 are taken, 501 is a dead letter", () => {
    const { world } = aggregate("late-bin-499-500-501");
    expect(world.letters()).toMatchObject([{ reason: "late", ts_ms: 1_700_000_000_999 }]);
  });
});

describe.skipIf(!hasShared)("a real day", () => {
  interface Minute {
    o: string;
    h: string;
    l: string;
    c: string;
    v: string;
    n: number;
  }

  test("every minute equals an exact decimal computation", () => {
    const oracle = JSON.parse(readText(`${SHARED}/data/oracle/expected_candles.json.gz`)) as Record<
      string,
      { bars_1m: Record<string, Minute> }
    >;
    const { bars_1m } = oracle["gemini_ethusd_2021-07-01_trade.csv.gz"]!;
    const [, ...lines] = readText(`${SHARED}/data/trades/gemini_ethusd_2021-07-01_trade.csv.gz`).trim().split("\n");
    const world = new World({ intervals: ["1s", "1m", "1h", "1d"] });
    lines.forEach((line, seq) => {
      const [seconds, price, size] = line.split(",").map(Number) as [number, number, number];
      const ts_ms = Math.round(seconds * 1_000);
      world.step(trade({ ts_ms, price, size, seq, symbol: "ETHUSD", event_id: `g${seq}` }));
    });
    world.end();
    expect(world.letters()).toEqual([]);
    const minutes = new Map(world.bars("1m").map((bar) => [String(bar.start_ts_ms), bar]));
    const missing = Object.keys(bars_1m).filter((start) => !minutes.has(start));
    expect(missing).toEqual([]);
    for (const [start, { o, h, l, c, v, n }] of Object.entries(bars_1m)) {
      const bar = minutes.get(start)!;
      expect(bar).toMatchObject({ open: Number(o), high: Number(h), low: Number(l), close: Number(c), trade_count: n });
      expect(near(bar.volume, Number(v), Number(v) * 2 ** -52)).toBe(true);
    }
    const total = Object.values(bars_1m).reduce((sum, minute) => sum + minute.n, 0);
    expect(world.bars("1d").reduce((sum, bar) => sum + bar.trade_count, 0)).toBe(lines.length);
    expect(lines.length - total).toBeLessThanOrEqual(1);
  });
});
