import type { MarketRecord } from "../../../core/messages/index.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import type { FeedSink } from "../../../core/ports/feed.ts";
import type { StopSignal } from "../../../core/ports/signal.ts";
import { createHeartbeats } from "../heartbeats.ts";
import { type Market, ORIGIN, PROVIDER, toTrade } from "./market.ts";
import { bits, streamKey } from "./prng.ts";
import type { Report } from "./report.ts";

export interface LoadDeps {
  readonly seed: number;
  /** Trades per second over all symbols. */
  readonly rate: number;
  readonly market: Market;
  readonly clock: Clock;
  readonly heartbeatMs: number;
  readonly report: Report;
  readonly sink: FeedSink;
  readonly signal: StopSignal;
}

const EVERY_MS = 10;
/** An id is its millisecond times this, plus its place. */
const IDS_PER_MS = 1_000;
/** One batch; with eight symbols no symbol gets more than the 1,000 ids of its millisecond. */
const BATCH_MAX = 4_000;
/** What a slow sink has held up for longer is not made up for: skipped and counted. */
const DEBT_MAX_MS = 1_000;

/** Trades at a fixed rate, spread evenly over the symbols; their time is the moment they are sent. */
export async function runLoad(deps: LoadDeps): Promise<void> {
  const { seed, rate, market, clock, heartbeatMs, report, sink, signal } = deps;
  const key = streamKey(seed, "load");
  const beats = createHeartbeats(PROVIDER, ORIGIN, heartbeatMs);
  const { symbols } = market;
  let sent_ms = Math.floor(clock.now());
  let paid_ms = sent_ms;
  let sent = 0;
  /** As at a venue, ids count up by one; they begin above all that any earlier run has used, and stay below what time allows. */
  const ids = symbols.map(() => sent_ms * IDS_PER_MS);

  const trades = (ts_ms: number, count: number): MarketRecord[] => {
    const middles = symbols.map((_, index) => market.priceAt(index, ts_ms));
    const records: MarketRecord[] = [];
    for (let i = 0; i < count; i++) {
      const random = bits(key, sent++);
      const index = sent % symbols.length;
      const spec = symbols[index]!;
      const buy = (random & 1) === 1;
      const away = (spec.halfSpreadBps / 10_000) * (0.6 + (0.8 * (random >>> 16)) / 65_536);
      const raw = {
        ts_ms,
        ticks: Math.max(1, Math.round(middles[index]! * (buy ? 1 + away : 1 - away) * 10 ** spec.decimals)),
        lots: Math.max(1, Math.round(spec.meanSize * (0.5 + (random & 0xffff) / 65_536) * 10 ** spec.sizeDecimals)),
        buy,
        latency_ms: 0,
      };
      records.push(toTrade(spec, raw, ids[index]!++ - ts_ms * IDS_PER_MS, ts_ms));
    }
    return records;
  };

  while (!signal.aborted) {
    await clock.sleep(EVERY_MS, signal);
    const now_ms = Math.floor(clock.now());
    // A millisecond once used is never used again: ids count up with time.
    if (now_ms <= sent_ms) continue;
    if (now_ms - paid_ms > DEBT_MAX_MS) {
      const skipped_ms = now_ms - paid_ms - DEBT_MAX_MS;
      report.count("skipped", Math.floor((skipped_ms * rate) / 1_000));
      paid_ms += skipped_ms;
    }
    const count = Math.min(BATCH_MAX, Math.floor(((now_ms - paid_ms) * rate) / 1_000));
    paid_ms += (count * 1_000) / rate;
    const records = trades(now_ms, count);
    sent_ms = now_ms;
    report.count("trades", count);
    report.latency.add(now_ms, 0);
    report.newest_ts_ms = now_ms;
    const beat = beats.take(now_ms, now_ms, now_ms);
    if (beat !== null) {
      records.push(beat);
      report.count("heartbeats");
    }
    report.say(now_ms, "live", `${rate} trades/s asked for`);
    if (records.length > 0) await sink.emit(records);
  }
}
