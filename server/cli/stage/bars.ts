import { TapebellError } from "../../../core/errors.ts";
import type { GraphSettings } from "../../../core/graph/settings.ts";
import type { Quote } from "../../../core/messages/quote.ts";
import type { Trade } from "../../../core/messages/trade.ts";
import { endBars } from "../../../core/stages/bars/end.ts";
import { bars } from "../../../core/stages/bars/index.ts";
import { QuickBars } from "../../../core/stages/bars/quick.ts";
import type { BarsSettings } from "../../../core/stages/bars/settings.ts";
import { dedupe } from "../../../core/stages/dedupe.ts";
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

type Received = Pick<Trade, "ts_ms" | "recv_ms">;

/** A recorder's clock that is a little behind the venue's does not hold back what has been read. */
function receivedAt({ ts_ms, recv_ms }: Received, skew_max_ms: number): number | undefined {
  return recv_ms !== undefined && recv_ms < ts_ms && ts_ms <= recv_ms + skew_max_ms ? ts_ms : recv_ms;
}

function received<T extends Trade | Quote>(print: T, skew_max_ms: number): T {
  const recv_ms = receivedAt(print, skew_max_ms);
  return recv_ms === print.recv_ms ? print : { ...print, recv_ms };
}

/** dedupe → bars, over a whole recording: no forming bars, nothing stamped. */
export function barsFilter(settings: GraphSettings): Filter {
  const { skew_max_ms } = settings;
  const state = bars.init({ ...settings, symbols_max: SYMBOLS_MAX, forming_ms: 0 });
  const known = dedupe.init({ ...settings, symbols_max: SYMBOLS_MAX });
  const trades = new QuickBars(known, state);
  const only =
    (emit: (out: object) => void) =>
    (out: { readonly kind: string }): void => {
      if (out.kind !== "gap") emit(out);
    };
  return {
    reads: [...MARKET_KINDS, "bin"],
    step(record, emit) {
      if (record.kind === "price") return;
      const isPrint = record.kind === "trade" || record.kind === "quote";
      trades.step(isPrint ? received(record, skew_max_ms) : record, only(emit));
    },
    take: (trade) => trades.take(trade, receivedAt(trade, skew_max_ms)),
    end: (emit) => endBars(state, only(emit)),
    unused: () => ({
      "trades twice": known.duplicates,
      "bins twice": state.counts.bins_resent,
      "trades and quotes of another provider": state.counts.unrouted,
    }),
  };
}
