import { ROLLING_FEATURES } from "../../messages/rolling.ts";
import type { SeriesSettings } from "./series.ts";
import type { RollingSettings } from "./settings.ts";

/** What follows from the settings, worked out once. */
export interface Plan extends SeriesSettings {
  /** Names of a record, in the order of `ROLLING_FEATURES`, window by window. */
  readonly names: readonly string[];
  readonly longest_ms: number;
}

const plans = new WeakMap<RollingSettings, Plan>();

export function planOf(settings: RollingSettings): Plan {
  let plan = plans.get(settings);
  if (plan === undefined) {
    const lengths_ms = settings.windows.map(({ ms }) => ms);
    const longest_ms = Math.max(0, ...lengths_ms);
    plan = {
      lengths_ms,
      // A row for each trade at its own time: before one that comes late there is a whole window too.
      kept_ms: settings.pub_ms === 0 ? 2 * longest_ms : longest_ms,
      log: false,
      points_max: settings.points_max,
      names: settings.windows.flatMap(({ name }) => ROLLING_FEATURES.map((feature) => `${name}_${feature}`)),
      longest_ms,
    };
    plans.set(settings, plan);
  }
  return plan;
}
