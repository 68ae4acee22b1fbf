import type { Headline, MarketRecord } from "../messages/index.ts";
import { type BarsOut, bars } from "../stages/bars/index.ts";
import type { BarsState } from "../stages/bars/state.ts";
import { type DedupeState, isDuplicate } from "../stages/dedupe.ts";

/**
 * dedupe → bars. False for what goes no further: a trade that was there before, and one that no bar counts (late, from
 * the future, off the route) and that therefore moves no price and no alert either.
 */
export function passes(
  state: { readonly dedupe: DedupeState; readonly bars: BarsState },
  record: Exclude<MarketRecord, Headline>,
  emit: (out: BarsOut) => void,
): boolean {
  if (record.kind !== "trade") {
    bars.step(state.bars, record, emit);
    return true;
  }
  if (isDuplicate(state.dedupe, record)) {
    state.dedupe.duplicates++;
    return false;
  }
  const { trades } = state.bars.counts;
  bars.step(state.bars, record, emit);
  return state.bars.counts.trades !== trades;
}
