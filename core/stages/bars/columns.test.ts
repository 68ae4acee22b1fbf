import { expect, test } from "bun:test";
import fc from "fast-check";
import { type MarketRecord, Trade } from "../../messages/index.ts";
import { DEDUPE_DEFAULTS, dedupe } from "../dedupe.ts";
import { rowsInto, type TradeColumns } from "./columns.ts";
import { type BarsOut, bars } from "./index.ts";
import { BARS_DEFAULTS } from "./settings.ts";
import { gap, heartbeat, route, T0 } from "./test-support/world.ts";

const SYMBOLS = ["A", "__proto__", "B"];
const step = fc.record({
  symbol: fc.nat(2),
  by: fc.oneof({ weight: 8, arbitrary: fc.integer({ min: -450, max: 400 }) }, fc.integer({ min: -2_000, max: 90_000 })),
  /** How far the id is from the one that would be next. */
  skip: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, fc.integer({ min: -3, max: 3 })),
  price: fc.oneof(
    { weight: 12, arbitrary: fc.integer({ min: 1, max: 900 }) },
    fc.constantFrom(0, -1, Number.NaN, 1e16),
  ),
  size: fc.integer({ min: 0, max: 80 }),
  side: fc.nat(2),
  also: fc.oneof(
    { weight: 12, arbitrary: fc.constant(null) },
    fc.constantFrom("heartbeat" as const, "gap" as const, "route" as const),
  ),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface Part {
  readonly columns: TradeColumns;
  readonly count: number;
  /** Said after its trades. */
  readonly then: MarketRecord | null;
}

function partsOf(steps: readonly Step[]): Part[] {
  const ids = [0, 0, 0];
  let now_ms = T0;
  const parts: Part[] = [];
  let rows: number[][] = [];
  const close = (then: MarketRecord | null): void => {
    const column = (at: number): Float64Array => Float64Array.from(rows, (row) => row[at]!);
    parts.push({
      columns: {
        ...{ provider: "venue", symbols: SYMBOLS, symbol: Uint16Array.from(rows, (row) => row[0]!) },
        ...{ id: column(1), ts_ms: column(2), price: column(3), size: column(4) },
        side: Uint8Array.from(rows, (row) => row[5]!),
      },
      count: rows.length,
      then,
    });
    rows = [];
  };
  for (const { symbol, by, skip, price, size, side, also } of steps) {
    const id = Math.max(0, ids[symbol]! + 1 + skip);
    ids[symbol] = Math.max(ids[symbol]!, id);
    const ts_ms = now_ms + by;
    now_ms = Math.max(now_ms, ts_ms);
    rows.push([symbol, id, ts_ms, price, size / 8, side]);
    if (also === "heartbeat") close(heartbeat(now_ms));
    if (also === "gap") close(gap({ symbol: "A", from_ms: now_ms - 3_000, to_ms: now_ms, status: "open" }));
    if (also === "route") close(route(size % 2 === 0 ? "venue" : "other", now_ms, 1, "B"));
  }
  close(null);
  return parts;
}

const tradeOf = ({ provider, symbols, symbol, id, ts_ms, price, size, side }: TradeColumns, i: number): Trade => ({
  ...Trade.parse({
    ...{ kind: "trade", provider, symbol: symbols[symbol[i]!], ts_ms: ts_ms[i], price: 1, size: size[i] },
    ...{ side: [null, "buy", "sell"][side[i]!], trade_id: String(id[i]), seq: id[i], event_id: "-" },
  }),
  price: price[i]!,
});

test("columns say what the same trades say as records, and leave the same state, however they are cut", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 150 }), fc.integer({ min: 1, max: 40 }), (steps, size) => {
      const parts = partsOf(steps);
      const settings = { ...BARS_DEFAULTS, intervals: ["1s", "7s", "1m"], revise_ms: 60_000 };
      const start = () => ({ dedupe: dedupe.init(DEDUPE_DEFAULTS), bars: bars.init(settings) });
      const [one, other] = [start(), start()];
      const take = rowsInto(one, { symbols: SYMBOLS, provider: "venue" });
      const [said, wanted]: [BarsOut[], BarsOut[]] = [[], []];
      for (const { columns, count, then } of parts) {
        for (let at = 0; at < count; at += size) {
          take(columns, at, Math.min(count, at + size), (out) => said.push(structuredClone(out)));
        }
        for (let i = 0; i < count; i++) {
          dedupe.step(other.dedupe, tradeOf(columns, i), (passed) =>
            bars.step(other.bars, passed, (out) => wanted.push(structuredClone(out))),
          );
        }
        if (then === null) continue;
        bars.step(one.bars, then, (out) => said.push(structuredClone(out)));
        bars.step(other.bars, then, (out) => wanted.push(structuredClone(out)));
      }
      // A refused record names itself by its event_id, which columns make by the rule.
      const plain = (all: BarsOut[]): string =>
        JSON.stringify(all.map((out) => (out.kind === "dead_letter" ? { ...out, id: "", raw: "" } : out)));
      expect(plain(said)).toBe(plain(wanted));
      expect(JSON.stringify(one)).toBe(JSON.stringify(other));
    }),
    { numRuns: 400 },
  );
});
