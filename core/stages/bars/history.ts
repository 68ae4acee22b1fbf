import type { Bar } from "../../messages/bar.ts";
import type { DeadLetter } from "../../messages/dead-letter.ts";
import { type Acc, accOfBar } from "./acc.ts";
import { beginTrading } from "./quoted.ts";
import { deadLetter } from "./refuse.ts";
import { MINUTE_MS } from "./settings.ts";
import { close, type Emit, markDirty, revise, settle } from "./settle.ts";
import { type BarsState, type Counts, NONE, nodeFor } from "./state.ts";
import { symbolOf } from "./symbol.ts";

type EmitAll = Emit & ((out: DeadLetter) => void);

function refuse(state: BarsState, bar: Bar, reason: keyof Counts, detail: string, emit: EmitAll): void {
  state.counts[reason]++;
  emit(deadLetter("bars", bar, reason, detail));
}

const isNoMore = (acc: Acc, known: Acc): boolean =>
  acc.trades <= known.trades && acc.volume <= known.volume && (known.trades > 0 || acc.bins <= known.bins);

/**
 * A final minute made elsewhere (docs/decisions/0001): passed on, and folded into the longer bars wherever the minute has
 * no more trades of its own. Oldest first per symbol: what is folded for good cannot be put right again.
 */
export function takeHistory(state: BarsState, bar: Bar, emit: EmitAll): void {
  const { counts, plan } = state;
  const { start_ts_ms, end_ts_ms } = bar;
  if (!bar.final || bar.interval !== "1m" || start_ts_ms % MINUTE_MS !== 0 || end_ts_ms - start_ts_ms !== MINUTE_MS) {
    refuse(state, bar, "invalid", "history is made of final, aligned 1m bars", emit);
    return;
  }
  const s = symbolOf(state, bar.symbol, end_ts_ms);
  if (s === null) {
    refuse(state, bar, "too_many", `${state.settings.symbols_max} symbols are known already`, emit);
    return;
  }
  if (start_ts_ms < s.retired_to_ms) {
    refuse(state, bar, "too_old", "its minute is folded for good", emit);
    return;
  }
  s.covered_from_ms = s.covered_to_ms === NONE ? start_ts_ms : Math.min(s.covered_from_ms, start_ts_ms);
  s.covered_to_ms = Math.max(s.covered_to_ms, end_ts_ms);
  s.history_to_ms = Math.max(s.history_to_ms, end_ts_ms);
  s.history_due_ms = s.due_ms;
  const acc = accOfBar(bar);
  if (acc.source === "" && acc.volume > 0) beginTrading(state, s);
  if (acc.trades > 0 || acc.volume > 0 || acc.source !== "") {
    const node = nodeFor(state, s, plan.minute, start_ts_ms);
    if (node === null) {
      refuse(state, bar, "too_many", `${state.settings.bars_max} bars are open or revisable already`, emit);
      return;
    }
    if (node.history !== null && isNoMore(acc, node.history)) {
      counts.history_known++;
    } else {
      node.history = acc;
      s.changed = true;
      const alone = !s.levels[plan.levels[plan.minute]!.child]!.nodes.some(
        (child) => child.start_ms >= start_ts_ms && child.start_ms < end_ts_ms,
      );
      if (node.said !== null) markDirty(state, s, plan.minute, start_ts_ms);
      else if (alone) close(state, s, { index: plan.minute, node }, emit);
    }
  }
  if (s.dirty) revise(state, s, emit);
  settle(state, s, emit);
}
