import { isAmount, isPrice } from "../../../core/messages/common.ts";
import type { Trade } from "../../../core/messages/trade.ts";
import { decimalText, type Fields, isFields, shown, venueTime, wholeNumber } from "../decode/fields.ts";
import { levelsOf } from "../decode/levels.ts";
import { bookOf, priceOf, quoteOf, tradeOf } from "../decode/records.ts";
import { jsonValue, ourSymbol, rejected, type Source, sourceOf, unknown } from "../decode/source.ts";
import type { Parse, ParseContext } from "../venue.ts";

const TRADE_ID_MAX = 64;
const TRADE_ID = /^[A-Za-z0-9-]+$/;
/** A topic inside the words of a refusal. */
const TOPIC = /(?:publicTrade|orderbook\.\d+|tickers)\.([A-Za-z0-9\-/_]+)/g;

/** Every frame of the venue, with all that may be wrong with one: this decides what is accepted. */
export const parseSlowly: Parse = (frame, recv_ms, context, emit) => {
  const source = sourceOf(frame, recv_ms, context, emit);
  const value = jsonValue(source);
  if (value === undefined) return;
  if (!isFields(value)) unknown(source, "it is no object");
  else if (typeof value.topic === "string") topic(value.topic, value, source);
  else if (typeof value.op === "string" || value.type === "COMMAND_RESP") control(value, source);
  else unknown(source, "it names no topic");
};

function topic(name: string, frame: Fields, source: Source): void {
  // Before V5 the topics had other names and no `ts`, and meant other things.
  if (name.startsWith("publicTrade.")) trades(frame, source);
  else if (name.startsWith("orderbook.1.")) best(frame, source);
  else if (name.startsWith("orderbook.")) book(frame, source);
  else if (name.startsWith("tickers.")) ticker(frame, source);
  else unknown(source, `topic ${shown(name)} is not used`);
}

function trades({ data }: Fields, source: Source) {
  if (!Array.isArray(data) || data.length === 0) return rejected(source, "form", `data is ${shown(data)}`);
  for (const one of data as unknown[]) {
    const trade = readTrade(one, source);
    if (trade !== null) source.emit(trade);
  }
}

function readTrade(value: unknown, source: Source): Trade | null {
  if (!isFields(value)) return rejected(source, "form", `a trade is ${shown(value)}`);
  const symbol = ourSymbol(value.s, source);
  if (symbol === null) return rejected(source, "symbol", `s is ${shown(value.s)}`);
  const ts_ms = venueTime(value.T);
  const price = decimalText(value.p);
  const size = decimalText(value.v);
  if (ts_ms < 0) return rejected(source, "time", `T is ${shown(value.T)}`, symbol);
  if (!isPrice(price)) return rejected(source, "price", `p is ${shown(value.p)}`, symbol);
  if (!isAmount(size) || size === 0) return rejected(source, "size", `v is ${shown(value.v)}`, symbol);
  if (value.S !== "Buy" && value.S !== "Sell") return rejected(source, "side", `S is ${shown(value.S)}`, symbol);
  const trade_id = tradeId(value.i);
  if (trade_id === null) return rejected(source, "trade_id", `i is ${shown(value.i)}`, symbol);
  // Not every kind of market says it.
  const seq = value.seq === undefined ? 0 : wholeNumber(value.seq);
  if (seq < 0) return rejected(source, "sequence", `seq is ${shown(value.seq)}`, symbol);
  const side = value.S === "Buy" ? "buy" : "sell";
  const { context, recv_ms } = source;
  return tradeOf(context, { symbol, ts_ms, recv_ms, price, size, side, trade_id, seq, key: trade_id });
}

/** The id as text: a UUID, or on spot a number too long for a double. */
function tradeId(value: unknown): string | null {
  return typeof value === "string" && value.length <= TRADE_ID_MAX && TRADE_ID.test(value) ? value : null;
}

/** One level of each side, always whole: a quote. */
function best(frame: Fields, source: Source) {
  const read = readBook(frame, source);
  if (read === null) return;
  const { symbol, ts_ms, seq, bids, asks, isWhole } = read;
  if (!isWhole && (bids.length === 0 || asks.length === 0))
    return unknown(source, "it changes one side of the best prices, which are always sent whole");
  const [bid, bid_size] = bids[0] ?? [0, 0];
  const [ask, ask_size] = asks[0] ?? [0, 0];
  const { context, recv_ms } = source;
  source.emit(quoteOf(context, { symbol, ts_ms, recv_ms, seq, bid, bid_size, ask, ask_size }));
}

function book(frame: Fields, source: Source) {
  const read = readBook(frame, source);
  if (read === null) return;
  const { symbol, ts_ms, seq, bids, asks, isWhole } = read;
  source.emit(bookOf(source.context, { symbol, ts_ms, recv_ms: source.recv_ms, snapshot: isWhole, seq, bids, asks }));
}

