import type { GraphSettings } from "../../../core/graph/settings.ts";
import { flushSignalPath, type SignalPathOut, signalPath } from "../../../core/graph/signals.ts";
import type { Filter } from "./filter.ts";
import { liveDoor, MARKET_KINDS } from "./market.ts";

/** Features and rolling features as on the live path → signals. `each`: what becomes of all they say; left out: signals come out. */
export function signalsFilter(
  settings: GraphSettings,
  each: (out: SignalPathOut, emit: (out: object) => void) => void = (out, emit) => {
    if (out.kind === "signal") emit(out);
  },
): Filter {
  const door = liveDoor(settings);
  const state = signalPath.init(settings);
  const to =
    (emit: (out: object) => void) =>
    (out: SignalPathOut): void =>
      each(out, emit);
  return {
    reads: MARKET_KINDS,
    step(record, emit) {
      if (record.kind === "bin" || record.kind === "price" || record.kind === "headline") return;
      if (door.passes(record, emit)) signalPath.step(state, record, to(emit));
    },
    end: (emit) => flushSignalPath(state, to(emit)),
    unused: () => ({ "trades twice": door.duplicates(), "signals within the cooldown": state.signals.cooled }),
  };
}
