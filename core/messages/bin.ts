import { z } from "zod";
import { Amount, EpochMs, Origin, Price, SymbolName } from "./common.ts";

/** The trades of a symbol within a few milliseconds: what a replay producer sends, and bars can be made of. */
export const Bin = z.object({
  kind: z.literal("bin"),
  origin: Origin.optional(),
  bin_id: z.string().min(1).max(120),
  symbol: SymbolName,
  provider: z.string().min(1).max(64).optional(),
  start_ts_ms: EpochMs,
  end_ts_ms: EpochMs,
  open: Price,
  high: Price,
  low: Price,
  close: Price,
  volume: Amount,
  notional: z.number().min(0),
  trade_count: z.number().int().min(0),
  buy_volume: Amount.optional(),
  max_late_ms: z.number().min(0).default(0),
  last_ts_ms: EpochMs.optional(),
  /** Every bin that ends 500 ms before this has been sent. Missing on bins made elsewhere: their reader waits for itself. */
  watermark_ms: EpochMs.optional(),
});
export type Bin = z.infer<typeof Bin>;

export const binId = (symbol: string, start_ts_ms: number): string => `${symbol}-${start_ts_ms}`;
