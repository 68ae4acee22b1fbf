import type { GraphSettings } from "../../../core/graph/settings.ts";
import { endRollup, ROLLUP_SETTINGS, rollup } from "../../../core/stages/rollup.ts";
import type { Filter } from "./filter.ts";
import { SYMBOLS_MAX } from "./market.ts";

/** 1 s bars → rows of 60 s and 300 s. */
export function rollupFilter({ stall_ms, revise_ms }: GraphSettings): Filter {
  const state = rollup.init({ ...ROLLUP_SETTINGS, stall_ms, revise_ms, symbols_max: SYMBOLS_MAX });
  return {
    reads: ["bar"],
    step(record, emit) {
      if (record.kind === "bar") rollup.step(state, record, emit);
    },
    end: (emit) => endRollup(state, emit),
    unused: () => ({ "bars of other lengths": state.other, "bars twice": state.repeated }),
  };
}
