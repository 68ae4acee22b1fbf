import type { Gap } from "../../messages/gap.ts";
import { type Acc, append, emptyAcc } from "./acc.ts";
import { part } from "./fold.ts";
import { fillableUntil, forgettableFrom, loseGap } from "./gaps.ts";
import { ageEnd, type BarsState, floorTo, type KnownGap, NONE, nodeAt, type SymbolBars } from "./state.ts";

/** Gaps that nothing can fill any more are lost; those that touch no bar any more are forgotten. */
export function giveUpGaps(state: BarsState, s: SymbolBars, emit: (out: Gap) => void): void {
  if (s.due_ms === NONE) return;
  s.gaps = stillKnown(state, s.gaps, s.sure_ms, emit);
  state.gaps = stillKnown(state, state.gaps, s.sure_ms, emit);
}

function stillKnown(state: BarsState, gaps: KnownGap[], sure_ms: number, emit: (out: Gap) => void): KnownGap[] {
  if (gaps.length === 0) return gaps;
  for (const gap of gaps) if (sure_ms >= fillableUntil(state, gap)) for (const record of loseGap(gap)) emit(record);
  return gaps.filter((gap) => sure_ms < forgettableFrom(state, gap));
}

/** Folds what can no longer change into the bars over it, and lets it go. */
export function retire(state: BarsState, s: SymbolBars, horizon_ms: number): void {
  for (let index = 0; index < s.levels.length; index++) {
    const { ms, parents } = state.plan.levels[index]!;
    const { nodes } = s.levels[index]!;
    let old = 0;
    while (old < nodes.length && ageEnd(state.plan, nodes[old]!.start_ms, ms) <= horizon_ms) {
      const node = nodes[old]!;
      if (node.said === null || node.dirty) break;
      const acc: Acc = part(state, s, index, node);
      for (const parent of parents) {
        const over = nodeAt(s.levels[parent]!, floorTo(node.start_ms, state.plan.levels[parent]!.ms));
        if (over === undefined) continue;
        over.base ??= emptyAcc();
        append(over.base, acc);
      }
      s.retired_to_ms = Math.max(s.retired_to_ms, ageEnd(state.plan, node.start_ms, ms));
      old++;
    }
    if (old > 0) nodes.splice(0, old);
  }
}
