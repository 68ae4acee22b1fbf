import { isAmount, isPrice } from "../../../core/messages/common.ts";
import type { Trade } from "../../../core/messages/trade.ts";
import { type Fields, isFields, shown } from "../decode/fields.ts";
import { isoTime } from "../decode/iso-time.ts";
import type { Level } from "../decode/levels.ts";
import { LEVELS_MAX } from "../decode/limits.ts";
import { bookOf, quoteOf } from "../decode/records.ts";
import { jsonValue, noMarket, ourSymbol, rejected, type Source, sourceOf, unknown } from "../decode/source.ts";
import type { Parse } from "../venue.ts";
import { numberOf, tradeFrom } from "./trade.ts";

type Read = (message: Fields, source: Source) => void;

/** Messages by `T`. */
const KINDS: ReadonlyMap<unknown, Read> = new Map<string, Read>([
  ["t", trade],
  ["q", quote],
  ["o", book],
  ["c", correction],
  ["x", cancel],
  ["success", success],
  ["subscription", subscription],
  ["error", refused],
]);

/** Known, and not asked for: where one comes all the same, it is counted by its name. */
const UNUSED: ReadonlyMap<unknown, string> = new Map([
  ["b", "a minute bar"],
  ["d", "a daily bar"],
  ["u", "a revised bar"],
  ["s", "a trading status"],
  ["l", "a price band"],
  ["i", "an order imbalance"],
  ["n", "news"],
]);

/** Every frame of the venue, with all that may be wrong with one: a list of messages, or one alone. */
export const parse: Parse = (frame, recv_ms, context, emit) => {
  const source = sourceOf(frame, recv_ms, context, emit);
  const value = jsonValue(source);
  if (value === undefined) return;
  if (!Array.isArray(value)) message(value, source);
  else if (value.length === 0) unknown(source, "it is an empty list");
  else for (const one of value as unknown[]) message(one, source);
};

function message(value: unknown, source: Source) {
  if (!isFields(value)) return unknown(source, "it is no object");
  const read = KINDS.get(value.T);
  if (read !== undefined) return read(value, source);
  const unused = UNUSED.get(value.T);
  return unknown(source, unused === undefined ? `T ${shown(value.T)} is not used` : `${unused} is not used`);
}

function trade(one: Fields, source: Source) {
  const symbol = ourSymbol(one.S, source);
  if (symbol === null) return rejected(source, "symbol", `S is ${shown(one.S)}`);
  const read: Trade | { reason: string; detail: string } = tradeFrom(one, symbol, source.recv_ms, source.context);
  if ("kind" in read) source.emit(read);
  else (read.reason === "condition" ? noMarket : rejected)(source, read.reason, read.detail, symbol);
}

/** Price 0 is a side without orders. */
function quote(one: Fields, source: Source) {
  const { context, recv_ms, emit } = source;
  const symbol = ourSymbol(one.S, source);
  if (symbol === null) return rejected(source, "symbol", `S is ${shown(one.S)}`);
  const ts_ms = isoTime(one.t);
  if (ts_ms < 0) return rejected(source, "time", `t is ${shown(one.t)}`, symbol);
  const said = [one.bp, one.bs, one.ap, one.as];
  const [bid, bid_size, ask, ask_size] = said.map(numberOf) as [number, number, number, number];
  if (![bid, ask].every((side) => side === 0 || isPrice(side)) || !isAmount(bid_size) || !isAmount(ask_size))
    return rejected(source, "price", `bp, bs, ap, as are ${shown(said)}`, symbol);
  emit(quoteOf(context, { symbol, ts_ms, recv_ms, seq: 0, bid, bid_size, ask, ask_size }));
}

