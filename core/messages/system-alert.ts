import { z } from "zod";
import { EpochMs, Origin } from "./common.ts";

/** The watcher speaks about itself: latency, gaps, backpressure, a feed, a worker. */
export const SystemAlert = z.object({
  kind: z.literal("system_alert"),
  origin: Origin.optional(),
  id: z.string().min(1).max(300),
  /** Left out: said once. 0 when it begins, 1 when it is over. */
  revision: z.number().int().min(0).optional(),
  ts_ms: EpochMs,
  reason: z.enum(["latency", "gap", "backpressure", "feed", "worker", "log", "storage"]),
  text: z.string().max(1_000),
  state: z.enum(["open", "over"]).optional(),
  /** Which part it is about. */
  subject: z.string().max(128).optional(),
  /** Since when it has been so. */
  since_ms: EpochMs.optional(),
});
export type SystemAlert = z.infer<typeof SystemAlert>;
