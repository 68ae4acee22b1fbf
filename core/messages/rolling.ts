import { z } from "zod";
import { EpochMs, Origin, Price, SymbolName } from "./common.ts";

/** What is known of each window; a record names them `<window>_<feature>`. */
export const ROLLING_FEATURES = [
  "n",
  "vwap",
  "return",
  "vol",
  "skew",
  "exkurt",
  "momentum",
  "rsi_cutler14",
  "rsi_wilder14",
] as const;
export type RollingFeature = (typeof ROLLING_FEATURES)[number];

/** A symbol's trades over each window of `features.windows`, as of `ts_ms`. Null = not defined. */
export const Rolling = z
  .object({
    kind: z.literal("rolling"),
    origin: Origin.optional(),
    /** Of the newest trade. */
    provider: z.string().min(1).max(64),
    symbol: SymbolName,
    ts_ms: EpochMs,
    price: Price,
  })
  .catchall(z.union([z.number(), z.string(), z.null()]));
export type Rolling = z.infer<typeof Rolling>;
