import { z } from "zod";
import { EpochMs, Price } from "../../core/messages/common.ts";

const Words = z.string().max(4_000);

/** The headline an alert was raised beside; never its cause. */
const AlertHeadline = z.union([
  Words,
  z.object({
    title: Words,
    source: z.string().max(200).optional(),
    url: z.string().max(2_000).optional(),
    time: z.string().max(64).optional(),
    sentiment: z.number().nullable().optional(),
  }),
]);

/** The parts of the evidence the page can draw; whatever else is there is listed as it is. */
export const Evidence = z
  .object({
    /** [event time, price], ascending: the window that was judged. */
    prices: z
      .array(z.tuple([EpochMs, Price]))
      .max(5_000)
      .optional()
      .catch(undefined),
    /** Prices whose crossing fires. */
    thresholds: z.array(Price).max(16).optional().catch(undefined),
    /** The trades beyond the limit. */
    trades: z
      .array(z.object({ ts_ms: EpochMs, price: Price, size: z.number().optional() }))
      .max(500)
      .optional()
      .catch(undefined),
  })
  .loose();
export type Evidence = z.infer<typeof Evidence>;

/** An alert as the page reads it: strict in what it relies on, tolerant of more. */
export const AlertRecord = z.object({
  id: z.string().min(1).max(300),
  revision: z.number().int().min(0),
  kind: z.string().max(32),
  severity: z.enum(["notice", "alert", "critical"]),
  state: z.enum(["open", "escalated", "over"]),
  time: z.union([z.string().max(64), EpochMs]),
  start_ms: EpochMs,
  updated_ms: EpochMs,
  /** "*" for the whole market, with `symbols`. */
  symbol: z.string().min(1).max(64),
  symbols: z.array(z.string().max(64)).max(1_000).optional(),
  window: z.string().max(16).nullable(),
  direction: z.enum(["up", "down"]).nullable(),
  ret: z.number().nullable(),
  threshold: z.number().nullable(),
  title: Words,
  summary: Words.nullable(),
  summary_source: z.string().max(200).nullable(),
  headline: AlertHeadline.nullable().optional(),
  sentiment: z.number().nullable().optional(),
  evidence: Evidence.nullable().optional(),
  suppressed: z.string().max(200).nullable().optional(),
  would_have: z.boolean().optional(),
  ended: z.unknown().optional(),
});
export type AlertRecord = z.infer<typeof AlertRecord>;
