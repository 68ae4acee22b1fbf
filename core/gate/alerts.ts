import type { Alert } from "../messages/index.ts";
import type { Stage } from "../stage.ts";
import { type AdaptiveOut, type AdaptiveState, adaptive } from "../stages/anomalies/adaptive.ts";
import type { AdaptiveSettings } from "../stages/anomalies/settings.ts";
import { type GateState, gate } from "./gate.ts";
import type { GateSettings } from "./settings.ts";

type AdaptiveIn = Parameters<typeof adaptive.step>[1];

/** Detection and gate in one, for files: market records in, alerts out. The live path runs the two apart. */
export const alerts: Stage<
  { adaptive: AdaptiveState; gate: GateState },
  AdaptiveIn,
  Alert | Extract<AdaptiveOut, { kind: "nearest" }>,
  { adaptive: AdaptiveSettings; gate: GateSettings }
> = {
  version: adaptive.version * 1_000 + gate.version,
  init: (settings) => ({ adaptive: adaptive.init(settings.adaptive), gate: gate.init(settings.gate) }),
  step(state, record, emit) {
    adaptive.step(state.adaptive, record, (out) => {
      if (out.kind === "nearest") emit(out);
      else gate.step(state.gate, out, emit);
    });
    if (record.kind === "heartbeat" || record.kind === "headline") gate.step(state.gate, record, emit);
  },
};
