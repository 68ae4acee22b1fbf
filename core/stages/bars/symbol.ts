import { find, put } from "../symbols.ts";
import { type BarsState, NONE, type SymbolBars } from "./state.ts";

export function newSymbol(state: BarsState, symbol: string): SymbolBars {
  return {
    symbol,
    provider: "",
    route: null,
    traded: false,
    quoted_from_ms: NONE,
    seen_ms: NONE,
    jump_ms: NONE,
    due_ms: NONE,
    sure_ms: NONE,
    wake_ms: Number.MAX_SAFE_INTEGER,
    dirty: false,
    revise_at_ms: NONE,
    silent: false,
    stalled: false,
    changed: false,
    form_at_ms: NONE,
    retired_to_ms: state.forgotten_to_ms,
    whole_from_ms: state.whole_from_ms,
    covered_from_ms: state.stored_from_ms,
    covered_to_ms: state.stored_to_ms,
    history_to_ms: NONE,
    history_due_ms: NONE,
    gaps: [],
    levels: state.plan.levels.map(() => ({ nodes: [], open: [] })),
  };
}

/**
 * Known, or made. Null when there is no room: only symbols without a route whose every bar is final and past revising
 * make way.
 */
export function symbolOf(state: BarsState, symbol: string, now_ms: number): SymbolBars | null {
  const known = find(state.symbols, symbol);
  if (known !== undefined) return known;
  if (state.symbols.count >= state.settings.symbols_max) {
    if (Math.abs(now_ms - state.looked_ms) >= LOOK_AGAIN_MS) forgetIdle(state, now_ms);
    if (state.symbols.count >= state.settings.symbols_max) return null;
  }
  return put(state.symbols, symbol, newSymbol(state, symbol));
}

const LOOK_AGAIN_MS = 60_000;

function forgetIdle(state: BarsState, now_ms: number): void {
  state.looked_ms = now_ms;
  for (const [symbol, s] of Object.entries(state.symbols.of)) {
    if (s.route !== null || s.gaps.length > 0 || s.levels.some((level) => level.nodes.length > 0)) continue;
    state.forgotten_to_ms = Math.max(state.forgotten_to_ms, s.retired_to_ms);
    delete state.symbols.of[symbol];
    state.symbols.count--;
    state.symbols.evicted++;
  }
}