/** Coins only. `r`: it is whole. */
function book(one: Fields, source: Source) {
  const { context, recv_ms, emit } = source;
  const symbol = ourSymbol(one.S, source);
  if (symbol === null) return rejected(source, "symbol", `S is ${shown(one.S)}`);
  const ts_ms = isoTime(one.t);
  if (ts_ms < 0) return rejected(source, "time", `t is ${shown(one.t)}`, symbol);
  const bids = levels(one.b);
  const asks = levels(one.a);
  if (typeof bids === "string") return rejected(source, "level", `b: ${bids}`, symbol);
  if (typeof asks === "string") return rejected(source, "level", `a: ${asks}`, symbol);
  emit(bookOf(context, { symbol, ts_ms, recv_ms, snapshot: one.r === true, seq: null, bids, asks }));
}

function levels(list: unknown): Level[] | string {
  if (!Array.isArray(list)) return `levels are ${shown(list)}`;
  if (list.length > LEVELS_MAX) return `there are ${list.length} levels`;
  const read: Level[] = [];
  for (const one of list as unknown[]) {
    const price = isFields(one) ? numberOf(one.p) : Number.NaN;
    const size = isFields(one) ? numberOf(one.s) : Number.NaN;
    if (!isPrice(price) || !isAmount(size)) return `a level is ${shown(one)}`;
    read.push([price, size]);
  }
  return read;
}

/** A trade said before was another: counted and kept with both, the trade said before stands. */
function correction(one: Fields, source: Source) {
  const was = `${shown(one.oi)} at ${shown(one.op)} × ${shown(one.os)}`;
  const is = `${shown(one.ci)} at ${shown(one.cp)} × ${shown(one.cs)}`;
  noMarket(source, "correction", `trade ${was} is now ${is}`, ourSymbol(one.S, source) ?? undefined);
}

/** A trade said before never was: counted and kept, the trade said before stands. */
function cancel(one: Fields, source: Source) {
  const was = `${shown(one.i)} at ${shown(one.p)} × ${shown(one.s)}`;
  noMarket(source, "cancel", `trade ${was} is taken back (${shown(one.a)})`, ourSymbol(one.S, source) ?? undefined);
}

function subscription(one: Fields, { emit }: Source): void {
  const parts = Object.entries(one).flatMap(([channel, symbols]) =>
    Array.isArray(symbols) && symbols.length > 0 ? [`${channel}: ${symbols.join(", ")}`] : [],
  );
  emit({ kind: "ack", id: null, text: `subscribed to ${parts.length === 0 ? "nothing" : parts.join("; ")}` });
}

function success({ msg }: Fields, { emit }: Source): void {
  if (msg === "authenticated") emit({ kind: "logged_in" });
  else emit({ kind: "ack", id: null, text: String(msg) });
}

/** Refusals of the connection itself, by their codes, in words that follow the venue's name. */
const DENIED: ReadonlyMap<unknown, string> = new Map([
  [401, "wants to know who we are first"],
  [402, "does not know this key: check ALPACA_API_KEY and ALPACA_API_SECRET"],
  [404, "has waited too long for our key"],
  [406, "allows one connection an account, and another program has it: end that one"],
  [407, "ends the connection: we read too slowly"],
  [409, "does not include this feed in the account's plan: choose another with ALPACA_FEED"],
  [500, "has an error of its own"],
]);
/** Refusals of what was asked for; the venue names no symbol. */
const REFUSED: ReadonlyMap<unknown, string> = new Map([
  [400, "it does not understand the request"],
  [405, "more symbols than the account's plan allows"],
  [410, "this feed does not offer that"],
]);
const ALREADY_IN = 403;

function refused({ code, msg }: Fields, { emit, text }: Source): void {
  const said = typeof msg === "string" ? `${msg} (${String(code)})` : text;
  const denied = DENIED.get(code);
  if (denied !== undefined) emit({ kind: "denied", text: `${denied} (${String(code)})` });
  else if (code === ALREADY_IN) emit({ kind: "ack", id: null, text: said });
  else emit({ kind: "refused", id: null, symbols: [], text: `${REFUSED.get(code) ?? "it says"}: ${said}` });
}
