import type { Bar } from "../../messages/bar.ts";
import type { Gap } from "../../messages/gap.ts";
import { isEmpty } from "./acc.ts";
import { best, isPartial, own, statement } from "./fold.ts";
import { endQuotes } from "./quoted.ts";
import { closeDue, revise } from "./settle.ts";
import { type BarsState, NONE, nodeAt } from "./state.ts";

/**
 * The input has ended and the lateness is waived: what ends by the highest event time read is final, what it did not
 * reach comes out with `final: false`. The state is spent.
 */
export function endBars(state: BarsState, emit: (out: Bar | Gap) => void): void {
  const all = Object.values(state.symbols.of);
  // A step forward that nothing contradicted has happened.
  const newest_ms = all.reduce((newest, s) => Math.max(newest, s.due_ms, s.jump_ms), NONE);
  const { late_ms } = state.settings;
  endQuotes(state);
  for (const s of all) {
    s.due_ms = newest_ms + late_ms;
    s.history_due_ms = NONE;
    closeDue(state, s, emit);
    if (s.dirty) revise(state, s, emit);
    for (let index = 0; index < s.levels.length; index++) {
      if (!state.plan.levels[index]!.shown) continue;
      const level = s.levels[index]!;
      for (const start_ms of [...level.open].sort((a, b) => a - b)) {
        const node = nodeAt(level, start_ms);
        if (node === undefined) continue;
        const acc = best(node, own(state, s, index, node));
        if (isEmpty(acc)) continue;
        emit(statement(state, s, index, node, acc, isPartial(state, s, index, node, acc), false));
      }
    }
  }
}
