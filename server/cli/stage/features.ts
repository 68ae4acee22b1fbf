import type { GraphSettings } from "../../../core/graph/settings.ts";
import type { Settings } from "../../../core/settings/index.ts";
import { features, flushFeatures } from "../../../core/stages/features/index.ts";
import { featuresSettings } from "../../settings/signals.ts";
import type { Filter } from "./filter.ts";
import { liveDoor, MARKET_KINDS } from "./market.ts";

/** The live path's door, then features. What waits for its turn when the input ends is said. */
export function featuresFilter(settings: GraphSettings, given: Settings): Filter {
  const door = liveDoor(settings);
  const state = features.init(featuresSettings(given));
  return {
    reads: MARKET_KINDS,
    step(record, emit) {
      if (record.kind === "bin" || record.kind === "price" || record.kind === "headline") return;
      if (door.passes(record, emit)) features.step(state, record, emit);
    },
    end: (emit) => flushFeatures(state, Number.POSITIVE_INFINITY, emit),
    unused: () => ({
      "trades twice": door.duplicates(),
      "events older than what was known": state.late,
      "events of another provider": state.unrouted,
    }),
  };
}
