import { z } from "zod";
import { Amount, EpochMs, Origin, Price, Side, SymbolName } from "./common.ts";

export const Trade = z.object({
  ver: z.literal(1).default(1),
  kind: z.literal("trade"),
  origin: Origin.optional(),
  provider: z.string().min(1).max(64),
  symbol: SymbolName,
  ts_ms: EpochMs,
  recv_ms: EpochMs.optional(),
  price: Price,
  size: Amount,
  side: Side.default(null),
  /** The venue's own id of the trade, as text. */
  trade_id: z.string().max(128).nullable().default(null),
  /** The venue's trade id if it counts up, else its sequence, else the ordinal within (ts, frame). */
  seq: z.number().min(0).default(0),
  event_id: z.string().min(1).max(300),
  /** The id of the gap this trade fills: such a trade moves no clock. */
  fill: z.string().max(300).optional(),
});
export type Trade = z.infer<typeof Trade>;

/** ISO-8601 UTC with microseconds, as ids spell a venue's time. */
export function isoMicros(ts_ms: number): string {
  const wholeMs = Math.floor(ts_ms);
  const micros = Math.round((ts_ms - wholeMs) * 1000);
  const carry = micros === 1000 ? 1 : 0;
  const iso = new Date(wholeMs + carry).toISOString();
  return `${iso.slice(0, -1)}${String(micros % 1000).padStart(3, "0")}Z`;
}

/** One trade, one id, whichever way it reached us (stream or REST). */
export function eventId(provider: string, symbol: string, ts_ms: number, seq: number | string): string {
  return `${provider}|${symbol}|${isoMicros(ts_ms)}|${seq}`;
}
