import { GRAPH_DEFAULTS, type GraphSettings } from "../../core/graph/settings.ts";
import type { Settings } from "../../core/settings/index.ts";

const SEC_MS = 1_000;

/** The numbers of the graph that a person can set; the others keep their defaults. */
export const graphSettings = (settings: Settings): GraphSettings => ({
  ...GRAPH_DEFAULTS,
  dedupe_ms: settings.DEDUPE_SEC * SEC_MS,
  late_ms: settings.REPLAY_MAX_LATE_MS,
  bin_ms: settings.REPLAY_BIN_MS,
  stall_ms: settings.BAR_STALL_MS,
  revise_ms: settings.BAR_REVISE_MS,
  skew_max_ms: settings.CLOCK_SKEW_MAX_SEC * SEC_MS,
  jump_ms: settings.CLOCK_JUMP_CONFIRM_SEC * SEC_MS,
});
