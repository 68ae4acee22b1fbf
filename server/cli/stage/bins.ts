import type { GraphSettings } from "../../../core/graph/settings.ts";
import { bins, endBins } from "../../../core/stages/bins.ts";
import { dedupe, isDuplicate } from "../../../core/stages/dedupe.ts";
import type { Filter } from "./filter.ts";
import { MARKET_KINDS, SYMBOLS_MAX } from "./market.ts";

/** dedupe → bins. */
export function binsFilter(settings: GraphSettings): Filter {
  const known = dedupe.init({ ...settings, symbols_max: SYMBOLS_MAX });
  const state = bins.init({ ...settings, symbols_max: SYMBOLS_MAX });
  return {
    reads: [...MARKET_KINDS, "bin"],
    step(record, emit) {
      if (record.kind === "price") return;
      if (record.kind === "bin") emit(record);
      else if (record.kind === "trade" && isDuplicate(known, record)) known.duplicates++;
      else bins.step(state, record, emit);
    },
    end: (emit) => endBins(state, emit),
    unused: () => ({ "trades twice": known.duplicates }),
  };
}
