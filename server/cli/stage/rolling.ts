import type { GraphSettings } from "../../../core/graph/settings.ts";
import type { Settings } from "../../../core/settings/index.ts";
import { dedupe, isDuplicate } from "../../../core/stages/dedupe.ts";
import { rolling } from "../../../core/stages/rolling/index.ts";
import { rollingSettings } from "../../settings/signals.ts";
import type { Filter } from "./filter.ts";
import { MARKET_KINDS, SYMBOLS_MAX } from "./market.ts";

/** dedupe → rolling features, a row for every trade at its own time: in a file late trades have their place too. */
export function rollingFilter(settings: GraphSettings, given: Settings): Filter {
  const known = dedupe.init({ ...settings, symbols_max: SYMBOLS_MAX });
  const state = rolling.init({ ...rollingSettings(given), pub_ms: 0 });
  return {
    reads: MARKET_KINDS,
    step(record, emit) {
      if (record.kind === "bin" || record.kind === "price") return;
      if (record.kind === "trade" && isDuplicate(known, record)) known.duplicates++;
      else rolling.step(state, record, emit);
    },
    unused: () => ({ "trades twice": known.duplicates, "trades older than every window": state.late }),
  };
}
