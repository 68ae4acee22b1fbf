import fc from "fast-check";
import type { MarketRecord } from "../../../messages/index.ts";
import { endBars } from "../end.ts";
import { type BarsOut, bars } from "../index.ts";
import { BARS_DEFAULTS } from "../settings.ts";
import { gap, heartbeat, minuteBar, route, T0, trade } from "./world.ts";

export const RUNS = 150;
export const SYMBOLS = ["BTCUSDT", "__proto__", "7"];
export const INTERVALS = ["1s", "5s", "7s", "1m", "5m", "1h", "1d"];
export const settings = { ...BARS_DEFAULTS, intervals: INTERVALS, revise_ms: 60_000, forming_ms: 250 };

/** Steps of a market: time mostly goes on, sometimes back, sometimes far. Sizes are eighths: their sums are exact. */
const stepOf = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      what: fc.constant("trade" as const),
      symbol: fc.constantFrom(...SYMBOLS),
      provider: fc.constantFrom("venue", "venue", "venue", "other"),
      by: fc.oneof(fc.integer({ min: -700, max: 900 }), fc.integer({ min: 0, max: 40_000 })),
      price: fc.integer({ min: 1, max: 800 }),
      size: fc.integer({ min: 0, max: 80 }),
      seq: fc.integer({ min: 0, max: 3 }),
      side: fc.constantFrom("buy" as const, "sell" as const, null),
      recv: fc.constantFrom(null, 40, -3_000, -8_000),
      fill: fc.constantFrom(undefined, undefined, undefined, "gap-1"),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      what: fc.constant("heartbeat" as const),
      by: fc.integer({ min: -2_000, max: 15_000 }),
      reason: fc.constantFrom("venue" as const, "clock" as const, "silence" as const),
      provider: fc.constantFrom("venue", "other"),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      what: fc.constant("gap" as const),
      symbol: fc.constantFrom(...SYMBOLS, "*"),
      by: fc.integer({ min: -30_000, max: 1_000 }),
      length: fc.integer({ min: 0, max: 20_000 }),
      status: fc.constantFrom("open" as const, "filled" as const, "lost" as const),
      revision: fc.integer({ min: 0, max: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      what: fc.constant("route" as const),
      symbol: fc.constantFrom(...SYMBOLS),
      provider: fc.constantFrom("venue", "other"),
      by: fc.integer({ min: -2_000, max: 2_000 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      what: fc.constant("history" as const),
      symbol: fc.constantFrom(...SYMBOLS),
      minutes: fc.integer({ min: -5, max: 0 }),
      trades: fc.integer({ min: 0, max: 6 }),
    }),
  },
);

function recordsOf(steps: readonly (typeof stepOf extends fc.Arbitrary<infer T> ? T : never)[]): MarketRecord[] {
  let now_ms = T0 + 3_600_000;
  let n = 0;
  const recordOf = (step: (typeof steps)[number]): MarketRecord => {
    n++;
    if (step.what === "history") {
      const start_ms = Math.floor(now_ms / 60_000 + step.minutes) * 60_000;
      return minuteBar(start_ms, { symbol: step.symbol, trade_count: step.trades, volume: step.trades, buy_volume: 0 });
    }
    const ts_ms = now_ms + step.by;
    switch (step.what) {
      case "trade": {
        const { symbol, provider, price, size, seq, side, recv, fill } = step;
        if (fill === undefined && step.by > 0) now_ms = ts_ms;
        const extra = { ...(recv !== null && { recv_ms: ts_ms + recv }), ...(fill !== undefined && { fill }) };
        return trade({ ts_ms, symbol, provider, price, size: size / 8, seq, side, event_id: `e${n}`, ...extra });
      }
      case "heartbeat":
        now_ms = Math.max(now_ms, ts_ms);
        return heartbeat(ts_ms, step.reason, step.provider);
      case "gap":
        return gap({
          symbol: step.symbol,
          from_ms: ts_ms,
          to_ms: ts_ms + step.length,
          status: step.status,
          revision: step.revision,
        });
      case "route":
        return route(step.provider, ts_ms, n, step.symbol);
    }
  };
  return steps.map(recordOf);
}

export const market = fc.array(stepOf, { minLength: 1, maxLength: 120 }).map(recordsOf);

export function run(records: readonly MarketRecord[], restartBefore: ReadonlySet<number> = new Set()): BarsOut[] {
  const out: BarsOut[] = [];
  const emit = (o: BarsOut): void => void out.push(structuredClone(o));
  let state = bars.init(settings);
  records.forEach((record, index) => {
    if (restartBefore.has(index)) state = JSON.parse(JSON.stringify(state));
    bars.step(state, record, emit);
  });
  state = JSON.parse(JSON.stringify(state));
  endBars(state, emit);
  return out;
}
