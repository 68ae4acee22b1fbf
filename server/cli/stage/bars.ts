import type { GraphSettings } from "../../../core/graph/settings.ts";
import type { Trade } from "../../../core/messages/trade.ts";
import { endBars } from "../../../core/stages/bars/end.ts";
import { bars } from "../../../core/stages/bars/index.ts";
import { dedupe, isDuplicate } from "../../../core/stages/dedupe.ts";
import type { Filter } from "./filter.ts";
import { MARKET_KINDS, SYMBOLS_MAX } from "./market.ts";

/** A recorder's clock that is a little behind the venue's does not hold back what has been read. */
function received(trade: Trade, skew_max_ms: number): Trade {
  const { ts_ms, recv_ms } = trade;
  const isBehind = recv_ms !== undefined && recv_ms < ts_ms && ts_ms <= recv_ms + skew_max_ms;
  return isBehind ? { ...trade, recv_ms: ts_ms } : trade;
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
      bars.step(state, record.kind === "trade" ? received(record, settings.skew_max_ms) : record, only(emit));
    },
    end: (emit) => endBars(state, only(emit)),
  };
}
