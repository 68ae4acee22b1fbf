import { type ColdStart, coldBars } from "../stages/bars/cold.ts";
import { type MarketState, marketGraph } from "./market.ts";
import type { GraphSettings } from "./settings.ts";

export { type ColdStart, coldBars };

/** The state from which a partition is replayed when no checkpoint can be used. */
export function coldMarket(settings: GraphSettings, start: ColdStart): MarketState {
  return {
    ...marketGraph.init(settings),
    bars: coldBars(settings, start),
    micro_batch: settings.micro_batch === null ? null : coldBars(settings.micro_batch, start),
  };
}
