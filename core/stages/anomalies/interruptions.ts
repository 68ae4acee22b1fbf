import type { Gap, Route } from "../../messages/index.ts";
import { type BySymbol, find } from "../symbols.ts";
import { RULES } from "./rules/index.ts";
import type { AdaptiveSettings } from "./settings.ts";
import { changeVenue, restartWindows, type SymbolState } from "./symbol.ts";

/** Windows and counted trades begin anew: what was before is no yardstick. */
export function restart(symbol: SymbolState, settings: AdaptiveSettings): void {
  restartWindows(symbol);
  for (const name of settings.rules) RULES[name].restart(symbol.rules[name]);
}

/** Streams without trades may have holes: they hide no move. */
const TRADELESS = /book|depth|quote|ticker/i;

export function onGap(symbols: BySymbol<SymbolState>, gap: Gap): void {
  if (TRADELESS.test(gap.stream)) return;
  const names = gap.symbol === "*" ? Object.keys(symbols.of) : [gap.symbol];
  for (const name of names) {
    const symbol = find(symbols, name);
    if (symbol === undefined) continue;
    if (gap.status === "filled") {
      if (symbol.gap?.id === gap.id) symbol.gap = null;
      continue;
    }
    // Said again when it is lost: the windows have begun anew once already.
    if (symbol.gap?.id !== gap.id) symbol.filter.gap = true;
    symbol.gap = { id: gap.id, from_ms: gap.from_ms, to_ms: gap.to_ms, open: gap.status === "open" };
  }
}

export function onRoute(symbols: BySymbol<SymbolState>, route: Route, settings: AdaptiveSettings): void {
  const symbol = find(symbols, route.symbol);
  if (symbol === undefined || symbol.provider === route.provider) return;
  changeVenue(symbol, route.provider);
  restart(symbol, settings);
  symbol.guard_until_ms = route.from_ms + settings.route_guard_ms;
}
