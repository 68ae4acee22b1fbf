import { z } from "zod";
import { EpochMs, Origin } from "./common.ts";
import { Evidence, PricePoint } from "./evidence.ts";

export const AlertKind = z.enum(["move", "volume", "market", "level", "rule", "feed", "test"]);
export type AlertKind = z.infer<typeof AlertKind>;

/** notice: unusual in price alone. alert: price and volume together. critical: an alert that doubled, or market-wide. */
export const Severity = z.enum(["notice", "alert", "critical"]);
export type Severity = z.infer<typeof Severity>;

export const AlertState = z.enum(["open", "escalated", "over"]);
export type AlertState = z.infer<typeof AlertState>;

export const Direction = z.enum(["up", "down"]);
export type Direction = z.infer<typeof Direction>;

/** How a move ended. */
export const Ended = z.object({
  at_ms: EpochMs,
  /** given_back: half of the move is gone. quiet: 15 minutes without another hit. members: every symbol's move is over. */
  reason: z.enum(["given_back", "quiet", "members"]),
  peak: PricePoint.nullable(),
  peak_ret: z.number().nullable(),
  /** Share of the way from start to peak that was given back at the end. */
  given_back: z.number().nullable(),
});
export type Ended = z.infer<typeof Ended>;

/** One alert per excursion; what changes later comes as higher revisions of the same id. */
export const Alert = z.object({
  kind: AlertKind,
  origin: Origin.optional(),
  /** `<symbol>:<direction>:<start ms>`; never parsed. */
  id: z.string().min(1).max(200),
  /** Even: stated by the gate. Odd: the enrichment of the statement before. */
  revision: z.number().int().min(0),
  severity: Severity,
  state: AlertState,
  /** Event time it opened; stays. */
  time: z.iso.datetime({ offset: true }),
  /** Where the move began. */
  start_ms: EpochMs,
  /** Event time of this statement. */
  updated_ms: EpochMs,
  /** "*" for the market; then `symbols` names them. */
  symbol: z.string().min(1).max(64),
  symbols: z.array(z.string().min(1).max(64)).max(2_000).optional(),
  window: z.string().min(1).max(16),
  direction: Direction.nullable(),
  ret: z.number().nullable(),
  threshold: z.number().nullable(),
  title: z.string().max(300),
  summary: z.string().max(4_000),
  /** "template", or the model that wrote it. */
  summary_source: z.string().min(1).max(100),
  /** Title of the nearest linked headline. */
  headline: z.string().max(1_000).nullable().optional(),
  sentiment: z.number().nullable().optional(),
  evidence: Evidence,
  /** Shown, not delivered: it is part of a market-wide move, or there were too many. */
  suppressed: z.enum(["market", "storm"]).optional(),
  /** From history: shown, never delivered. */
  would_have: z.literal(true).optional(),
  ended: Ended.optional(),
});
export type Alert = z.infer<typeof Alert>;

export function alertId(symbol: string, direction: Direction, start_ms: number): string {
  return `${symbol}:${direction}:${start_ms}`;
}
