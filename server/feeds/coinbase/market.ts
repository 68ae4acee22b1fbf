import { isAmount, isPrice } from "../../../core/messages/common.ts";
import type { Side, Trade } from "../../../core/messages/index.ts";
import { decimalText, type Fields, shown, wholeNumber } from "../decode/fields.ts";
import { isoTime } from "../decode/iso-time.ts";
import { priceOf, quoteOf, tradeOf } from "../decode/records.ts";
import { ourSymbol, rejected, type Source } from "../decode/source.ts";
import type { ParseContext } from "../venue.ts";

/**
 * The venue says the side of the order that was waiting, in all its feeds: "sell" means that someone bought from it.
 * Ours is the side of the one who came. Undefined: it is neither.
 */
export function takerSide(maker: unknown): Side | undefined {
  if (maker === "sell" || maker === "SELL") return "buy";
  return maker === "buy" || maker === "BUY" ? "sell" : undefined;
}

/** A trade as all feeds of the venue and its REST write it; or why it is none. */
export function tradeFrom(
  one: Fields,
  symbol: string,
  recv_ms: number | null,
  context: ParseContext,
): Trade | { readonly reason: string; readonly detail: string } {
  const no = (reason: string, name: string) => ({ reason, detail: `${name} is ${shown(one[name])}` });
  const seq = tradeNumber(one.trade_id);
  if (seq < 0) return no("trade_id", "trade_id");
  const ts_ms = isoTime(one.time);
  if (ts_ms < 0) return no("time", "time");
  const price = decimalText(one.price);
  if (!isPrice(price)) return no("price", "price");
  const size = decimalText(one.size);
  if (!isAmount(size) || size === 0) return no("size", "size");
  const side = takerSide(one.side);
  if (side === undefined) return no("side", "side");
  const trade_id = String(seq);
  const iso = one.time as string;
  return tradeOf(context, { symbol, ts_ms, recv_ms, price, size, side, trade_id, seq, key: trade_id, iso });
}

/** The Exchange writes a number, Advanced Trade a text. */
function tradeNumber(value: unknown): number {
  return wholeNumber(typeof value === "string" ? decimalText(value) : value);
}

export function readTrade(one: Fields, source: Source): Trade | null {
  const symbol = ourSymbol(one.product_id, source);
  if (symbol === null) return rejected(source, "symbol", `product_id is ${shown(one.product_id)}`);
  const read = tradeFrom(one, symbol, source.recv_ms, source.context);
  if ("kind" in read) return read;
  const seq = tradeNumber(one.trade_id);
  return rejected(source, read.reason, read.detail, symbol, seq < 0 ? undefined : seq);
}

/** Price and best prices; the batch has no best prices, and a product that never traded no time. */
export function readTicker(one: Fields, time: unknown, source: Source) {
  const { context, recv_ms, emit } = source;
  const symbol = ourSymbol(one.product_id, source);
  if (symbol === null) return rejected(source, "symbol", `product_id is ${shown(one.product_id)}`);
  const ts_ms = time === undefined ? recv_ms : isoTime(time);
  if (ts_ms < 0) return rejected(source, "time", `time is ${shown(time)}`, symbol);
  const price = decimalText(one.price);
  if (!isPrice(price)) return rejected(source, "price", `price is ${shown(one.price)}`, symbol);
  emit(priceOf(context, symbol, ts_ms, price));
  if (one.best_bid === undefined && one.best_ask === undefined) return;
  const bid = decimalText(one.best_bid);
  const ask = decimalText(one.best_ask);
  const bid_size = sizeOf(one.best_bid_size ?? one.best_bid_quantity);
  const ask_size = sizeOf(one.best_ask_size ?? one.best_ask_quantity);
  const isGood = [bid, ask].every((one) => one === 0 || isPrice(one)) && isSize(bid_size) && isSize(ask_size);
  if (!isGood) {
    const said = [one.best_bid, one.best_bid_size, one.best_ask, one.best_ask_size];
    return rejected(source, "price", `the best prices are ${shown(said)}`, symbol);
  }
  const seq = Math.max(0, wholeNumber(one.sequence));
  emit(quoteOf(context, { symbol, ts_ms, recv_ms, seq, bid, bid_size, ask, ask_size }));
}

/** Older frames do not say sizes. */
const sizeOf = (value: unknown): number | null => (value === undefined ? null : decimalText(value));
const isSize = (value: number | null): boolean => value === null || isAmount(value);
