import type { GraphSettings } from "../../../core/graph/settings.ts";
import { flushSignalPath, type SignalPathOut, signalPath } from "../../../core/graph/signals.ts";
import type { Filter } from "./filter.ts";
import { liveDoor, MARKET_KINDS } from "./market.ts";

/** Features and rolling features as on the live path → signals. */
export function signalsFilter(settings: GraphSettings): Filter {
  const door = liveDoor(settings);
  const state = signalPath.init(settings);
  const only =
    (emit: (out: object) => void) =>
    (out: SignalPathOut): void => {
      if (out.kind === "signal") emit(out);
    };
  return {
    reads: MARKET_KINDS,
    step(record, emit) {
      if (record.kind === "bin" || record.kind === "price" || record.kind === "headline") return;
      if (door.passes(record, emit)) signalPath.step(state, record, only(emit));
    },
    end: (emit) => flushSignalPath(state, only(emit)),
    unused: () => ({ "trades twice": door.duplicates(), "signals within the cooldown": state.signals.cooled }),
  };
}
