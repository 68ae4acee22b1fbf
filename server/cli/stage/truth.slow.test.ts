/**
 * Bars of every recording and candle file there is, against what stands in the file itself: a plain grouping with exact
 * sums, the venue's own candles, or an exact computation made elsewhere.
 */
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { inflateRawSync } from "node:zlib";
import { type Bar, INTERVALS, intervalMs } from "../../../core/messages/index.ts";
import { hasShared, readText } from "../../../core/test-support/shared.ts";
import { call } from "../test-support/call.ts";
import { candlesOf, exact, NOTIONAL_DIGITS, off, type Print } from "./test-support/reference.ts";
import { csv, DATA, SOURCES, type Source } from "./test-support/sources.ts";

/** What an exact sum may lose in one double. */
const TINY = 1e-12;
const lines = (records: readonly object[]): string[] => records.map((record) => `${JSON.stringify(record)}\n`);
const bars = async (stdin: string | readonly string[], ...set: string[]): Promise<Bar[]> => {
  const { code, err, records } = await call(["stage", "bars", ...set.flatMap((one) => ["--set", one])], { stdin });
  expect([code, err]).toEqual([0, ""]);
  return records as unknown as Bar[];
};

async function tradesOf({ file, venue }: Source, prints: readonly Print[]): Promise<string | string[]> {
  if (venue !== undefined) return (await call(["decode", venue, `${DATA}/${file}`])).out;
  return lines(
    prints.map(({ id, isBuy, ...print }, seq) => ({
      ...{ kind: "trade", ...print, side: isBuy ? "buy" : "sell", seq: id ?? seq },
      trade_id: String(id ?? seq),
    })),
  );
}

describe.skipIf(!hasShared)("bars of trades, every interval, to the last digit", () => {
  for (const source of SOURCES) {
    test(source.file, async () => {
      const prints = source.prints();
      expect(prints.length).toBeGreaterThan(1);
      // Files order by their own means: where an order is old, it is old for whoever reads the file, not late.
      const late = prints.some(({ ts_ms }, i) => i > 0 && ts_ms < prints[i - 1]!.ts_ms);
      const set = late ? ["REPLAY_MAX_LATE_MS=86400000"] : [];
      const jump = ["CLOCK_JUMP_CONFIRM_SEC=0"];
      const made = await bars(await tradesOf(source, prints), `INTERVAL=${INTERVALS.join(",")}`, ...set, ...jump);
      for (const interval of INTERVALS) {
        const candles = candlesOf(prints, intervalMs(interval)!);
        const newest = new Map<string, Bar>();
        for (const bar of made) if (bar.interval === interval) newest.set(`${bar.symbol} ${bar.start_ts_ms}`, bar);
        expect([...newest.keys()].sort()).toEqual([...candles.keys()].sort());
        for (const [key, candle] of candles) {
          const bar = newest.get(key)!;
          const { open, high, low, close, trade_count } = candle;
          expect([bar.open, bar.high, bar.low, bar.close, bar.trade_count]).toEqual([
            open,
            high,
            low,
            close,
            trade_count,
          ]);
          const furthest = Math.max(
            off(bar.volume, candle.volume),
            off(bar.buy_volume, candle.buy_volume),
            off(bar.notional, candle.notional, NOTIONAL_DIGITS),
          );
          if (furthest > TINY) expect([key, furthest]).toEqual([key, 0]);
        }
      }
    }, 60_000);
  }
});

interface Minute extends Record<"o" | "h" | "l" | "c" | "v", string> {
  readonly n: number;
}

describe.skipIf(!hasShared)("what the exchange printed", () => {
  const oracle = (): Record<string, { bars_1m?: Record<string, Minute>; bars_1m_full?: Record<string, Minute> }> =>
    JSON.parse(readText(`${DATA}/oracle/expected_candles.json.gz`));

  test("every minute of the exact computation, and the day as the sum of them", async () => {
    const all = Object.entries(oracle());
    expect(all.length).toBe(3);
    for (const [name, { bars_1m, bars_1m_full }] of all) {
      const source = SOURCES.find(({ file }) => file.endsWith(name))!;
      const made = await bars(await tradesOf(source, source.prints()), "INTERVAL=1m,1d");
      const minutes = Object.entries(bars_1m ?? bars_1m_full ?? {});
      expect(minutes.length).toBeGreaterThan(4);
      for (const [start, { o, h, l, c, v, n }] of minutes) {
        const bar = made.find(({ interval, start_ts_ms }) => interval === "1m" && start_ts_ms === Number(start))!;
        expect([bar.open, bar.high, bar.low, bar.close]).toEqual([o, h, l, c].map(Number));
        expect([bar.trade_count, off(bar.volume, exact(v)) < TINY]).toEqual([n, true]);
      }
      if (bars_1m === undefined) continue;
      // The first trade of the file is of the day before; every other is in one of the minutes.
      const day = made.filter(({ interval }) => interval === "1d").at(-1)!;
      const volume = minutes.reduce((sum, [, { v }]) => sum + exact(v), 0n);
      expect(day.trade_count).toBe(minutes.reduce((sum, [, { n }]) => sum + n, 0));
      expect(off(day.volume, volume)).toBeLessThan(TINY);
    }
  }, 60_000);

  type Kline = [number, string, string, string, string, string, number, string, number, string];
  /** A venue's candle as a bin: bars of its own length must say the same, longer ones add up. */
  const binOf = ([start, open, high, low, close, volume, end, turnover, count, buys]: Kline): object => ({
    ...{ kind: "bin", bin_id: `BTCUSDT-${start}`, symbol: "BTCUSDT", provider: "binance" },
    ...{ start_ts_ms: start, end_ts_ms: end + 1, watermark_ms: end + 1 },
    ...{ open: Number(open), high: Number(high), low: Number(low), close: Number(close), volume: Number(volume) },
    ...{ notional: Number(turnover), trade_count: count, buy_volume: Number(buys) },
  });
  for (const [name, own, longer] of [
    ["binance_btcusdt_1m_20200506.json", "1m", ["5m", "15m", "1h"]],
    ["binance_btcusdt_1h_2020.json.gz", "1h", ["1d"]],
    ["binance_btcusdt_1d_2019.json.gz", "1d", []],
  ] as const) {
    test(`candles/${name}, and folded to ${longer.join(", ") || "nothing longer"}`, async () => {
      const klines = JSON.parse(readText(`${DATA}/candles/${name}`)) as Kline[];
      const made = await bars(
        lines(klines.map(binOf)),
        `INTERVAL=${[own, ...longer].join(",")}`,
        "CLOCK_JUMP_CONFIRM_SEC=0",
      );
      for (const interval of [own, ...longer]) {
        const ms = intervalMs(interval)!;
        const groups = Map.groupBy(klines, ([start]) => Math.floor(start / ms) * ms);
        const mine = made.filter((bar) => bar.interval === interval);
        expect(mine.map(({ start_ts_ms }) => start_ts_ms)).toEqual([...groups.keys()]);
        for (const bar of mine) {
          const group = groups.get(bar.start_ts_ms)!;
          expect([bar.open, bar.close]).toEqual([Number(group[0]![1]), Number(group.at(-1)![4])]);
          expect(bar.high).toBe(Math.max(...group.map((one) => Number(one[2]))));
          expect(bar.low).toBe(Math.min(...group.map((one) => Number(one[3]))));
          const sum = (column: 5 | 7 | 9): bigint => group.reduce((total, one) => total + exact(one[column]), 0n);
          expect(
            Math.max(off(bar.volume, sum(5)), off(bar.notional, sum(7)), off(bar.buy_volume, sum(9))),
          ).toBeLessThan(TINY);
          expect(bar.trade_count).toBe(group.reduce((total, one) => total + one[8], 0));
        }
      }
    });
  }
});

