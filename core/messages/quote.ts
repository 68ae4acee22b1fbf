import { z } from "zod";
import { Amount, EpochMs, Origin, Price, SymbolName } from "./common.ts";

export const Quote = z.object({
  ver: z.literal(1).default(1),
  kind: z.literal("quote"),
  origin: Origin.optional(),
  provider: z.string().min(1).max(64),
  symbol: SymbolName,
  ts_ms: EpochMs,
  recv_ms: EpochMs.optional(),
  seq: z.number().min(0).default(0),
  event_id: z.string().min(1).max(300),
  /** Null on a one-sided market. */
  bid: Price.nullable(),
  bid_size: Amount.nullable(),
  ask: Price.nullable(),
  ask_size: Amount.nullable(),
});
export type Quote = z.infer<typeof Quote>;
