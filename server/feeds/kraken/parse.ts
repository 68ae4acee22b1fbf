import { isAmount, isPrice } from "../../../core/messages/common.ts";
import type { Trade } from "../../../core/messages/trade.ts";
import { decimalText, type Fields, isFields, shown, wholeNumber } from "../decode/fields.ts";
import { isoTime } from "../decode/iso-time.ts";
import { priceOf, quoteOf, tradeOf } from "../decode/records.ts";
import { jsonValue, ourSymbol, rejected, type Source, sourceOf, unknown } from "../decode/source.ts";
import type { Parse } from "../venue.ts";
import { readBook, withTexts } from "./book.ts";

/** Frames of the v2 API; those of v1 (arrays) and of the futures API (`event`, `feed`) are unknown. */
export const parse: Parse = (frame, recv_ms, context, emit) => {
  const source = sourceOf(frame, recv_ms, context, emit);
  const { text } = source;
  const value = jsonValue(source, text.includes('"book"') ? withTexts(text) : text);
  if (value === undefined) return;
  if (!isFields(value)) unknown(source, "it is no object");
  else if (value.channel !== undefined) channel(value, source);
  else if (value.method !== undefined || value.error !== undefined) answer(value, source);
  else unknown(source, "it names no channel");
};

function channel(frame: Fields, source: Source) {
  switch (frame.channel) {
    case "trade":
      return each(frame, source, (one) => {
        const trade = readTrade(one, source);
        if (trade !== null) source.emit(trade);
      });
    case "book":
      return each(frame, source, (one) => readBook(one, frame.type, source));
    case "ticker":
      return each(frame, source, (one) => ticker(one, source));
    case "status":
      return each(frame, source, (one) => status(one, source));
    case "heartbeat":
      // Says no time: a sign of life.
      return source.emit({ kind: "pong", ts_ms: null });
    default:
      return unknown(source, `channel ${shown(frame.channel)} is not used`);
  }
}

function each({ data }: Fields, source: Source, read: (one: Fields) => void) {
  if (!Array.isArray(data) || data.length === 0) return rejected(source, "form", `data is ${shown(data)}`);
  for (const one of data as unknown[]) {
    if (isFields(one)) read(one);
    else rejected(source, "form", `data has ${shown(one)}`);
  }
}

/** Prices and sizes are numbers here, in REST texts. */
const decimal = (value: unknown): number => (typeof value === "number" ? value : decimalText(value));

function readTrade(one: Fields, source: Source): Trade | null {
  const { context, recv_ms } = source;
  const symbol = ourSymbol(one.symbol, source);
  if (symbol === null) return rejected(source, "symbol", `symbol is ${shown(one.symbol)}`);
  const seq = wholeNumber(one.trade_id);
  if (seq < 0) return rejected(source, "trade_id", `trade_id is ${shown(one.trade_id)}`, symbol);
  const no = (reason: string, name: string) => rejected(source, reason, `${name} is ${shown(one[name])}`, symbol, seq);
  const ts_ms = isoTime(one.timestamp);
  if (ts_ms < 0) return no("time", "timestamp");
  const price = decimal(one.price);
  if (!isPrice(price)) return no("price", "price");
  const size = decimal(one.qty);
  if (!isAmount(size) || size === 0) return no("size", "qty");
  const { side } = one;
  if (side !== "buy" && side !== "sell") return no("side", "side");
  const trade_id = String(seq);
  const iso = one.timestamp as string;
  return tradeOf(context, { symbol, ts_ms, recv_ms, price, size, side, trade_id, seq, key: trade_id, iso });
}

/** Older frames say no time. */
function ticker(one: Fields, source: Source) {
  const { context, recv_ms, emit } = source;
  const symbol = ourSymbol(one.symbol, source);
  if (symbol === null) return rejected(source, "symbol", `symbol is ${shown(one.symbol)}`);
  const ts_ms = one.timestamp === undefined ? recv_ms : isoTime(one.timestamp);
  if (ts_ms < 0) return rejected(source, "time", `timestamp is ${shown(one.timestamp)}`, symbol);
  const price = decimal(one.last);
  if (!isPrice(price)) return rejected(source, "price", `last is ${shown(one.last)}`, symbol);
  const said = [one.bid, one.bid_qty, one.ask, one.ask_qty];
  const [bid, bid_size, ask, ask_size] = said.map(decimal) as [number, number, number, number];
  if (![bid, ask].every((side) => side === 0 || isPrice(side)) || !isAmount(bid_size) || !isAmount(ask_size))
    return rejected(source, "price", `the best prices are ${shown(said)}`, symbol);
  emit(priceOf(context, symbol, ts_ms, price));
  emit(quoteOf(context, { symbol, ts_ms, recv_ms, seq: 0, bid, bid_size, ask, ask_size }));
}

function status({ system }: Fields, source: Source) {
  if (typeof system !== "string") return rejected(source, "form", `system is ${shown(system)}`);
  if (system === "maintenance") source.emit({ kind: "going_away", text: "Kraken is in maintenance" });
  else source.emit({ kind: "ack", id: null, text: `the system is ${system}` });
}

const PAIR = /\b[A-Z0-9]{1,20}\/[A-Z0-9]{1,20}\b/g;

function answer(frame: Fields, source: Source) {
  const { emit, text } = source;
  const { method, success, error, req_id, result } = frame;
  const id = typeof req_id === "string" || typeof req_id === "number" ? String(req_id) : null;
  if (method === "pong") {
    const ts_ms = isoTime(frame.time_out);
    return emit({ kind: "pong", ts_ms: ts_ms < 0 ? null : ts_ms });
  }
  if (typeof error === "string") {
    const named = typeof frame.symbol === "string" ? [frame.symbol] : (error.match(PAIR) ?? []);
    return emit({ kind: "refused", id, symbols: [...new Set(named)], text: error });
  }
  if (success !== true) return unknown(source, `method ${shown(method)} is not used`);
  const what = isFields(result) ? `${String(method)} ${String(result.channel)} ${String(result.symbol)}` : text;
  emit({ kind: "ack", id, text: what });
}
