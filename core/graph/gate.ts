import { type GateIn, type GateSettings, type GateState, gate } from "../gate/index.ts";
import { TOPICS } from "../topics.ts";
import type { Graph } from "./graph.ts";

/** The second graph, over the one partition of `tape.candidates`: what is said to people leaves here. */
export const gateGraph: Graph<GateState, GateIn, GateSettings> = {
  version: String(gate.version),
  init: (settings) => gate.init(settings),
  step: (state, record, emit) => gate.step(state, record, (alert) => emit(TOPICS.alerts.name, alert)),
};

export const gateCounts = (state: GateState): Record<string, number> => ({ ...state.counts });
