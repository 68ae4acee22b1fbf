import type { Bar } from "../../messages/index.ts";
import { type AdaptiveState, adaptive } from "./adaptive.ts";
import type { AdaptiveSettings } from "./settings.ts";

/** Where a replay without a checkpoint begins: what is normal is learnt from the stored minutes before it; nothing is said again. */
export function coldAdaptive(settings: AdaptiveSettings, stored: readonly Bar[], until_ms: number): AdaptiveState {
  const state = adaptive.init(settings);
  const minutes = stored.filter((bar) => bar.interval === "1m" && bar.final && bar.end_ts_ms <= until_ms);
  for (const bar of minutes.sort((a, b) => a.start_ts_ms - b.start_ts_ms)) adaptive.step(state, bar, () => undefined);
  for (const symbol of Object.values(state.symbols.of)) {
    symbol.excursions = { up: null, down: null };
    symbol.busy = false;
  }
  state.open = [];
  return state;
}
