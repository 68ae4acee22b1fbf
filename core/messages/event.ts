import { z } from "zod";
import { parseIso } from "../text/time.ts";
import { Amount, Price, SymbolName } from "./common.ts";
import { isoMicros, type Trade } from "./trade.ts";

/** Event v1 of the micro-batch pipeline: a tick, or a bar made elsewhere. */
export const StreamEvent = z.object({
  ver: z.literal(1).default(1),
  provider: z.string().min(1).max(64),
  symbol: SymbolName,
  kind: z.enum(["tick", "bar"]),
  interval: z.string().max(16).nullable().default(null),
  src_ts: z.iso.datetime({ offset: true }),
  ingest_ts: z.iso.datetime({ offset: true }).nullable().default(null),
  o: Price,
  h: Price,
  l: Price,
  c: Price,
  v: Amount,
  seq: z.number().min(0).default(0),
  event_id: z.string().min(1).max(300),
});
export type StreamEvent = z.infer<typeof StreamEvent>;

/** `ingest_ms`: when it is sent, which only the sender knows. The id stays the trade's own on every hop. */
export function eventOfTrade(trade: Trade, ingest_ms: number | null): StreamEvent {
  const { provider, symbol, ts_ms, price, size, seq, event_id } = trade;
  return {
    ver: 1,
    provider,
    symbol,
    kind: "tick",
    interval: null,
    src_ts: isoMicros(ts_ms),
    ingest_ts: ingest_ms === null ? null : isoMicros(ingest_ms),
    o: price,
    h: price,
    l: price,
    c: price,
    v: size,
    seq,
    event_id,
  };
}

/** A tick as a trade: its last price and its volume. A bar is no trade: null. */
export function tradeOfEvent(event: StreamEvent): Trade | null {
  if (event.kind !== "tick") return null;
  const { provider, symbol, src_ts, ingest_ts, c, v, seq, event_id } = event;
  return {
    ver: 1,
    kind: "trade",
    provider,
    symbol,
    ts_ms: parseIso(src_ts),
    ...(ingest_ts === null ? {} : { recv_ms: parseIso(ingest_ts) }),
    price: c,
    size: v,
    side: null,
    trade_id: null,
    seq,
    event_id,
  };
}
