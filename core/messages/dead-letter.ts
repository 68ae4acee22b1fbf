import { z } from "zod";
import { EpochMs, Origin } from "./common.ts";

/** A record that could not be used: why, and the record itself, so that nothing vanishes. */
export const DeadLetter = z.object({
  kind: z.literal("dead_letter"),
  origin: Origin.optional(),
  /** Same input, same id: a replay adds no second row. */
  id: z.string().min(1).max(400),
  /** Which stage or edge refused it. */
  where: z.string().max(64),
  reason: z.string().max(64),
  detail: z.string().max(500),
  symbol: z.string().max(64).nullable(),
  ts_ms: EpochMs.nullable(),
  raw: z.string().max(16_384),
});
export type DeadLetter = z.infer<typeof DeadLetter>;
