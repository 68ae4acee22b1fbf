import { z } from "zod";
import { EpochMs, Origin, SymbolName } from "./common.ts";

/**
 * The price window's numbers at one price. Per window label of WINDOW_LABELS (1m, 5m, 15m): return_, vol_, return_z_,
 * return_z_ewma_, vol_z_, vol_spike_, p05_return_, p95_return_, coverage_. Null = not defined.
 */
export const Metrics = z
  .object({
    kind: z.literal("metrics"),
    origin: Origin.optional(),
    symbol: SymbolName,
    time: z.iso.datetime({ offset: true }),
    attention: z.number().nullable(),
    /** Only where one row per input price is asked for; the other two carry nulls and changed nothing. */
    action: z.enum(["processed", "late", "duplicate"]).optional(),
  })
  .catchall(z.union([z.number(), z.boolean(), z.string(), z.null()]));
export type Metrics = z.infer<typeof Metrics>;

/** The symbols nearest to their limit, and the day's counts, so that a quiet day is known to be quiet. Latest wins per `part`. */
export const Nearest = z.object({
  kind: z.literal("nearest"),
  origin: Origin.optional(),
  /** Which share of the market speaks: the partition's number as text. */
  part: z.string().min(1).max(64),
  ts_ms: EpochMs,
  /** Nearest first, at most 5. `ret` now, `limit` it would take, `share` = |ret| / limit. */
  items: z
    .array(
      z.object({
        symbol: SymbolName,
        window: z.string().max(16),
        ret: z.number(),
        limit: z.number(),
        share: z.number(),
      }),
    )
    .max(5),
  /** UTC day (YYYY-MM-DD) the counters below belong to. */
  day: z.string().length(10),
  trades: z.number().int().min(0),
  /** Moves whose price alone went beyond a limit and were judged. */
  moves_weighed: z.number().int().min(0),
  bad_prints: z.number().int().min(0),
  /** Excursions opened. */
  alerts: z.number().int().min(0),
});
export type Nearest = z.infer<typeof Nearest>;
