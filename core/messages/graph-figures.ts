import { z } from "zod";

const Count = z.number().int().min(0);

/** Upper ends of the buckets of `GraphFigures`. */
export const PROCESSING_BUCKETS_MS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 5_000] as const;
export const UPDATE_BUCKETS_SEC = [0.000_001, 0.000_005, 0.000_01, 0.000_05, 0.000_1, 0.000_5, 0.001, 0.01] as const;

/** How many at most as long as each bucket, and all together. */
export const Spread = z.object({ at_most: z.array(Count).max(16), count: Count, sum: z.number().min(0) });
export type Spread = z.infer<typeof Spread>;

/** What the graph's shell measures, for /metrics alone. */
export const GraphFigures = z.object({
  /** From the log's taking a record in until the graph is through with it and its batch, in ms. */
  processing_ms: Spread,
  /** What working out a window's rolling features takes, in seconds; keys are `<symbol>|<window>`. */
  updates_sec: z.record(z.string().max(140), Spread),
});
export type GraphFigures = z.infer<typeof GraphFigures>;
