import type { Gap } from "../../messages/gap.ts";
import type { Heartbeat } from "../../messages/heartbeat.ts";
import type { Route } from "../../messages/route.ts";
import { find } from "../symbols.ts";
import { takeGap } from "./gaps.ts";
import { type Emit, markSpan, revise, settle, stall } from "./settle.ts";
import { type BarsState, NONE, type SymbolBars } from "./state.ts";
import { symbolOf } from "./symbol.ts";

/** A heartbeat that is further ahead closes bars, but nothing is folded for good on its word alone. */
const LONG_STEP_MS = 60_000;

/** Who feeds the symbol now. */
const feeder = (s: SymbolBars): string => s.route?.provider ?? s.provider;

export function takeHeartbeat(state: BarsState, { provider, ts_ms, reason }: Heartbeat, emit: Emit): void {
  const { of } = state.symbols;
  for (const symbol in of) {
    const s = of[symbol]!;
    if (feeder(s) !== provider) continue;
    if (reason === "silence") {
      if (s.due_ms !== NONE && ts_ms - s.due_ms >= state.settings.stall_ms) stall(state, s, ts_ms, emit);
      continue;
    }
    if (ts_ms > s.due_ms) {
      const isLong = s.due_ms !== NONE && ts_ms - s.due_ms > LONG_STEP_MS;
      s.sure_ms = isLong ? s.due_ms : ts_ms;
      s.due_ms = ts_ms;
      if (s.silent) {
        s.silent = false;
        s.changed = true;
      }
    }
    if (s.due_ms >= s.wake_ms || (s.changed && s.due_ms >= s.form_at_ms)) settle(state, s, emit);
  }
}

/**
 * Another provider takes over: what is late is measured anew. Bars that hold trades of the old one and go on after
 * `from_ms` are mixed.
 */
export function takeRoute(state: BarsState, route: Route, emit: Emit): void {
  const s = symbolOf(state, route.symbol, route.from_ms);
  if (s === null) {
    state.counts.too_many++;
    return;
  }
  const before = feeder(s);
  if (before === route.provider) {
    s.route ??= { provider: before, from_ms: NONE, previous: null };
    return;
  }
  if (before === "") {
    // Nothing is known of the symbol: on a tape that is whole from some time on, it is whole from its first route on.
    if (s.whole_from_ms > 0) s.whole_from_ms = Math.max(s.whole_from_ms, route.from_ms);
    s.route = { provider: route.provider, from_ms: NONE, previous: null };
    return;
  }
  const begun_ms = Math.max(s.seen_ms, route.from_ms);
  s.route = { provider: route.provider, from_ms: route.from_ms, previous: before };
  s.seen_ms = NONE;
  s.jump_ms = NONE;
  s.due_ms = Math.min(s.due_ms, route.from_ms);
  s.sure_ms = Math.min(s.sure_ms, s.due_ms);
  for (let index = 0; index < s.levels.length; index++) {
    const { ms } = state.plan.levels[index]!;
    for (const node of s.levels[index]!.nodes) {
      if (node.start_ms + ms > route.from_ms && node.start_ms <= begun_ms) node.mixed = true;
    }
  }
  markSpan(state, s, route.from_ms, Number.MAX_SAFE_INTEGER);
  if (s.dirty) revise(state, s, emit);
  settle(state, s, emit);
}

export function takeGapRecord(state: BarsState, record: Gap, emit: Emit): void {
  const { gaps_max } = state.settings;
  const all = record.symbol === "*";
  const s = all ? null : (find(state.symbols, record.symbol) ?? symbolOf(state, record.symbol, record.to_ms));
  if (s === null && !all) {
    // No room for one more symbol: its trades are refused too, so there is no bar to mark.
    state.counts.too_many++;
    emit(record);
    return;
  }
  const news = takeGap(s === null ? state.gaps : s.gaps, record, gaps_max);
  if (news.say.length === 0) {
    state.counts.gaps_repeated++;
    return;
  }
  for (const say of news.say) emit(say);
  for (const one of s === null ? Object.values(state.symbols.of) : [s]) {
    markSpan(state, one, news.from_ms, news.to_ms);
    if (one.dirty) revise(state, one, emit);
    settle(state, one, emit);
  }
}
