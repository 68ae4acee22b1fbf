import { isAmount, isPrice } from "../../../core/messages/common.ts";
import { decimalText, type Fields, isFields, shown } from "../decode/fields.ts";
import { isoTime } from "../decode/iso-time.ts";
import { type Level, levelsOf } from "../decode/levels.ts";
import { bookOf } from "../decode/records.ts";
import { ourSymbol, rejected, type Source } from "../decode/source.ts";

/** Books are sent whole here: tens of thousands of levels. */
const LEVELS_MAX = 200_000;

/** The Exchange's whole book. Older frames say no time. */
export function wholeBook(frame: Fields, source: Source) {
  const { context, recv_ms, emit } = source;
  const symbol = ourSymbol(frame.product_id, source);
  if (symbol === null) return rejected(source, "symbol", `product_id is ${shown(frame.product_id)}`);
  const ts_ms = frame.time === undefined ? recv_ms : isoTime(frame.time);
  if (ts_ms < 0) return rejected(source, "time", `time is ${shown(frame.time)}`, symbol);
  const bids = levelsOf(frame.bids, LEVELS_MAX);
  const asks = levelsOf(frame.asks, LEVELS_MAX);
  if (typeof bids === "string") return rejected(source, "level", `bids: ${bids}`, symbol);
  if (typeof asks === "string") return rejected(source, "level", `asks: ${asks}`, symbol);
  emit(bookOf(context, { symbol, ts_ms, recv_ms, snapshot: true, seq: null, bids, asks }));
}

/** The Exchange's change: ["buy" | "sell", price, size]. */
export function bookChange(frame: Fields, source: Source) {
  const ts_ms = isoTime(frame.time);
  const read = (change: unknown): Change | null =>
    Array.isArray(change) ? changeOf(change[0] === "buy", change[0] === "sell", change[1], change[2]) : null;
  emitChanges(frame.product_id, ts_ms, false, frame.changes, read, source);
}

/** Advanced Trade's, whole or changed: { side: "bid" | "offer", price_level, new_quantity }. */
export function changes(event: Fields, time: unknown, source: Source) {
  const { type } = event;
  if (type !== "snapshot" && type !== "update") return rejected(source, "form", `the event's type is ${shown(type)}`);
  const read = (one: unknown): Change | null =>
    isFields(one) ? changeOf(one.side === "bid", one.side === "offer", one.price_level, one.new_quantity) : null;
  emitChanges(event.product_id, isoTime(time), type === "snapshot", event.updates, read, source);
}

interface Change {
  readonly isBid: boolean;
  readonly level: Level;
}

function changeOf(isBid: boolean, isAsk: boolean, priceText: unknown, sizeText: unknown): Change | null {
  const price = decimalText(priceText);
  const size = decimalText(sizeText);
  if (isBid === isAsk || !isPrice(price) || !isAmount(size)) return null;
  return { isBid, level: [price, size] };
}

/** All of them or none: half a change is a wrong book. */
function emitChanges(
  product: unknown,
  ts_ms: number,
  snapshot: boolean,
  list: unknown,
  read: (change: unknown) => Change | null,
  source: Source,
) {
  const symbol = ourSymbol(product, source);
  if (symbol === null) return rejected(source, "symbol", `product_id is ${shown(product)}`);
  if (ts_ms < 0) return rejected(source, "time", "the change says no time", symbol);
  if (!Array.isArray(list)) return rejected(source, "level", `the changes are ${shown(list)}`, symbol);
  if (list.length > LEVELS_MAX) return rejected(source, "level", `there are ${list.length} changes`, symbol);
  const bids: Level[] = [];
  const asks: Level[] = [];
  for (const one of list as unknown[]) {
    const change = read(one);
    if (change === null) return rejected(source, "level", `a change is ${shown(one)}`, symbol);
    (change.isBid ? bids : asks).push(change.level);
  }
  const { context, recv_ms, emit } = source;
  emit(bookOf(context, { symbol, ts_ms, recv_ms, snapshot, seq: null, bids, asks }));
}
