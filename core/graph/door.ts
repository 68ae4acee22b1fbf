import type { DeadLetter, Headline, MarketRecord } from "../messages/index.ts";
import { type BarsOut, bars } from "../stages/bars/index.ts";
import type { BarsState } from "../stages/bars/state.ts";
import { type DedupeState, isDuplicate } from "../stages/dedupe.ts";

interface Door {
  readonly dedupe: DedupeState;
  readonly bars: BarsState;
  /** Bars of `micro_batch.window_ms`, which wait for their late events by a rule of their own, where they are asked for. */
  readonly micro_batch?: BarsState | null;
}

/**
 * dedupe → bars. False for what goes no further: a trade that was there before, and one that no bar counts (late, from
 * the future, off the route) and that therefore moves no price and no alert either.
 */
export function passes(state: Door, record: Exclude<MarketRecord, Headline>, emit: (out: BarsOut) => void): boolean {
  const { dedupe, micro_batch = null } = state;
  if (record.kind === "trade" && isDuplicate(dedupe, record)) {
    dedupe.duplicates++;
    return false;
  }
  const refused = micro_batch === null ? null : batch(micro_batch, record, emit);
  const { trades } = state.bars.counts;
  bars.step(state.bars, record, emit);
  if (record.kind !== "trade") return true;
  const isCounted = state.bars.counts.trades !== trades;
  // What the bars refused as well has its letter.
  if (refused !== null && isCounted) emit({ ...refused, id: `micro-${refused.id}`, where: "micro-batch" });
  return isCounted;
}

/** Its bars only: gaps and refusals are said once, by those of the usual intervals. Returns what it refused itself. */
function batch(
  state: BarsState,
  record: Exclude<MarketRecord, Headline>,
  emit: (out: BarsOut) => void,
): DeadLetter | null {
  let refused: DeadLetter | null = null;
  bars.step(state, record, (out) => {
    if (out.kind === "bar") emit(out);
    else if (out.kind === "dead_letter") refused = out;
  });
  return refused;
}
