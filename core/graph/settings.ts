import { BARS_DEFAULTS, type BarsSettings } from "../stages/bars/settings.ts";
import { DEDUPE_DEFAULTS, type DedupeSettings } from "../stages/dedupe.ts";

/** All numbers the market graph depends on; part of the settings hash of a checkpoint. */
export interface GraphSettings extends BarsSettings, DedupeSettings {}

export const GRAPH_DEFAULTS: GraphSettings = { ...DEDUPE_DEFAULTS, ...BARS_DEFAULTS };
