import { z } from "zod";
import { EpochMs, Origin } from "./common.ts";

/** Something was missed: on a venue's stream, or on the bus itself (stream `bus:<topic>`). */
export const Gap = z.object({
  kind: z.literal("gap"),
  origin: Origin.optional(),
  id: z.string().min(1).max(300),
  revision: z.number().int().min(0),
  provider: z.string().min(1).max(64),
  /** "*" when every symbol of the stream is concerned. */
  symbol: z.string().min(1).max(64),
  stream: z.string().min(1).max(128),
  from_seq: z.number().nullable(),
  to_seq: z.number().nullable(),
  from_ms: EpochMs,
  to_ms: EpochMs,
  status: z.enum(["open", "filled", "lost"]),
});
export type Gap = z.infer<typeof Gap>;

export function gapId(provider: string, symbol: string, stream: string, from: number | string): string {
  return `${provider}|${symbol}|${stream}|${from}`;
}
