import type { PriceSource } from "../../messages/bar.ts";
import { isPrice } from "../../messages/common.ts";
import type { Quote } from "../../messages/quote.ts";
import { type Acc, isEmpty, touch } from "./acc.ts";
import { type BarsState, NONE, type Node } from "./state.ts";
import { symbolOf } from "./symbol.ts";
import { countBin, type EmitAll, isFuture, isRouted, leafFor, place, refuse, TIME_MAX_MS, taken } from "./trades.ts";

/** What a quote says the price is; null when it says none: one side is missing, or for a mid they are crossed. */
function priceOf({ bid, ask }: Quote, source: PriceSource): number | null {
  if (source !== "mid") return source === "bid" ? bid : ask;
  return bid === null || ask === null || ask < bid ? null : bid + (ask - bid) / 2;
}

const isUsable = (price: number, ts_ms: number): boolean => isPrice(price) && ts_ms >= 0 && ts_ms <= TIME_MAX_MS;

/** A price without size, for bars of one side of the quotes or of a symbol that has no trades. */
export function takeQuote(state: BarsState, quote: Quote, emit: EmitAll): void {
  const { price_source } = state.settings;
  if (price_source === "trade") return;
  const source = price_source === "auto" ? "mid" : price_source;
  const price = priceOf(quote, source);
  if (price === null) return;
  const { ts_ms, symbol } = quote;
  if (!isUsable(price, ts_ms)) {
    refuse(state, quote, "invalid", "price or time is out of bounds", emit);
    return;
  }
  if (isFuture(state, quote, emit)) return;
  const s = symbolOf(state, symbol, ts_ms);
  if (s === null) {
    refuse(state, quote, "too_many", `${state.settings.symbols_max} symbols are known already`, emit);
    return;
  }
  if (price_source === "auto" && s.traded) return;
  if (!isRouted(s.route, quote)) {
    state.counts.unrouted++;
    return;
  }
  const leaf = leafFor(state, s, quote, false, emit);
  if (leaf === null) return;
  if (s.quoted_from_ms === NONE) s.quoted_from_ms = ts_ms;
  state.counts.quotes++;
  addQuote(state, leaf, quote, price, source, Math.max(s.seen_ms - ts_ms, 0));
  taken(state, s, leaf, quote, false, emit);
}

function addQuote(
  state: BarsState,
  leaf: Node,
  quote: Quote,
  price: number,
  source: PriceSource,
  late_ms: number,
): void {
  const acc: Acc = leaf.acc;
  const keys = leaf.keys!;
  const { ts_ms } = quote;
  // The store had a bar of trades here.
  if (!isEmpty(acc) && acc.source === "") return;
  acc.source = source;
  place(acc, keys, price, price, price, price, ts_ms, quote.seq);
  if (ts_ms > acc.last_ts_ms) acc.last_ts_ms = ts_ms;
  if (late_ms > acc.late_ms) acc.late_ms = late_ms;
  countBin(acc, keys, Math.floor((ts_ms - leaf.start_ms) / state.settings.bin_ms));
  touch(acc, quote.provider, quote.origin);
}
