import type { GraphSettings } from "../../../core/graph/settings.ts";
import { bins, endBins } from "../../../core/stages/bins.ts";
import { dedupe, isDuplicate } from "../../../core/stages/dedupe.ts";
import type { Filter } from "./filter.ts";

const SYMBOLS_MAX = 100_000;

/** dedupe → bins. */
export function binsFilter(settings: GraphSettings): Filter {
  const known = dedupe.init({ ...settings, symbols_max: SYMBOLS_MAX });
  const state = bins.init({ ...settings, symbols_max: SYMBOLS_MAX });
  return {
    step(record, emit) {
      if (record.kind === "bin") emit(record);
      else if (record.kind !== "trade" || !isDuplicate(known, record)) bins.step(state, record, emit);
    },
    end: (emit) => endBins(state, emit),
  };
}
