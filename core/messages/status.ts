import { z } from "zod";
import { EpochMs, Origin } from "./common.ts";

/**
 * What one part of the system says about itself, about once a second. Latest wins per `part`.
 * `feed` parts carry the link; every part may carry counters for /metrics and /api/status.
 */
export const Status = z.object({
  kind: z.literal("status"),
  origin: Origin.optional(),
  /** "feed:<provider>", "aggregate", "bus", "persist" … */
  part: z.string().min(1).max(64),
  ts_ms: EpochMs,
  state: z.enum(["starting", "live", "stale", "offline", "catching_up", "failed"]),
  /** In the reader's words. */
  text: z.string().max(500),
  /** Exchange time → receive time of recent trades. */
  latency_ms_p50: z.number().nullable().optional(),
  latency_ms_p95: z.number().nullable().optional(),
  /** Records written to the log and not read yet by the graph. */
  lag: z.number().min(0).optional(),
  /** Event time of the newest record seen. */
  newest_ts_ms: EpochMs.nullable().optional(),
  counters: z.record(z.string(), z.number()).optional(),
});
export type Status = z.infer<typeof Status>;
