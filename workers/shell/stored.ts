import type { Bar, Gap } from "../../core/messages/index.ts";
import type { Bus, PartitionInfo } from "../../core/ports/bus.ts";
import { isUsable } from "../../core/stages/bars/trades.ts";
import { TOPICS } from "../../core/topics.ts";
import { decode } from "./decode.ts";
import { marketRecord } from "./market-record.ts";

/** What was said before, highest revision each: the bars of a cold start, and the gaps that are not filled. */
export interface Stored {
  readonly bars: readonly Bar[];
  readonly gaps: readonly Gap[];
}

/** The longest bar that can be open began at the last UTC midnight; the hour before it may still be revised. */
const DAY_MS = 86_400_000;
const BEFORE_MS = 3_600_000;
/** With twelve hours of minutes what is normal is known. */
const LEARN_MS = 13 * 3_600_000;
const GAPS_READ = 10_000;

export async function readStored(bus: Bus, now_ms: number): Promise<Stored> {
  const from_ms = Math.min(Math.floor(now_ms / DAY_MS) * DAY_MS - BEFORE_MS, now_ms - LEARN_MS);
  const bars = new Map<string, Bar>();
  // A bar is written after its end, so none that begins at from_ms or later stands before that time in the log.
  await readFrom<Bar>(bus, TOPICS.bars.name, await bus.positionAt(TOPICS.bars.name, 0, from_ms), (bar) => {
    const known = bars.get(bar.bar_id);
    const wanted =
      bar.final && bar.start_ts_ms >= from_ms - DAY_MS && (known === undefined || bar.revision > known.revision);
    if (wanted) bars.set(bar.bar_id, bar);
    return false;
  });
  const gaps = new Map<string, Gap>();
  const { start, end } = await bus.info(TOPICS.gaps.name, 0);
  await readFrom<Gap>(bus, TOPICS.gaps.name, Math.max(start, end - GAPS_READ), (gap) => {
    const known = gaps.get(gap.id);
    if (known === undefined || gap.revision >= known.revision) gaps.set(gap.id, gap);
    return false;
  });
  return { bars: [...bars.values()], gaps: [...gaps.values()].filter((gap) => gap.status !== "filled") };
}

/**
 * Event time from which a partition of the market log holds everything. A heartbeat vouches that what happened up to its
 * time stands before it; so behind the first one that is left, nothing is missing. 0: the log holds all there ever was.
 */
export async function wholeFrom(bus: Bus, partition: number, info: PartitionInfo, stored: Stored): Promise<number> {
  let first_ms = Number.POSITIVE_INFINITY;
  let vouched_ms: number | null = null;
  await readFrom<unknown>(
    bus,
    TOPICS.market.name,
    info.start,
    (value) => {
      const record = marketRecord(value);
      // What the graph will refuse says nothing about time either.
      if (typeof record === "string" || (record.kind === "trade" && !isUsable(record))) return false;
      const ts_ms = "ts_ms" in record ? record.ts_ms : "start_ts_ms" in record ? record.start_ts_ms : null;
      if (ts_ms !== null) first_ms = Math.min(first_ms, ts_ms);
      if (record.kind === "heartbeat" && record.reason !== "silence") vouched_ms ??= record.ts_ms;
      return vouched_ms !== null;
    },
    partition,
  );
  const older = stored.bars.some((bar) => bar.end_ts_ms <= first_ms);
  if (info.start === 0 && !older) return 0;
  return vouched_ms ?? (first_ms === Number.POSITIVE_INFINITY ? 0 : first_ms);
}

/** Reads from a position to what is the end now; `each` may say that it has seen enough. */
async function readFrom<T>(
  bus: Bus,
  topic: string,
  from: number,
  each: (record: T) => boolean,
  partition = 0,
): Promise<void> {
  const { start, end } = await bus.info(topic, partition);
  const first = Math.max(start, from);
  if (first >= end) return;
  const done = new AbortController();
  for await (const batch of bus.follow(topic, partition, first, { signal: done.signal })) {
    for (const record of decode<T>(batch.values, () => undefined)) {
      if (record !== null && each(record)) done.abort();
      if (done.signal.aborted) break;
    }
    if (batch.next >= end) done.abort();
  }
}
