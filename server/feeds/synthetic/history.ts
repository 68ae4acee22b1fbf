import type { Bar } from "../../../core/messages/bar.ts";
import { type Market, MINUTE_MS } from "./market.ts";
import { minuteOf } from "./resume.ts";

export interface Minute {
  readonly end_ms: number;
  readonly bars: readonly Bar[];
}

/**
 * The minutes each symbol lacks before `until_ms` (a whole minute), oldest first. A minute recorded in part comes again as a
 * whole: the bars stage keeps whichever has more trades.
 */
export function* missingMinutes(market: Market, from_ms: readonly number[], until_ms: number): Generator<Minute> {
  for (let start_ms = minuteOf(Math.min(...from_ms)); start_ms < until_ms; start_ms += MINUTE_MS) {
    const end_ms = start_ms + MINUTE_MS;
    const bars: Bar[] = [];
    for (let index = 0; index < market.symbols.length; index++) {
      const bar = end_ms > from_ms[index]! ? market.minuteBar(index, start_ms) : null;
      if (bar !== null) bars.push(bar);
    }
    yield { end_ms, bars };
  }
}