function readBook(frame: Fields, source: Source) {
  const { data, type } = frame;
  if (!isFields(data)) return rejected(source, "form", `data is ${shown(data)}`);
  if (type !== "snapshot" && type !== "delta") return rejected(source, "form", `type is ${shown(type)}`);
  const symbol = ourSymbol(data.s, source);
  if (symbol === null) return rejected(source, "symbol", `s is ${shown(data.s)}`);
  const seq = wholeNumber(data.u);
  if (seq < 0) return rejected(source, "sequence", `u is ${shown(data.u)}`, symbol);
  // The matching engine's time, which trades have too, where it is said.
  const ts_ms = venueTime(frame.cts === undefined ? frame.ts : frame.cts);
  if (ts_ms < 0) return rejected(source, "time", `cts, ts are ${shown([frame.cts, frame.ts])}`, symbol);
  const bids = levelsOf(data.b);
  const asks = levelsOf(data.a);
  if (typeof bids === "string") return rejected(source, "level", `b: ${bids}`, symbol);
  if (typeof asks === "string") return rejected(source, "level", `a: ${asks}`, symbol);
  return { symbol, ts_ms, seq, bids, asks, isWhole: type === "snapshot" || seq === 1 };
}

/** What changed since the last one, or all: a price if it says one, a quote if it says both sides. */
function ticker(frame: Fields, source: Source) {
  const { context, recv_ms, emit } = source;
  const { data, ts, cs } = frame;
  if (!isFields(data)) return rejected(source, "form", `data is ${shown(data)}`);
  const symbol = ourSymbol(data.symbol, source);
  if (symbol === null) return rejected(source, "symbol", `symbol is ${shown(data.symbol)}`);
  const ts_ms = venueTime(ts);
  if (ts_ms < 0) return rejected(source, "time", `ts is ${shown(ts)}`, symbol);
  const last = data.lastPrice;
  if (last !== undefined && last !== "") {
    const price = decimalText(last);
    if (!isPrice(price)) return rejected(source, "price", `lastPrice is ${shown(last)}`, symbol);
    emit(priceOf(context, symbol, ts_ms, price));
  }
  const sides = [
    data.bid1Price ?? data.bidPrice,
    data.bid1Size ?? data.bidSize,
    data.ask1Price ?? data.askPrice,
    data.ask1Size ?? data.askSize,
  ];
  if (sides.some((side) => side === undefined || side === "")) return;
  const [bid, bid_size, ask, ask_size] = sides.map(decimalText) as [number, number, number, number];
  if (![bid, ask].every((price) => price === 0 || isPrice(price)) || !isAmount(bid_size) || !isAmount(ask_size))
    return rejected(source, "price", `the best prices are ${shown(sides)}`, symbol);
  const seq = Math.max(0, wholeNumber(cs));
  emit(quoteOf(context, { symbol, ts_ms, recv_ms, seq, bid, bid_size, ask, ask_size }));
}

function control(frame: Fields, source: Source): void {
  const { emit } = source;
  const { op, success, ret_msg, req_id, args, data } = frame;
  const id = typeof req_id === "string" && req_id !== "" ? req_id : null;
  const said = typeof ret_msg === "string" ? ret_msg : "";
  if (op === "pong" || (op === "ping" && said === "pong")) {
    const time = Array.isArray(args) ? Number(decimalText(args[0])) : Number.NaN;
    emit({ kind: "pong", ts_ms: Number.isSafeInteger(time) && time > 0 ? time : null });
  } else if (op === undefined) {
    const failedTopics = isFields(data) && Array.isArray(data.failTopics) ? (data.failTopics as unknown[]) : [];
    if (success === true && failedTopics.length === 0) emit({ kind: "ack", id, text: source.text });
    else emit({ kind: "refused", id, symbols: symbolsIn(failedTopics.join(" ")), text: source.text });
  } else if (success === true) {
    emit({ kind: "ack", id, text: said === "" ? String(op) : said });
  } else if (success === false) {
    emit({ kind: "refused", id, symbols: symbolsIn(said), text: said === "" ? source.text : said });
  } else unknown(source, `op ${shown(op)} is not used`);
}

const symbolsIn = (words: string): string[] => [...new Set([...words.matchAll(TOPIC)].map((match) => match[1]!))];

/** A trade as REST tells it; null when it is none. */
export function tradeOfRest(value: unknown, symbol: string, context: ParseContext): Trade | null {
  if (!isFields(value)) return null;
  const ts_ms = timeText(value.time);
  const price = decimalText(value.price);
  const size = decimalText(value.size);
  const trade_id = tradeId(value.execId);
  const seq = value.seq === undefined ? 0 : decimalText(value.seq);
  if (ts_ms < 0 || !isPrice(price) || !isAmount(size) || size === 0 || trade_id === null) return null;
  if ((value.side !== "Buy" && value.side !== "Sell") || !Number.isSafeInteger(seq) || seq < 0) return null;
  const side = value.side === "Buy" ? "buy" : "sell";
  return tradeOf(context, { symbol, ts_ms, recv_ms: null, price, size, side, trade_id, seq, key: trade_id });
}

/** REST writes times as texts. */
export function timeText(value: unknown): number {
  return venueTime(decimalText(value));
}
