import { expect, test } from "bun:test";
import { Bar } from "../../../core/messages/index.ts";
import { tinyVenue } from "../test-support/tiny-venue.ts";
import type { Candle, VenueRest } from "../venue.ts";
import { fetchHistory } from "./history.ts";

const T0 = 1_700_000_040_000;
const MINUTE_MS = 60_000;
const candle = (minute: number, more: Partial<Candle> = {}): Candle => ({
  start_ts_ms: T0 + minute * MINUTE_MS,
  open: 10,
  high: 12,
  low: 9,
  close: 11,
  volume: 4,
  notional: 42,
  trade_count: 7,
  buy_volume: 3,
  ...more,
});

const never = new Promise<void>(() => undefined);

function ask(candles: VenueRest["candles"], { names = ["A", "B"], enough = never } = {}) {
  const rest: VenueRest = { candles, markets: async () => [], trades: async () => ({ trades: [], complete: true }) };
  return fetchHistory({
    venue: { ...tinyVenue(), rest },
    rest: async () => ({ status: 200, body: "", retry_after_ms: null }),
    symbols: names.map((symbol) => ({ symbol, venue: symbol })),
    from_ms: (symbol) => (symbol === "B" ? T0 + MINUTE_MS + 1 : T0),
    to_ms: T0 + 3 * MINUTE_MS + 30_000,
    signal: new AbortController().signal,
    enough,
  });
}

test("final minutes only, oldest first over all symbols, each a valid bar of the venue's own", async () => {
  const { bars, missing } = await ask(async (_rest, { symbol }) =>
    symbol === "A" ? [-1, 0, 1, 2, 3].map((minute) => candle(minute)) : [1, 2].map((minute) => candle(minute)),
  );
  expect(bars.map(({ symbol, start_ts_ms }) => [symbol, (start_ts_ms - T0) / MINUTE_MS])).toEqual([
    ["A", 0],
    ["A", 1],
    ["B", 1],
    ["A", 2],
    ["B", 2],
  ]);
  for (const bar of bars) expect(Bar.parse(bar)).toEqual(bar);
  expect(bars[0]).toMatchObject({ origin: "venue", final: true, vwap: 10.5, trade_count: 7, buy_volume: 3 });
  expect(missing.size).toBe(0);
});

test("what a venue does not say leans to neither side; a minute without volume has its close as mean", async () => {
  const { bars } = await ask(
    async () => [
      candle(0, { notional: null, trade_count: null, buy_volume: null }),
      candle(1, { volume: 0, notional: 0, trade_count: 0, buy_volume: 0 }),
    ],
    { names: ["A"] },
  );
  expect(bars[0]).toMatchObject({ buy_volume: 2, trade_count: 0 });
  expect(bars[0]!.vwap).toBeCloseTo(32 / 3, 9);
  expect(bars[1]).toMatchObject({ vwap: 11, volume: 0 });
});

test("one symbol that fails is named and costs the others nothing; what is late is not waited for", async () => {
  const failing = await ask(async (_rest, { symbol }) => {
    if (symbol === "A") throw new Error("Tiny answered 500");
    return [candle(1)];
  });
  expect(failing.bars.map(({ symbol }) => symbol)).toEqual(["B"]);
  expect([...failing.missing]).toEqual([["A", "Tiny answered 500"]]);
  const names = Array.from({ length: 10 }, (_, i) => `S${i}`);
  const late = await ask(() => new Promise<Candle[]>(() => undefined), { names, enough: Promise.resolve() });
  expect(late.bars).toEqual([]);
  expect([...late.missing.keys()]).toEqual(names);
});
