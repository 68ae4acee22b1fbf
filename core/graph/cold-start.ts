import { coldAdaptive } from "../stages/anomalies/index.ts";
import { type ColdStart, coldBars } from "../stages/bars/cold.ts";
import { type MarketState, marketGraph } from "./market.ts";
import type { GraphSettings } from "./settings.ts";

export { type ColdStart, coldBars };

/** The state from which a partition is replayed when no checkpoint can be used. */
export function coldMarket(settings: GraphSettings, start: ColdStart): MarketState {
  return {
    ...marketGraph.init(settings),
    bars: coldBars(settings, start),
    adaptive: coldAdaptive(settings.adaptive, start.bars, start.log_whole_from_ms),
    micro_batch: settings.micro_batch === null ? null : coldBars(settings.micro_batch, start),
  };
}
