import type { Bar } from "../../core/messages/index.ts";
import type { Bus } from "../../core/ports/bus.ts";
import { TOPICS } from "../../core/topics.ts";
import { decode } from "./decode.ts";

/**
 * The final 1 m bars that `tape.bars` holds since a time, highest revision each: what a cold start folds into the long
 * bars whose trades the market log no longer has.
 */
export async function storedMinuteBars(bus: Bus, from_ms: number): Promise<Bar[]> {
  const topic = TOPICS.bars.name;
  const { start, end } = await bus.info(topic, 0);
  // A bar is written after its end, so none that begins at from_ms or later stands before that time in the log.
  const from = Math.max(start, await bus.positionAt(topic, 0, from_ms));
  if (from >= end) return [];
  const newest = new Map<string, Bar>();
  const done = new AbortController();
  for await (const batch of bus.follow(topic, 0, from, { signal: done.signal })) {
    const bars = decode<Bar>(batch.values, () => undefined);
    for (const bar of bars) {
      if (bar === null || bar.interval !== "1m" || !bar.final || bar.start_ts_ms < from_ms) continue;
      const known = newest.get(bar.bar_id);
      if (known === undefined || bar.revision > known.revision) newest.set(bar.bar_id, bar);
    }
    if (batch.next >= end) done.abort();
  }
  return [...newest.values()].sort((a, b) => a.start_ts_ms - b.start_ts_ms || (a.symbol < b.symbol ? -1 : 1));
}
