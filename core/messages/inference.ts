import { z } from "zod";

const Count = z.number().int().min(0);

/** Upper ends of the buckets in which evaluation times are counted. */
export const EVALUATION_BUCKETS_SEC = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1, 5,
] as const;

/** What judges rows says of itself. Adapters are `model`, and `rules` while they stand in for it. */
export const InferenceFigures = z.object({
  /** Rows that brought no answer, by reason. */
  errors: z.record(z.string().max(40), Count),
  /** How long rows took, by adapter: how many at most as long as each bucket, and all together. */
  durations: z.record(
    z.string().max(20),
    z.object({
      at_most: z.array(Count).length(EVALUATION_BUCKETS_SEC.length),
      count: Count,
      sum_sec: z.number().min(0),
    }),
  ),
});
export type InferenceFigures = z.infer<typeof InferenceFigures>;
