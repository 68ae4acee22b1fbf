import type { MarketRecord } from "../messages/index.ts";
import { type BarsOut, bars } from "../stages/bars/index.ts";
import type { BarsState } from "../stages/bars/state.ts";
import { type DedupeState, dedupe, isDuplicate } from "../stages/dedupe.ts";
import { TOPICS, type TopicName } from "../topics.ts";
import type { EmitTo, Graph } from "./graph.ts";
import type { GraphSettings } from "./settings.ts";

export interface MarketState {
  dedupe: DedupeState;
  bars: BarsState;
}

function topicOf(out: BarsOut): TopicName {
  switch (out.kind) {
    case "bar":
      return out.final ? TOPICS.bars.name : TOPICS.forming.name;
    case "gap":
      return TOPICS.gaps.name;
    case "dead_letter":
      return TOPICS.deadLetter.name;
  }
}

/** One function per emit, not one per record: a shell hands in the same emit for every record. */
const outlets = new WeakMap<EmitTo, (out: BarsOut) => void>();

function outletOf(emit: EmitTo): (out: BarsOut) => void {
  const known = outlets.get(emit);
  if (known !== undefined) return known;
  const outlet = (out: BarsOut): void => emit(topicOf(out), out);
  outlets.set(emit, outlet);
  return outlet;
}

/** One partition of the market: dedupe → bars. Stages that read trades join here, after dedupe. */
export const marketGraph: Graph<MarketState, MarketRecord, GraphSettings> = {
  version: `dedupe.${dedupe.version}-bars.${bars.version}`,
  init: (settings) => ({ dedupe: dedupe.init(settings), bars: bars.init(settings) }),
  step(state, record, emit) {
    if (record.kind === "trade" && isDuplicate(state.dedupe, record)) {
      state.dedupe.duplicates++;
      return;
    }
    bars.step(state.bars, record, outletOf(emit));
  },
};

/** Trades that went no further, by reason, for whoever shows how the system is. */
export function marketCounts(state: MarketState): Record<string, number> {
  return { ...state.bars.counts, duplicates: state.dedupe.duplicates, unchecked: state.dedupe.unchecked };
}
