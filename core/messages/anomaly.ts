import { z } from "zod";
import { Direction } from "./alert.ts";
import { Origin, SymbolName } from "./common.ts";

/** A classic decision: a row of the table `anomalies`, with the id the topic `alerts` carries. */
export const Anomaly = z.object({
  kind: z.literal("anomaly"),
  origin: Origin.optional(),
  /** `<ISO time>:<symbol>:<window>`. */
  event_id: z.string().min(1).max(200),
  revision: z.number().int().min(0),
  /** As the source writes it: no fraction when it is 0, else six digits, `+00:00`. */
  time: z.string().min(1).max(40),
  symbol: SymbolName,
  window_name: z.string().min(1).max(16),
  direction: Direction,
  return_value: z.number(),
  threshold: z.number(),
  headline: z.string().max(1_000).nullable(),
  sentiment: z.number().nullable(),
  /** The stub's text until a model's takes its place. */
  summary: z.string().nullable(),
});
export type Anomaly = z.infer<typeof Anomaly>;

/** The payload the source systems' topic `alerts` carries. */
export function classicAlert(row: Anomaly) {
  return {
    event_id: row.event_id,
    time: row.time,
    symbol: row.symbol,
    window: row.window_name,
    direction: row.direction,
    ret: row.return_value,
    threshold: row.threshold,
    headline: row.headline,
    sentiment: row.sentiment,
    summary: row.summary,
  };
}
