import { intervalMs, READ_INTERVALS, type ReadInterval } from "../../core/messages/index.ts";
import type { Position } from "../../core/ports/bus.ts";

/** As our writer spells it; looked for in the text because most records need no more than that. */
const MARKS = READ_INTERVALS.map((interval) => [interval, `"interval":"${interval}"`] as const);

/**
 * Passes over what could not stay anyway while a long log is read: of short intervals only the end of the log is worth
 * parsing. Twice the length of a full series is taken in, so that a market with pauses still fills it.
 */
export class SeedFilter {
  private readonly from_ms = new Map<ReadInterval, number>();
  /** Position after the last record passed over, by interval. */
  readonly passed = new Map<ReadInterval, Position>();

  constructor(end_ms: number, barsPerSeries: number) {
    for (const interval of READ_INTERVALS)
      this.from_ms.set(interval, end_ms - 2 * barsPerSeries * (intervalMs(interval) ?? 0));
  }

  passes(position: Position, text: string, time_ms: number): boolean {
    for (const [interval, mark] of MARKS) {
      // Intervals are in order of length: what is old enough for one is old enough for those before it.
      if (time_ms >= this.from_ms.get(interval)!) return false;
      if (!text.includes(mark)) continue;
      this.passed.set(interval, position + 1);
      return true;
    }
    return false;
  }
}
