import type { GraphSettings } from "../../../core/graph/settings.ts";
import type { Settings } from "../../../core/settings/index.ts";
import { features, flushFeatures } from "../../../core/stages/features/index.ts";
import { flushRolling, rolling } from "../../../core/stages/rolling/index.ts";
import { signals } from "../../../core/stages/signals/index.ts";
import { rulesOf } from "../../settings/rules-file.ts";
import { featuresSettings, rollingSettings, signalsSettings } from "../../settings/signals.ts";
import type { Filter } from "./filter.ts";
import { liveDoor, MARKET_KINDS } from "./market.ts";

/** Features and rolling features as on the live path → signals. */
export function signalsFilter(settings: GraphSettings, given: Settings, cwd: string): Filter {
  const door = liveDoor(settings);
  const eleven = features.init(featuresSettings(given));
  const windows = rolling.init(rollingSettings(given));
  const state = signals.init(signalsSettings(given, rulesOf(given.streaming, cwd)));
  const judge =
    (emit: (out: object) => void) =>
    (row: Parameters<typeof signals.step>[1]): void =>
      signals.step(state, row, emit);
  return {
    reads: MARKET_KINDS,
    step(record, emit) {
      if (record.kind === "bin" || record.kind === "price" || record.kind === "headline") return;
      if (!door.passes(record, emit)) return;
      features.step(eleven, record, judge(emit));
      rolling.step(windows, record, judge(emit));
    },
    end(emit) {
      flushFeatures(eleven, Number.POSITIVE_INFINITY, judge(emit));
      flushRolling(windows, Number.POSITIVE_INFINITY, judge(emit));
    },
    unused: () => ({ "trades twice": door.duplicates(), "signals within the cooldown": state.cooled }),
  };
}
