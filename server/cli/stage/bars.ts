import { TapebellError } from "../../../core/errors.ts";
import type { GraphSettings } from "../../../core/graph/settings.ts";
import type { Quote } from "../../../core/messages/quote.ts";
import type { Trade } from "../../../core/messages/trade.ts";
import { endBars } from "../../../core/stages/bars/end.ts";
import { bars } from "../../../core/stages/bars/index.ts";
import type { BarsSettings } from "../../../core/stages/bars/settings.ts";
import { dedupe, isDuplicate } from "../../../core/stages/dedupe.ts";
import type { Filter } from "./filter.ts";
import { MARKET_KINDS, SYMBOLS_MAX } from "./market.ts";

const PRICE_SOURCES: readonly BarsSettings["price_source"][] = ["auto", "trade", "mid", "bid", "ask"];

export function priceSource(given: string): BarsSettings["price_source"] {
  const source = PRICE_SOURCES.find((name) => name === given.trim());
  if (source !== undefined) return source;
  throw new TapebellError("usage", "bad_price_source", `PRICE_SOURCE: "${given.slice(0, 40)}" is no source of prices`, {
    hint: `use one of: ${PRICE_SOURCES.join(", ")}`,
  });
}

/** A recorder's clock that is a little behind the venue's does not hold back what has been read. */
function received<T extends Trade | Quote>(print: T, skew_max_ms: number): T {
  const { ts_ms, recv_ms } = print;
  const isBehind = recv_ms !== undefined && recv_ms < ts_ms && ts_ms <= recv_ms + skew_max_ms;
  return isBehind ? { ...print, recv_ms: ts_ms } : print;
}

/** dedupe → bars, over a whole recording: no forming bars, nothing stamped. */
export function barsFilter(settings: GraphSettings): Filter {
  const known = dedupe.init({ ...settings, symbols_max: SYMBOLS_MAX });
  const state = bars.init({ ...settings, symbols_max: SYMBOLS_MAX, forming_ms: 0 });
  const only =
    (emit: (out: object) => void) =>
    (out: { readonly kind: string }): void => {
      if (out.kind !== "gap") emit(out);
    };
  return {
    reads: [...MARKET_KINDS, "bin"],
    step(record, emit) {
      if (record.kind === "price") return;
      if (record.kind === "trade" && isDuplicate(known, record)) return;
      const isPrint = record.kind === "trade" || record.kind === "quote";
      bars.step(state, isPrint ? received(record, settings.skew_max_ms) : record, only(emit));
    },
    end: (emit) => endBars(state, only(emit)),
  };
}
