import { isAmount, isPrice } from "../../../core/messages/common.ts";
import { type Fields, isFields, shown, venueTime, wholeNumber } from "../decode/fields.ts";
import { priceOf, quoteOf, tradeOf } from "../decode/records.ts";
import { jsonValue, ourSymbol, rejected, type Source, sourceOf, unknown } from "../decode/source.ts";
import type { Parse } from "../venue.ts";

const numberOf = (value: unknown): number => (typeof value === "number" ? value : Number.NaN);
/** Sizes come after their prices. */
const sizeOf = (value: unknown): number | null => (value === null ? null : numberOf(value));
const isSize = (value: number | null): boolean => value === null || isAmount(value);
const ID_MAX = 64;

/** Every frame that `ticks.ts` makes of what the gateway says. */
export const parse: Parse = (frame, recv_ms, context, emit) => {
  const source = sourceOf(frame, recv_ms, context, emit);
  const value = jsonValue(source);
  if (value === undefined) return;
  if (!isFields(value)) unknown(source, "it is no object");
  else if (value.e === "trade") trade(value, source);
  else if (value.e === "quote") quote(value, source);
  else if (value.e === "price") price(value, source);
  else if (value.e === "time") emit({ kind: "pong", ts_ms: wholeNumber(value.t) > 0 ? wholeNumber(value.t) : null });
  else if (value.e === "error") error(value, source);
  else unknown(source, `e ${shown(value.e)} is not used`);
};

function trade(one: Fields, source: Source) {
  const { context, recv_ms, emit } = source;
  const symbol = ourSymbol(one.s, source);
  if (symbol === null) return rejected(source, "symbol", `s is ${shown(one.s)}`);
  const no = (reason: string, name: string) => rejected(source, reason, `${name} is ${shown(one[name])}`, symbol);
  const ts_ms = venueTime(one.t);
  if (ts_ms < 0) return no("time", "t");
  const price = numberOf(one.p);
  if (!isPrice(price)) return no("price", "p");
  const size = numberOf(one.q);
  if (!isAmount(size) || size === 0) return no("size", "q");
  const trade_id = typeof one.i === "string" && one.i !== "" && one.i.length <= ID_MAX ? one.i : null;
  if (trade_id === null) return no("trade_id", "i");
  const seq = wholeNumber(one.n);
  if (seq < 0) return no("sequence", "n");
  emit(tradeOf(context, { symbol, ts_ms, recv_ms, price, size, side: null, trade_id, seq, key: trade_id }));
}

/** Best prices say no time; 0 is a side without orders. */
function quote(one: Fields, source: Source) {
  const { context, recv_ms, emit } = source;
  const symbol = ourSymbol(one.s, source);
  if (symbol === null) return rejected(source, "symbol", `s is ${shown(one.s)}`);
  const [bid, ask] = [numberOf(one.b), numberOf(one.a)];
  const [bid_size, ask_size] = [sizeOf(one.B), sizeOf(one.A)];
  const isGood = [bid, ask].every((side) => side === 0 || isPrice(side)) && isSize(bid_size) && isSize(ask_size);
  if (!isGood) return rejected(source, "price", `b, B, a, A are ${shown([one.b, one.B, one.a, one.A])}`, symbol);
  emit(quoteOf(context, { symbol, ts_ms: recv_ms, recv_ms, seq: 0, bid, bid_size, ask, ask_size }));
}

function price(one: Fields, source: Source) {
  const symbol = ourSymbol(one.s, source);
  if (symbol === null) return rejected(source, "symbol", `s is ${shown(one.s)}`);
  const value = numberOf(one.p);
  if (!isPrice(value)) return rejected(source, "price", `p is ${shown(one.p)}`, symbol);
  source.emit(priceOf(source.context, symbol, source.recv_ms, value));
}

/** What ends the connection, in words that follow the venue's name. */
const DENIED: ReadonlyMap<number, string> = new Map([
  [100, "is asked too often"],
  [326, "has another program under this client id: choose another with IBKR_CLIENT_ID"],
  [502, "is not reached: start TWS or IB Gateway, allow socket clients there, and look at IBKR_HOST and IBKR_PORT"],
  [503, "is too old: update TWS or IB Gateway"],
  [506, "speaks a version of the protocol that is not known here"],
  [1100, "has lost its own servers: it goes on when they are back"],
  [1101, "has its servers back: everything is asked for again"],
  [1102, "has its servers back: everything is asked for again"],
  [1300, "has moved to another port: see IBKR_PORT"],
  [2110, "has lost its own servers: it goes on when they are back"],
]);
/** Of one symbol, and what to do about it. */
const REFUSED: ReadonlyMap<number, string> = new Map([
  [101, "the account has no more lines of market data (IBKR_LINES)"],
  [200, "there is no such contract: write it as NAME:KIND:EXCHANGE:CURRENCY"],
  [354, "the account has no subscription for it: IBKR_MARKET_DATA=delayed asks for delayed data"],
  [10089, "the account has no subscription for it: IBKR_MARKET_DATA=delayed asks for delayed data"],
  [10168, "the account has no subscription for it: IBKR_MARKET_DATA=delayed asks for delayed data"],
]);
/** Said of a symbol, and its data comes all the same. */
const NOTICES = new Set([300, 10_090, 10_167, 10_189, 10_190]);
/** The gateway's word on its own links: 2104 "is OK" and the like. */
const INFO_FROM = 2_100;
const INFO_TO = 2_200;

function error(one: Fields, source: Source) {
  const { emit } = source;
  const code = wholeNumber(one.code);
  const said = typeof one.text === "string" ? one.text.slice(0, 300) : "";
  if (code < 0) return rejected(source, "form", `code is ${shown(one.code)}`);
  const denied = DENIED.get(code);
  if (denied !== undefined)
    return emit({ kind: "denied", text: `${denied} (${code}${said === "" ? "" : `: ${said}`})` });
  if (NOTICES.has(code) || (code >= INFO_FROM && code < INFO_TO)) {
    return emit({ kind: "ack", id: null, text: `${said} (${code})` });
  }
  if (typeof one.s !== "string") return unknown(source, `error ${code} is not used`);
  const why = REFUSED.get(code);
  emit({
    kind: "refused",
    id: null,
    symbols: [one.s],
    text: `${why === undefined ? "" : `${why}: `}${said} (${code})`,
  });
}
