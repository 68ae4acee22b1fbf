import { z } from "zod";
import { Amount, EpochMs, Price, Side } from "./common.ts";

const Ratio = z.number().min(0).max(1);
const Count = z.number().int().min(0);

/** One end of a move. */
export const PricePoint = z.object({ price: Price, ts_ms: EpochMs });
export type PricePoint = z.infer<typeof PricePoint>;

/** A trade that stood beyond the limit when the alert fired. */
export const CrossingTrade = z.object({
  ts_ms: EpochMs,
  price: Price,
  size: Amount,
  side: Side,
  trade_id: z.string().max(128).nullable(),
});
export type CrossingTrade = z.infer<typeof CrossingTrade>;

/** How much was traded on the side of the move, against what is normal there. */
export const VolumeEvidence = z.object({
  /** Length of the stretch that was summed, seconds. */
  window_s: z.number().positive(),
  /** Taker volume of the move's side in it. */
  side_volume: Amount,
  /** Its running mean over stretches of the same length; null while there is no history. */
  mean: Amount.nullable(),
  /** side_volume / mean. */
  factor: z.number().min(0).nullable(),
});
export type VolumeEvidence = z.infer<typeof VolumeEvidence>;

/** A headline near the alert: beside the move, never its reason. */
export const HeadlineEvidence = z.object({
  id: z.string().max(200),
  title: z.string().max(1_000),
  source: z.string().max(200),
  url: z.string().max(2_000).nullable(),
  time: z.string().max(40),
  /** Age when the alert opened; negative where it is dated later. */
  age_s: z.number(),
  sentiment: z.number().nullable(),
  label: z.string().max(16).nullable(),
});
export type HeadlineEvidence = z.infer<typeof HeadlineEvidence>;

/** A symbol of a market-wide move. */
export const MarketMember = z.object({
  /** The id of its own alert. */
  id: z.string().max(200),
  symbol: z.string().max(64),
  ret: z.number(),
  time_ms: EpochMs,
});
export type MarketMember = z.infer<typeof MarketMember>;

/** What an alert rests on: every number its text states is in here. Null means not known, never zero. */
export const Evidence = z.object({
  /** Which rule fired first: "fixed", "confirmed", "relative", "market", or the reader's own rule. */
  rule: z.string().min(1).max(64),
  /** All rules that have fired in this excursion. */
  rules: z.array(z.string().max(64)).max(16),
  provider: z.string().max(64).nullable(),
  from: PricePoint.nullable(),
  to: PricePoint.nullable(),
  /** The farthest price so far. */
  peak: PricePoint.nullable(),
  /** The window of the rule that fired, milliseconds. */
  window_ms: z.number().positive(),
  /** The return the rule asks for. */
  limit: z.number().nullable(),
  /** "largest 1m move in 7 days", where a rule measures rarity. */
  rarity: z.string().max(200).nullable(),
  /** Robust z of the return, where a baseline knows one. */
  z: z.number().nullable(),
  /** Trades beyond the limit, oldest first; the newest 8 of them. */
  crossing: z.array(CrossingTrade).max(8),
  /** Trades, orders and share of the move's side among them in the last 10 s. Fills of one order count as one. */
  trades_10s: Count,
  orders_10s: Count,
  side_share: Ratio.nullable(),
  volume: VolumeEvidence.nullable(),
  /** Spread of the last quote, basis points; null where no fresh quote is known. */
  spread_bps: z.number().nullable(),
  /** What the benchmark did in the same window. */
  benchmark: z.object({ symbol: z.string().max(64), window: z.string().max(8), ret: z.number() }).nullable(),
  /** Headlines linked to the symbol, newest first; null when headlines have not been looked at yet. */
  headlines: z.array(HeadlineEvidence).max(5).nullable(),
  /** "learning" while there are under 12 h of history: the normal range is not known yet. */
  baseline: z.enum(["known", "learning"]),
  /** What the normal range was learnt from: the venue's 1 m candles, trades seen here, or both. */
  baseline_source: z.enum(["candles", "trades", "both"]).nullable().optional(),
  /** "1m": seen in 1-minute candles only, so the moment within the minute and the trades are not known; else trade by trade. */
  resolution: z.enum(["trades", "1m"]).optional(),
  data: z.object({
    /** False when something known is missing in the window. */
    complete: z.boolean(),
    /** Exchange time → receive time of the trade that fired. */
    latency_ms: z.number().nullable(),
    /** What is missing, in words. */
    missing: z.string().max(300).nullable(),
  }),
  /** Prints of this symbol that the next trades refuted, in the current UTC day. */
  bad_prints: Count,
  /** Only for market-wide moves. */
  members: z.array(MarketMember).max(2_000).optional(),
});
export type Evidence = z.infer<typeof Evidence>;
