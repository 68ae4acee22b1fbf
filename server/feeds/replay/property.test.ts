import { expect, test } from "bun:test";
import fc from "fast-check";
import { GRAPH_DEFAULTS } from "../../../core/graph/settings.ts";
import type { MarketRecord } from "../../../core/messages/index.ts";
import { type Bar, type Bin, type DeadLetter, Trade } from "../../../core/messages/index.ts";
import { BadLine } from "../../ndjson/market-line.ts";
import { Capture } from "./capture.ts";
import { TickReader } from "./tick.ts";
import { readTicks, type TicksRead } from "./ticks.ts";

const T0 = 1_700_000_000_000;
const signal = new AbortController().signal;

interface Made {
  readonly bins: Bin[];
  readonly bars: Bar[];
  readonly letters: DeadLetter[];
  readonly bad: number;
  readonly read: TicksRead;
}

/** The whole way from bytes to bars. */
async function made(chunks: readonly Uint8Array[]): Promise<Made> {
  const bins: Bin[] = [];
  const bars: Bar[] = [];
  const letters: DeadLetter[] = [];
  let bad = 0;
  const capture = new Capture(GRAPH_DEFAULTS, {
    bin: (bin) => void bins.push(bin),
    bar: (bar) => void bars.push(bar),
    letter: (letter) => void letters.push(letter),
  });
  const read: TicksRead = { lines: 0, trades: 0, passed: 0 };
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield* chunks;
  }
  const sink = {
    take: (record: MarketRecord) => {
      if (record.kind === "trade") capture.take(record, record.ts_ms);
    },
    bad: () => void bad++,
    settle: () => Promise.resolve(),
  };
  await readTicks(bytes(), sink, read, signal);
  capture.end(true);
  return { bins, bars, letters, bad, read };
}

const tick = fc
  .record({
    symbol: fc.constantFrom("X", "Y"),
    event_ms: fc.integer({ min: 0, max: 5_000 }).map((ms) => T0 + ms),
    px: fc.oneof(
      fc.integer({ min: 1, max: 1_000 }),
      fc.integer({ min: 1, max: 100_000 }).map((n) => String(n / 100)),
    ),
    sz: fc.oneof(fc.constant(null), fc.integer({ min: 0, max: 1_000 }), fc.constant("0.00000001")),
  })
  .map((value) => JSON.stringify(value));
const line = fc.oneof(
  { weight: 12, arbitrary: tick },
  { weight: 1, arbitrary: fc.constantFrom("", "{", "é€", "[1]", "null", '{"px":1}') },
);
const text = fc.array(line, { maxLength: 60 }).map((lines) => lines.join("\n"));
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 });

test("any cutting of the stream gives the same bins, bars and dead letters", async () => {
  await fc.assert(
    fc.asyncProperty(text, cuts, async (whole, at) => {
      const bytes = Buffer.from(whole);
      const places = [0, ...at.map((part) => Math.floor(part * bytes.length)), bytes.length].sort((a, b) => a - b);
      const pieces = places.slice(1).map((to, i) => Uint8Array.from(bytes.subarray(places[i], to)));
      expect(await made(pieces)).toEqual(await made([bytes]));
    }),
    { numRuns: 200 },
  );
});

test("each tick is in one bin and one bar, or set aside; sums are those of a plain grouping", async () => {
  await fc.assert(
    fc.asyncProperty(text, async (whole) => {
      const { bins, bars, letters, bad, read } = await made([Buffer.from(whole)]);
      const count = (all: readonly { trade_count: number }[]): number => all.reduce((n, one) => n + one.trade_count, 0);
      expect(read.lines).toBe(read.trades + read.passed + bad);
      expect(count(bins) + letters.length).toBe(read.trades);
      expect(new Set(bins.map((bin) => bin.bin_id)).size).toBe(bins.length);
      const best = [...new Map(bars.map((bar) => [bar.bar_id, bar])).values()];
      expect(count(best)).toBe(count(bins));
      for (const bar of best) {
        const own = bins
          .filter((bin) => bin.symbol === bar.symbol && Math.floor(bin.start_ts_ms / 1_000) * 1_000 === bar.start_ts_ms)
          .sort((a, b) => a.start_ts_ms - b.start_ts_ms);
        expect([bar.open, bar.close]).toEqual([own[0]!.open, own.at(-1)!.close]);
        expect(bar.high).toBe(Math.max(...own.map((bin) => bin.high)));
        expect(bar.low).toBe(Math.min(...own.map((bin) => bin.low)));
        expect(bar.volume).toBeCloseTo(
          own.reduce((sum, bin) => sum + bin.volume, 0),
          9,
        );
        expect(bar.bin_count).toBe(own.length);
      }
    }),
    { numRuns: 200 },
  );
});

const anything = fc.oneof(
  fc.jsonValue(),
  fc.double(),
  fc.constantFrom(
    "NaN",
    "1e999",
    "-0",
    "0x1",
    "",
    " 1",
    "1_0",
    "٣",
    "1e-400",
    1e300,
    Number.MAX_SAFE_INTEGER,
    -1,
    null,
  ),
);
const NAMES = [
  "kind",
  "symbol",
  "price",
  "px",
  "size",
  "sz",
  "event_ts",
  "event_ms",
  "ts_ms",
  "recv_ms",
  "side",
  "trade_id",
  "seq",
];

test("whatever a line holds, it is a trade with numbers that are numbers, nothing, or a bad line", () => {
  const good = { symbol: "X", event_ts: 1_700_000_000, px: "1.5", sz: 1 };
  const changes = fc.array(fc.tuple(fc.constantFrom(...NAMES), anything), { maxLength: 4 });
  const damaged = fc.oneof(
    changes.map((all) => JSON.stringify({ ...good, ...Object.fromEntries(all) })),
    fc.tuple(fc.nat(60), fc.string({ maxLength: 3 })).map(([at, text]) => {
      const whole = JSON.stringify(good);
      return whole.slice(0, at) + text + whole.slice(at + text.length);
    }),
    fc.string(),
  );
  const reader = new TickReader();
  let taken = 0;
  fc.assert(
    fc.property(damaged, (line) => {
      let trade: MarketRecord | null;
      try {
        trade = reader.read(line);
      } catch (cause) {
        if (cause instanceof BadLine) return;
        throw cause;
      }
      if (trade === null) return;
      taken++;
      const { ts_ms, price, size, seq } = Trade.parse(trade);
      for (const number of [ts_ms, price, size, seq]) expect(Number.isFinite(number)).toBe(true);
    }),
    { numRuns: 20_000 },
  );
  expect(taken).toBeGreaterThan(500);
});
