import type { MarketRecord } from "../../../../core/messages/index.ts";
import type { PartStatus } from "../../../../core/messages/status.ts";
import type { Trade } from "../../../../core/messages/trade.ts";
import type { Clock } from "../../../../core/ports/clock.ts";
import { createSyntheticFeed, type SyntheticFeed, type SyntheticOptions } from "../feed.ts";
import { createMarket } from "../market.ts";
import type { Resume } from "../resume.ts";
import { SYMBOLS } from "../symbols.ts";

/** 2026-11-10 13:20:00 UTC, a whole minute. */
export const T0 = Date.UTC(2026, 10, 10, 13, 20);

export interface Emitted {
  readonly at_ms: number;
  readonly record: MarketRecord;
}

export interface Outcome {
  readonly emitted: readonly Emitted[];
  readonly records: readonly MarketRecord[];
  readonly statuses: readonly PartStatus[];
}

export interface RunPlan extends Partial<Omit<SyntheticOptions, "clock">> {
  readonly start_ms: number;
  readonly until_ms: number;
  /** When the acts start (t0 is that moment). */
  readonly acts_at_ms?: number;
  /** The clock stands still for nobody: how long `emit` takes at a moment. */
  readonly emitTakes?: (at_ms: number, records: readonly MarketRecord[]) => number;
  readonly onSleep?: (now_ms: number, jump: (to_ms: number) => void, feed: SyntheticFeed) => void;
}

/** Runs the feed on a clock that jumps from one sleep to the next, so that an hour takes a moment and every run is the same. */
export async function runFeed(plan: RunPlan): Promise<Outcome> {
  const { start_ms, until_ms, acts_at_ms, emitTakes, onSleep, ...options } = plan;
  const stop = new AbortController();
  let now_ms = start_ms;
  const emitted: Emitted[] = [];
  const statuses: PartStatus[] = [];
  const jump = (to_ms: number): void => {
    now_ms = to_ms;
  };
  const clock: Clock = {
    now: () => now_ms,
    async sleep(ms) {
      now_ms += ms;
      onSleep?.(now_ms, jump, feed);
      if (acts_at_ms !== undefined && now_ms >= acts_at_ms) feed.startActs(acts_at_ms);
      if (now_ms >= until_ms) stop.abort();
    },
  };
  const feed = createSyntheticFeed({
    seed: 7,
    scenario: "quiet",
    rate: 10_000,
    resume: null,
    heartbeatMs: 100,
    ...options,
    clock,
  });
  await feed.run(
    {
      async emit(records) {
        for (const record of records) emitted.push({ at_ms: now_ms, record });
        now_ms += emitTakes?.(now_ms, records) ?? 0;
        if (now_ms >= until_ms) stop.abort();
      },
      status: (status) => void statuses.push(status),
      reject(reason, detail) {
        throw new Error(`the synthetic feed rejected its own record: ${reason} ${detail}`);
      },
    },
    stop.signal,
  );
  return { emitted, records: emitted.map((e) => e.record), statuses };
}

export const isTrade = (record: MarketRecord): record is Trade => record.kind === "trade";
export const tradesOf = (records: readonly MarketRecord[], symbol?: string): Trade[] =>
  records.filter(isTrade).filter((t) => symbol === undefined || t.symbol === symbol);

/** A log that reaches up to a moment of the calm market: such a run has little history to make. */
export function recorded(ts_ms: number, seed = 7): Resume {
  const market = createMarket(seed);
  const point = (index: number) => ({ newest_ts_ms: ts_ms, price: market.priceAt(index, ts_ms) });
  return { symbols: Object.fromEntries(SYMBOLS.map(({ symbol }, i) => [symbol, point(i)])), open_gaps: [] };
}
