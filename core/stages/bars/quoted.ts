import { emptyAcc } from "./acc.ts";
import { type BarsState, firstFrom, NONE, type SymbolBars } from "./state.ts";

/** Until this `due` the bars of a symbol that has only been quoted so far are kept back: it may be about to trade. */
export function quotesHeldTo({ settings }: BarsState, s: SymbolBars): number {
  if (s.traded || s.quoted_from_ms === NONE || settings.price_source !== "auto") return NONE;
  return s.quoted_from_ms + settings.quoted_ms;
}

/** From here on only trades make its bars. Its quotes came by another clock, which no trade is late by. */
export function beginTrading(state: BarsState, s: SymbolBars): void {
  if (s.traded) return;
  if (s.quoted_from_ms !== NONE) {
    if (s.due_ms < quotesHeldTo(state, s)) forgetQuotes(state, s);
    s.seen_ms = NONE;
    s.jump_ms = NONE;
  }
  s.traded = true;
}

/** Takes bars of quotes that nobody has been told of away again, with the longer bars that are empty without them. */
function forgetQuotes(state: BarsState, s: SymbolBars): void {
  for (let index = 0; index < s.levels.length; index++) {
    const { ms, child } = state.plan.levels[index]!;
    const level = s.levels[index]!;
    const parts = s.levels[child]?.nodes ?? [];
    level.nodes = level.nodes.filter((node) => {
      if (node.acc.source !== "") node.acc = emptyAcc();
      const part = parts[firstFrom(parts, node.start_ms)];
      const isEmpty = part === undefined || part.start_ms >= node.start_ms + ms;
      return node.said !== null || node.history !== null || node.base !== null || !isEmpty;
    });
    const known = new Set(level.nodes.map((node) => node.start_ms));
    level.open = level.open.filter((start_ms) => known.has(start_ms));
  }
}

/** The input has ended: who has not traded by now stays quoted, unless others trade at the same venue. */
export function endQuotes(state: BarsState): void {
  const all = Object.values(state.symbols.of);
  const trading = new Set(all.filter((s) => s.traded).map((s) => s.provider));
  for (const s of all) {
    if (s.due_ms >= quotesHeldTo(state, s)) continue;
    if (trading.has(s.provider)) forgetQuotes(state, s);
    s.quoted_from_ms = NONE;
  }
}