/** The one file in a zip archive. */
function unzipped(path: string): string {
  const bytes = readFileSync(path);
  const directory = bytes.indexOf(Buffer.from([0x50, 0x4b, 1, 2]));
  const [packed, local] = [bytes.readUInt32LE(directory + 20), bytes.readUInt32LE(directory + 42)];
  const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
  return inflateRawSync(bytes.subarray(start, start + packed)).toString();
}

describe.skipIf(!existsSync(`${DATA}/candles/forex`))("bars of quotes, bid and ask, as the brokers' own", () => {
  const DAY = Date.UTC(2014, 4, 2);
  const rows = (name: string): number[][] =>
    unzipped(`${DATA}/candles/forex/${name}.zip`)
      .trim()
      .split("\n")
      .map((line) => line.split(",").map(Number));
  for (const broker of ["oanda", "fxcm"]) {
    test(`${broker}: ticks → seconds and minutes`, async () => {
      const stdin = lines(
        rows(`${broker}_eurusd_20140502_tick_quote`).map(([ms, bid, ask], seq) => ({
          ...{ kind: "quote", provider: broker, symbol: "EURUSD", ts_ms: DAY + ms!, seq, bid, ask },
        })),
      );
      const theirs = {
        "1s": rows(`${broker}_eurusd_20140502_second_quote`),
        "1m": rows(`${broker}_eurusd_20140502_minute_quote`),
      };
      for (const [side, first] of [
        ["bid", 1],
        ["ask", 6],
      ] as const) {
        const made = await bars(stdin, `PRICE_SOURCE=${side}`, "INTERVAL=1s,1m", "CLOCK_JUMP_CONFIRM_SEC=0");
        for (const interval of ["1s", "1m"] as const) {
          const mine = made.filter((bar) => bar.interval === interval);
          const brief = mine.map(({ start_ts_ms, open, high, low, close }) => [
            start_ts_ms - DAY,
            open,
            high,
            low,
            close,
          ]);
          expect(brief).toEqual(theirs[interval].map((row) => [row[0]!, ...row.slice(first, first + 4)]));
          expect(new Set(mine.map((bar) => `${bar.volume} ${bar.price_source}`))).toEqual(new Set([`0 ${side}`]));
        }
      }
    }, 60_000);
  }

  test("a day's best bid and ask, second by second: bars of the mid", async () => {
    const sides = csv("trades/gemini_ethusd_2021-07-01_market-depth.csv.gz").map(([time, bid, ask]) => ({
      ...{ ts_ms: Number(time) * 1_000, bid: Number(bid!.split("_")[0]), ask: Number(ask!.split("_")[0]) },
    }));
    const stdin = lines(sides.map((one, seq) => ({ kind: "quote", symbol: "ETHUSD", seq, ...one })));
    const made = await bars(stdin, "INTERVAL=1m");
    const minutes = Map.groupBy(
      sides.filter(({ bid, ask }) => ask >= bid),
      ({ ts_ms }) => Math.floor(ts_ms / 60_000) * 60_000,
    );
    expect(made.map(({ start_ts_ms }) => start_ts_ms)).toEqual([...minutes.keys()]);
    for (const bar of made) {
      const mids = minutes.get(bar.start_ts_ms)!.map(({ bid, ask }) => bid + (ask - bid) / 2);
      expect([bar.open, bar.high, bar.low, bar.close]).toEqual([
        mids[0]!,
        Math.max(...mids),
        Math.min(...mids),
        mids.at(-1)!,
      ]);
    }
  }, 60_000);
});

if (!hasShared) console.warn("skipped: bars against recordings and candle files");
