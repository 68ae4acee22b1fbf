import {
  eventId,
  isoMicros,
  type Origin,
  type PriceRecord,
  type Quote,
  type Trade,
} from "../../../core/messages/index.ts";
import type { ParseContext } from "../venue.ts";

/** What every record of a symbol says. */
export interface Market {
  readonly provider: string;
  readonly origin: Origin;
  readonly symbol: string;
}

export const marketOf = ({ provider, origin }: ParseContext, symbol: string): Market => ({
  provider,
  origin: origin ?? "live",
  symbol,
});

/** A trade as stream and REST both tell it. `isBuyerMaker`: the taker sold. */
export function tradeOf(
  market: Market,
  ts_ms: number,
  recv_ms: number | null,
  id: number,
  price: number,
  size: number,
  isBuyerMaker: boolean,
): Trade {
  const trade_id = String(id);
  const event_id = eventId(market.provider, market.symbol, ts_ms, trade_id);
  const trade = tradeRecord(market, ts_ms, recv_ms ?? ts_ms, id, price, size, isBuyerMaker, trade_id, event_id);
  if (recv_ms === null) delete trade.recv_ms;
  return trade;
}

export function tradeRecord(
  { provider, origin, symbol }: Market,
  ts_ms: number,
  recv_ms: number,
  seq: number,
  price: number,
  size: number,
  isBuyerMaker: boolean,
  trade_id: string,
  event_id: string,
): Trade {
  return {
    ver: 1,
    kind: "trade",
    origin,
    provider,
    symbol,
    ts_ms,
    recv_ms,
    price,
    size,
    side: isBuyerMaker ? "sell" : "buy",
    trade_id,
    seq,
    event_id,
  };
}

/** Price 0 is a side that is empty. */
export function quoteRecord(
  { provider, origin, symbol }: Market,
  ts_ms: number,
  recv_ms: number,
  seq: number,
  bid: number,
  bid_size: number,
  ask: number,
  ask_size: number,
  event_id: string,
): Quote {
  return {
    ver: 1,
    kind: "quote",
    origin,
    provider,
    symbol,
    ts_ms,
    recv_ms,
    seq,
    event_id,
    bid: bid > 0 ? bid : null,
    bid_size: bid > 0 ? bid_size : null,
    ask: ask > 0 ? ask : null,
    ask_size: ask > 0 ? ask_size : null,
  };
}

export function priceRecord({ origin, symbol }: Market, ts_ms: number, price: number): PriceRecord {
  return { kind: "price", origin, symbol, price, time: isoMicros(ts_ms) };
}
