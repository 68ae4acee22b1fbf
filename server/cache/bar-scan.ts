import type { Bus, Position } from "../../core/ports/bus.ts";
import { TOPICS } from "../../core/topics.ts";
import type { HeldBar } from "./held-bar.ts";
import { asBar, ownText, readRecord } from "./read-record.ts";

const BATCH_RECORDS = 2_000;

/** Hands over the final bars of one series that `tape.bars` holds in [from, end); false when the signal came first. */
export async function scanBars(
  bus: Bus,
  series: { readonly symbol: string; readonly interval: string },
  [from, end]: readonly [Position, Position],
  signal: AbortSignal,
  take: (bar: HeldBar) => void,
): Promise<boolean> {
  if (from >= end) return true;
  // Our own writer spells its records without spaces; looking for the text first spares parsing nearly all of them.
  const symbol = `"symbol":${JSON.stringify(series.symbol)}`;
  const interval = `"interval":${JSON.stringify(series.interval)}`;
  for await (const batch of bus.follow(TOPICS.bars.name, 0, from, { signal, maxRecords: BATCH_RECORDS })) {
    for (const [i, text] of batch.values.entries()) {
      if (!text.includes(symbol) || !text.includes(interval)) continue;
      const record = readRecord(text);
      const bar = record === null ? null : asBar(record);
      if (bar === null || bar.symbol !== series.symbol || bar.interval !== series.interval || !bar.final) continue;
      take({
        start_ts_ms: bar.start_ts_ms,
        end_ts_ms: bar.end_ts_ms,
        revision: bar.revision,
        trade_count: bar.trade_count,
        position: batch.first + i,
        text: ownText(text),
      });
    }
    if (batch.next >= end) return true;
    await new Promise<void>((resolve) => setImmediate(resolve));
    if (signal.aborted) return false;
  }
  return false;
}
