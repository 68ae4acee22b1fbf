import type { GraphSettings } from "../../../core/graph/settings.ts";
import type { Settings } from "../../../core/settings/index.ts";
import { microBatch } from "../../../core/stages/micro-batch.ts";
import { microBatchSettings } from "../../settings/signals.ts";
import { barsFilter } from "./bars.ts";
import type { Filter } from "./filter.ts";

export const microBatchFilter = (settings: GraphSettings, given: Settings): Filter =>
  barsFilter({ ...settings, ...microBatch(microBatchSettings(given), settings) });
