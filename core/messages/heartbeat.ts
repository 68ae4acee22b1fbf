import { z } from "zod";
import { EpochMs, Origin } from "./common.ts";

/**
 * The connection's owner vouches that every trade up to `ts_ms` has been sent before this record.
 * `venue` and `clock` move time; `silence` moves nothing.
 */
export const Heartbeat = z.object({
  kind: z.literal("heartbeat"),
  origin: Origin.optional(),
  provider: z.string().min(1).max(64),
  ts_ms: EpochMs,
  reason: z.enum(["venue", "clock", "silence"]),
});
export type Heartbeat = z.infer<typeof Heartbeat>;
