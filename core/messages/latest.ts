import { z } from "zod";
import { EpochMs, Origin, SymbolName } from "./common.ts";
import { Quote } from "./quote.ts";
import { Trade } from "./trade.ts";

/** A symbol's newest trade and quote, of the venue its series comes from. Null = none has come. */
export const Latest = z.object({
  kind: z.literal("latest"),
  origin: Origin.optional(),
  provider: z.string().min(1).max(64),
  symbol: SymbolName,
  /** Of the newer of the two. */
  ts_ms: EpochMs,
  trade: Trade.nullable(),
  quote: Quote.nullable(),
});
export type Latest = z.infer<typeof Latest>;
