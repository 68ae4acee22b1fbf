import { expect, test } from "bun:test";
import fc from "fast-check";
import type { MarketRecord } from "../../messages/index.ts";
import type { Trade } from "../../messages/trade.ts";
import { DEDUPE_DEFAULTS, dedupe } from "../dedupe.ts";
import { type BarsOut, bars } from "./index.ts";
import { QuickBars } from "./quick.ts";
import { BARS_DEFAULTS } from "./settings.ts";
import { gap, heartbeat, quote, route, T0 } from "./test-support/world.ts";

const SYMBOLS = ["A", "__proto__", "B"];
/** One that is nearly always the same. */
const seldom = <T>(usual: T, other: fc.Arbitrary<T>, weight = 12): fc.Arbitrary<T> =>
  fc.oneof({ weight, arbitrary: fc.constant(usual) }, other);
const step = fc.record({
  symbol: fc.nat(2),
  provider: seldom("venue", fc.constant("other"), 20),
  origin: seldom<Trade["origin"]>("replay", fc.constantFrom("venue", undefined)),
  by: fc.oneof(
    { weight: 16, arbitrary: fc.integer({ min: -650, max: 200 }) },
    fc.integer({ min: -2_000, max: 90_000 }),
  ),
  /** Receive time behind event time; none where it is not said. */
  after: fc.oneof(
    { weight: 4, arbitrary: fc.nat(300) },
    fc.integer({ min: -2_000, max: 2_000 }),
    fc.constant(undefined),
  ),
  /** How far the id is from the one that would be next. */
  skip: seldom(0, fc.integer({ min: -3, max: 3 }), 8),
  price: fc.oneof(
    { weight: 12, arbitrary: fc.integer({ min: 1, max: 900 }) },
    fc.constantFrom(0, -1, Number.NaN, 1e16),
  ),
  size: fc.integer({ min: 0, max: 80 }),
  side: fc.constantFrom("buy" as const, "sell" as const, null),
  also: seldom<Also | null>(null, fc.constantFrom("heartbeat", "ahead", "silence", "quote", "gap", "route", "fill")),
});
type Also = "heartbeat" | "ahead" | "silence" | "quote" | "gap" | "route" | "fill";
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Trades of ids that count up, late, repeated and out of bounds, each symbol at its own time, and what else tells the time. */
function recordsOf(steps: readonly Step[]): MarketRecord[] {
  const ids = [0, 0, 0];
  const times_ms = [T0, T0, T0];
  const records: MarketRecord[] = [];
  for (const { symbol, provider, origin, by, after, skip, price, size, side, also } of steps) {
    const name = SYMBOLS[symbol]!;
    const id = Math.max(0, ids[symbol]! + 1 + skip);
    ids[symbol] = Math.max(ids[symbol]!, id);
    const ts_ms = times_ms[symbol]! + by;
    times_ms[symbol] = Math.max(times_ms[symbol]!, ts_ms);
    records.push({
      ...{ ver: 1, kind: "trade", provider, symbol: name, ts_ms, price, size: size / 8, side },
      ...{ trade_id: String(id), seq: id, event_id: `${provider}|${symbol}|${id}` },
      ...(origin === undefined ? {} : { origin }),
      ...(after === undefined ? {} : { recv_ms: ts_ms + after }),
      ...(also === "fill" ? { fill: "gap" } : {}),
    });
    const now_ms = Math.max(...times_ms);
    if (also === "heartbeat") records.push(heartbeat(now_ms));
    if (also === "ahead") records.push(heartbeat(ts_ms + 1_500));
    if (also === "silence") records.push(heartbeat(now_ms + 20_000, "silence"));
    if (also === "quote") records.push(quote({ symbol: name, ts_ms: ts_ms + 900 }));
    if (also === "gap") records.push(gap({ symbol: name, from_ms: ts_ms - 3_000, to_ms: ts_ms, status: "open" }));
    if (also === "route") records.push(route(size % 4 > 0 ? "venue" : "other", ts_ms, 1, name));
  }
  return records;
}

/** Bounds so near that they are met often. */
const near = fc.record({ symbols_max: fc.constantFrom(2, 100), forming_ms: fc.constantFrom(0, 250) });
const start = (given: typeof near extends fc.Arbitrary<infer T> ? T : never) => ({
  dedupe: dedupe.init({ ...DEDUPE_DEFAULTS, ...given, dedupe_ms: 1_000 }),
  bars: bars.init({
    ...BARS_DEFAULTS,
    ...given,
    intervals: ["1s", "7s", "1m"],
    ...{ revise_ms: 60_000, stall_ms: 10_000, skew_max_ms: 1_000 },
  }),
});

test("trades taken without a record say what they say as records, and leave the same state", () => {
  let taken = 0;
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 1, maxLength: 150, size: "max" }),
      near,
      fc.integer({ min: 1, max: 30 }),
      (steps, given, look) => {
        const [one, other] = [start(given), start(given)];
        const quick = new QuickBars(one.dedupe, one.bars);
        const [said, wanted]: [BarsOut[], BarsOut[]] = [[], []];
        recordsOf(steps).forEach((record, i) => {
          if (record.kind === "trade" && record.fill === undefined && quick.take(record)) taken++;
          else quick.step(record, (out) => said.push(structuredClone(out)));
          dedupe.step(other.dedupe, record, (passed) =>
            bars.step(other.bars, passed, (out) => wanted.push(structuredClone(out))),
          );
          if (i % look !== 0) return;
          quick.leaveAll();
          expect(JSON.stringify(one)).toBe(JSON.stringify(other));
        });
        expect(said).toEqual(wanted);
      },
    ),
    { numRuns: 150 },
  );
  expect(taken).toBeGreaterThan(1_000);
});
