import { z } from "zod";
import { boundSeconds, plainId } from "./bins.ts";

/** A bar as it may be written: numbers that make no sense are differences to be shown, not lines to be left out. */
export const Stated = z.object({
  kind: z.literal("bar").optional(),
  interval: z.string().optional(),
  revision: z.number().optional(),
  final: z.boolean().optional(),
  bar_id: z.string().min(1).max(200),
  symbol: z.string(),
  start_ts_ms: z.number(),
  end_ts_ms: z.number(),
  open: z.number(),
  high: z.number(),
  low: z.number(),
  close: z.number(),
  volume: z.number(),
  notional: z.number(),
  vwap: z.number(),
  bin_count: z.number(),
  max_late_ms: z.number().optional(),
  max_lateness_ms: z.number().optional(),
  ingest_ts_ms: z.number().optional(),
});
export type Stated = z.infer<typeof Stated>;

interface Known {
  bar: Stated;
  /** Of its first final statement; corrections come late by their nature. */
  latency_ms: number | null;
}

/** The best statement of each bar: final before forming, then the highest revision, then the last one written. */
export class Bars {
  readonly of = new Map<string, Known>();
  otherIntervals = 0;
  again = 0;

  add(bar: Stated): void {
    if (bar.interval !== undefined && bar.interval !== "1s") {
      this.otherIntervals++;
      return;
    }
    const id = plainId(bar.bar_id);
    const known = this.of.get(id);
    const latency_ms = bar.ingest_ts_ms === undefined || bar.final === false ? null : bar.ingest_ts_ms - bar.end_ts_ms;
    if (known === undefined) {
      boundSeconds(this.of.size, "the file of bars");
      this.of.set(id, { bar, latency_ms });
      return;
    }
    this.again++;
    known.latency_ms ??= latency_ms;
    if (rank(bar) >= rank(known.bar)) known.bar = bar;
  }

  latencies(): Float64Array {
    const all = [...this.of.values()].flatMap(({ latency_ms }) => (latency_ms === null ? [] : [latency_ms]));
    return Float64Array.from(all).sort();
  }
}

const rank = ({ final, revision }: Stated): number => (final === false ? -1 : (revision ?? 0));
