import { isAmount, isPrice } from "../../../core/messages/common.ts";
import type { Side, Trade } from "../../../core/messages/index.ts";
import { type Fields, shown, wholeNumber } from "../decode/fields.ts";
import { isoTime } from "../decode/iso-time.ts";
import { tradeOf } from "../decode/records.ts";
import type { ParseContext } from "../venue.ts";

/**
 * Conditions of a sale under which its price is not what the market paid just then: agreed, averaged or priced
 * elsewhere (B on the tapes A and B, C, H, N, P, R, V, W, 4, 7), reported late (U, Z), or a repetition of the official
 * opening or closing (M, Q, 9). Odd lots and trades outside the session are trades like others.
 */
const NOT_THE_MARKET = new Set(["C", "H", "M", "N", "P", "Q", "R", "U", "V", "W", "Z", "4", "7", "9"]);
const EXCHANGE = /^[A-Z0-9]$/;

export const numberOf = (value: unknown): number => (typeof value === "number" ? value : Number.NaN);

function takerSide(tks: unknown): Side | undefined {
  if (tks === undefined || tks === "") return null;
  if (tks === "B") return "buy";
  return tks === "S" ? "sell" : undefined;
}

/** A trade as stream and REST write it; or why it is none. */
export function tradeFrom(
  one: Fields,
  symbol: string,
  recv_ms: number | null,
  context: ParseContext,
): Trade | { reason: string; detail: string } {
  const no = (reason: string, name: string) => ({ reason, detail: `${name} is ${shown(one[name])}` });
  const ts_ms = isoTime(one.t);
  if (ts_ms < 0) return no("time", "t");
  const price = numberOf(one.p);
  if (!isPrice(price)) return no("price", "p");
  const size = numberOf(one.s);
  if (!isAmount(size) || size === 0) return no("size", "s");
  const seq = wholeNumber(one.i);
  if (seq < 0) return no("trade_id", "i");
  const side = takerSide(one.tks);
  if (side === undefined) return no("side", "tks");
  if (one.x !== undefined && !(typeof one.x === "string" && EXCHANGE.test(one.x))) return no("exchange", "x");
  if (one.c !== undefined && one.c !== null && !Array.isArray(one.c)) return no("form", "c");
  const conditions = Array.isArray(one.c) ? (one.c as unknown[]) : [];
  const isAverage = conditions.includes("B") && (one.z === "A" || one.z === "B");
  if (isAverage || conditions.some((condition) => NOT_THE_MARKET.has(condition as string))) return no("condition", "c");
  // Each exchange counts for itself: the id alone is not one of the symbol's.
  const trade_id = one.x === undefined ? String(seq) : `${one.x}:${seq}`;
  const iso = one.t as string;
  return tradeOf(context, { symbol, ts_ms, recv_ms, price, size, side, trade_id, seq, key: trade_id, iso });
}
