import { z } from "zod";
import { EpochMs, Origin, SymbolName } from "./common.ts";

/** From `from_ms` on, `provider` alone feeds the symbol's series. */
export const Route = z.object({
  kind: z.literal("route"),
  origin: Origin.optional(),
  symbol: SymbolName,
  provider: z.string().min(1).max(64),
  epoch: z.number().int().min(0),
  from_ms: EpochMs,
  reason: z.string().max(500),
});
export type Route = z.infer<typeof Route>;
