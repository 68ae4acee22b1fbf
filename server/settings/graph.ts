import { GATE_SETTINGS, type GateSettings } from "../../core/gate/index.ts";
import { GRAPH_DEFAULTS, type GraphSettings } from "../../core/graph/settings.ts";
import type { Settings } from "../../core/settings/index.ts";
import { windowSpecs } from "../../core/stages/metrics/index.ts";

const SEC_MS = 1_000;

/** The numbers of the graph that a person can set; the others keep their defaults. */
export function graphSettings(settings: Settings, partition: number): GraphSettings {
  const windows = windowSpecs(settings.WINDOW_LABELS, upperKeys(settings.alertThresholds));
  return {
    ...GRAPH_DEFAULTS,
    anomaly_mode: settings.ANOMALY_MODE,
    dedupe_ms: settings.DEDUPE_SEC * SEC_MS,
    late_ms: settings.REPLAY_MAX_LATE_MS,
    bin_ms: settings.REPLAY_BIN_MS,
    stall_ms: settings.BAR_STALL_MS,
    revise_ms: settings.BAR_REVISE_MS,
    skew_max_ms: settings.CLOCK_SKEW_MAX_SEC * SEC_MS,
    jump_ms: settings.CLOCK_JUMP_CONFIRM_SEC * SEC_MS,
    price: { ...GRAPH_DEFAULTS.price, sample_ms: settings.PRICE_SAMPLE_MS },
    metrics: {
      ...GRAPH_DEFAULTS.metrics,
      windows,
      vol_resample_ms: settings.VOL_RESAMPLE_SEC * SEC_MS,
      history_max: settings.WINDOW_HISTORY_MAXLEN,
      ewma_alpha: settings.EWMA_RETURN_ALPHA,
      ewma_z_cap: settings.EWMA_Z_CAP,
      vol_z_spike: settings.VOL_Z_SPIKE_THRESHOLD,
      percentile_min: settings.PERCENTILE_MIN_SAMPLES,
      percentile_low: settings.RETURN_PERCENTILE_LOW,
      percentile_high: settings.RETURN_PERCENTILE_HIGH,
      max_gap_factor: settings.WINDOW_MAX_GAP_FACTOR,
      duplicate_time: settings.DUPLICATE_TIME,
      late_tolerance_ms: settings.LATE_PRICE_TOLERANCE_SEC * SEC_MS,
    },
    classic: {
      ...GRAPH_DEFAULTS.classic,
      windows,
      cooldown_ms: settings.ANOMALY_COOLDOWN_SEC * SEC_MS,
      headline_max_age_ms: settings.HEADLINE_MAX_AGE_SEC * SEC_MS,
    },
    adaptive: { ...GRAPH_DEFAULTS.adaptive, windows, part: String(partition) },
  };
}

export const gateSettings = (settings: Settings): GateSettings => ({
  ...GATE_SETTINGS,
  market_min_symbols: settings.MARKET_MIN_SYMBOLS,
  headline_max_age_ms: settings.HEADLINE_MAX_AGE_SEC * SEC_MS,
});

const upperKeys = (thresholds: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(thresholds).map(([label, value]) => [label.toUpperCase(), value]));
