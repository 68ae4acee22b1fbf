import { type Fields, isFields, shown } from "../decode/fields.ts";
import { isoTime } from "../decode/iso-time.ts";
import { jsonValue, rejected, type Source, sourceOf, unknown } from "../decode/source.ts";
import type { Parse } from "../venue.ts";
import { bookChange, changes, wholeBook } from "./book.ts";
import { readTicker, readTrade } from "./market.ts";

type Read = (frame: Fields, source: Source) => void;

/** Frames of the Exchange feed, by `type`. */
const TYPES: ReadonlyMap<unknown, Read> = new Map<string, Read>([
  ["match", trade],
  ["last_match", trade],
  ["l2update", bookChange],
  ["snapshot", wholeBook],
  ["ticker", (frame, source) => readTicker(frame, frame.time, source)],
  ["heartbeat", (frame, source) => venueTime(frame.time, source)],
  ["subscriptions", subscriptions],
  ["error", refused],
]);

/** Frames of Advanced Trade, by `channel`; what they carry stands in `events`. */
const CHANNELS: ReadonlyMap<unknown, Read> = new Map<string, Read>([
  ["market_trades", (frame, source) => events(frame, source, trades)],
  ["l2_data", (frame, source) => events(frame, source, (event) => changes(event, frame.timestamp, source))],
  ["ticker", (frame, source) => events(frame, source, (event) => tickers(event, frame.timestamp, source))],
  ["ticker_batch", (frame, source) => events(frame, source, (event) => tickers(event, frame.timestamp, source))],
  ["heartbeats", (frame, source) => venueTime(frame.timestamp, source)],
  ["subscriptions", (frame, source) => events(frame, source, subscribed)],
]);

/** Every frame of the venue, with all that may be wrong with one. */
export const parse: Parse = (frame, recv_ms, context, emit) => {
  const source = sourceOf(frame, recv_ms, context, emit);
  const value = jsonValue(source);
  if (value === undefined) return;
  if (!isFields(value)) {
    unknown(source, "it is no object");
    return;
  }
  const read = value.channel === undefined ? TYPES.get(value.type) : CHANNELS.get(value.channel);
  if (read === undefined) unknown(source, `type ${shown(value.type)}, channel ${shown(value.channel)} is not used`);
  else read(value, source);
};

function trade(frame: Fields, source: Source): void {
  const read = readTrade(frame, source);
  if (read !== null) source.emit(read);
}

/** Newest first as the venue sends them; oldest first as they happened. */
function trades(event: Fields, source: Source) {
  if (!Array.isArray(event.trades)) return rejected(source, "form", `trades is ${shown(event.trades)}`);
  const read = (event.trades as unknown[]).flatMap((one) => {
    const found = isFields(one) ? readTrade(one, source) : rejected(source, "form", `a trade is ${shown(one)}`);
    return found === null ? [] : [found];
  });
  read.sort((a, b) => a.seq - b.seq);
  for (const one of read) source.emit(one);
}

function tickers(event: Fields, time: unknown, source: Source) {
  if (!Array.isArray(event.tickers)) return rejected(source, "form", `tickers is ${shown(event.tickers)}`);
  for (const one of event.tickers as unknown[]) {
    if (isFields(one)) readTicker(one, time, source);
    else rejected(source, "form", `a ticker is ${shown(one)}`);
  }
}

function events(frame: Fields, source: Source, read: (event: Fields, source: Source) => void) {
  const list = frame.events;
  if (!Array.isArray(list) || list.length === 0) return rejected(source, "form", `events is ${shown(list)}`);
  for (const event of list as unknown[]) {
    if (isFields(event)) read(event, source);
    else rejected(source, "form", `an event is ${shown(event)}`);
  }
}

function venueTime(time: unknown, source: Source) {
  const ts_ms = isoTime(time);
  if (ts_ms < 0) return rejected(source, "time", `the heartbeat's time is ${shown(time)}`);
  source.emit({ kind: "venue_time", ts_ms });
}

function subscriptions(frame: Fields, source: Source) {
  if (!Array.isArray(frame.channels)) return rejected(source, "form", `channels is ${shown(frame.channels)}`);
  const parts = (frame.channels as unknown[]).map((one) =>
    isFields(one) ? said(one.name, one.product_ids) : shown(one),
  );
  source.emit({ kind: "ack", id: null, text: `subscribed to ${parts.join("; ")}` });
}

function subscribed(event: Fields, source: Source) {
  if (!isFields(event.subscriptions)) return rejected(source, "form", `subscriptions is ${shown(event.subscriptions)}`);
  const parts = Object.entries(event.subscriptions).map(([channel, products]) => said(channel, products));
  source.emit({ kind: "ack", id: null, text: `subscribed to ${parts.join("; ")}` });
}

const said = (channel: unknown, products: unknown): string =>
  `${String(channel)}: ${Array.isArray(products) ? products.join(", ") : shown(products)}`;

const PRODUCT = /\b[A-Z0-9]{1,20}-[A-Z0-9]{1,20}\b/g;

/** One product that it does not know, and the venue takes none of the request's. */
function refused({ message, reason }: Fields, source: Source): void {
  const words = [message, reason].filter((part) => typeof part === "string" && part !== "").join(": ");
  const text = words === "" ? source.text : words;
  source.emit({ kind: "refused", id: null, symbols: [...new Set(text.match(PRODUCT))], text });
}
