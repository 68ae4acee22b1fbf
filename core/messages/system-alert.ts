import { z } from "zod";
import { EpochMs, Origin } from "./common.ts";

/** The watcher speaks about itself: latency, gaps, backpressure, a feed, a worker. */
export const SystemAlert = z.object({
  kind: z.literal("system_alert"),
  origin: Origin.optional(),
  id: z.string().min(1).max(300),
  ts_ms: EpochMs,
  reason: z.enum(["latency", "gap", "backpressure", "feed", "worker", "log", "storage"]),
  text: z.string().max(1_000),
});
export type SystemAlert = z.infer<typeof SystemAlert>;
