import { passes } from "../../../core/graph/door.ts";
import type { GraphSettings } from "../../../core/graph/settings.ts";
import type { Headline, MarketRecord } from "../../../core/messages/index.ts";
import { bars } from "../../../core/stages/bars/index.ts";
import { dedupe } from "../../../core/stages/dedupe.ts";
import type { InputKind } from "../../ndjson/market-line.ts";

export const SYMBOLS_MAX = 100_000;
export const MARKET_KINDS = ["trade", "quote", "heartbeat", "route", "gap", "bar"] as const satisfies InputKind[];

/**
 * What stands before prices and alerts on the live path stands before them here, so that a recording gives what it gave
 * live. False for what goes no further; trades that were set aside come out as dead letters.
 */
export function liveDoor(settings: GraphSettings): {
  passes(record: Exclude<MarketRecord, Headline>, emit: (out: object) => void): boolean;
  duplicates(): number;
} {
  const own = { ...settings, symbols_max: SYMBOLS_MAX, forming_ms: 0, price_source: "trade" as const };
  const state = { dedupe: dedupe.init(own), bars: bars.init(own) };
  return {
    passes: (record, emit) =>
      passes(state, record, (out) => {
        if (out.kind === "dead_letter") emit(out);
      }),
    duplicates: () => state.dedupe.duplicates,
  };
}
