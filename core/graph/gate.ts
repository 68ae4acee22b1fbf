import { classicStatement, type GateIn, type GateSettings, type GateState, gate } from "../gate/index.ts";
import type { Anomaly } from "../messages/index.ts";
import { TOPICS } from "../topics.ts";
import type { Graph } from "./graph.ts";

/** The second graph, over the one partition of `tape.candidates`: what is said to people leaves here. */
export const gateGraph: Graph<GateState, GateIn | Anomaly, GateSettings> = {
  version: String(gate.version),
  init: (settings) => gate.init(settings),
  step(state, record, emit) {
    // Classic decisions come here only where they are asked for in place of the excursions.
    if (record.kind === "anomaly") emit(TOPICS.alerts.name, classicStatement(record));
    else gate.step(state, record, (alert) => emit(TOPICS.alerts.name, alert));
  },
};

export const gateCounts = (state: GateState): Record<string, number> => ({ ...state.counts });
