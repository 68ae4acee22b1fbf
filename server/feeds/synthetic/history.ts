import type { Bar } from "../../../core/messages/bar.ts";
import { type Market, MINUTE_MS } from "./market.ts";
import { minuteOf } from "./resume.ts";

const BARS_AT_ONCE = 256;

/**
 * The minutes each symbol lacks before `until_ms` (a whole minute), oldest first, in batches. A minute recorded in part
 * comes again as a whole: the bars stage keeps whichever has more trades.
 */
export function* missingMinutes(market: Market, from_ms: readonly number[], until_ms: number): Generator<Bar[]> {
  let batch: Bar[] = [];
  for (let start_ms = minuteOf(Math.min(...from_ms)); start_ms < until_ms; start_ms += MINUTE_MS) {
    for (let index = 0; index < market.symbols.length; index++) {
      if (start_ms + MINUTE_MS <= from_ms[index]!) continue;
      const bar = market.minuteBar(index, start_ms);
      if (bar !== null) batch.push(bar);
    }
    if (batch.length >= BARS_AT_ONCE) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}
