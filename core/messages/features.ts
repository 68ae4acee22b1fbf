import { z } from "zod";
import { EpochMs, Origin, SymbolName } from "./common.ts";

const Value = z.number().nullable();

/** A symbol's last trades and quotes in eleven numbers. Null = not defined. */
export const Features = z.object({
  kind: z.literal("features"),
  origin: Origin.optional(),
  /** Of the newest event. */
  provider: z.string().min(1).max(64),
  symbol: SymbolName,
  ts_ms: EpochMs,
  mid: Value,
  spread_abs: Value,
  spread_bps: Value,
  trade_vwap_10s: Value,
  trade_vwap_60s: Value,
  trade_count_10s: z.number().int().min(0),
  trade_volume_10s: z.number().min(0),
  return_10s: Value,
  realized_vol_60s: Value,
  latency_ms_p50: Value,
  latency_ms_p95: Value,
});
export type Features = z.infer<typeof Features>;
