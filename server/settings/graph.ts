import { GATE_SETTINGS, type GateSettings } from "../../core/gate/index.ts";
import { GRAPH_DEFAULTS, type GraphSettings } from "../../core/graph/settings.ts";
import { intervalMs } from "../../core/messages/index.ts";
import type { RuleSet } from "../../core/rules/rules.ts";
import type { Settings } from "../../core/settings/index.ts";
import { BARS_DEFAULTS, type BarsSettings } from "../../core/stages/bars/settings.ts";
import { windowSpecs } from "../../core/stages/metrics/index.ts";
import { microBatch } from "../../core/stages/micro-batch.ts";
import { SYSTEM_ALERTS_SETTINGS, type SystemAlertsSettings } from "../../core/stages/system-alerts.ts";
import { featuresSettings, microBatchSettings, rollingSettings, signalsSettings } from "./signals.ts";

const SEC_MS = 1_000;

/** The numbers of the graph that a person can set; the others keep their defaults. `rules` come from their file. */
export function graphSettings(settings: Settings, partition: number, rules: RuleSet | null = null): GraphSettings {
  const windows = windowSpecs(settings.WINDOW_LABELS, upperKeys(settings.alertThresholds));
  const bars = barsSettings(settings);
  const { window_ms } = settings.streaming.micro_batch;
  return {
    ...GRAPH_DEFAULTS,
    ...bars,
    // One writer per interval: the micro-batch's own bars take the place of the usual ones of the same length.
    intervals: bars.intervals.filter((interval) => intervalMs(interval) !== window_ms),
    micro_batch:
      window_ms === null ? null : { ...microBatch(microBatchSettings(settings), bars), forming_ms: bars.forming_ms },
    anomaly_mode: settings.ANOMALY_MODE,
    dedupe_ms: settings.DEDUPE_SEC * SEC_MS,
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
    features: featuresSettings(settings),
    rolling: settings.streaming.features.windows.length === 0 ? null : rollingSettings(settings),
    signals: signalsSettings(settings, rules),
  };
}

const barsSettings = (settings: Settings): BarsSettings => ({
  ...BARS_DEFAULTS,
  late_ms: settings.REPLAY_MAX_LATE_MS,
  bin_ms: settings.REPLAY_BIN_MS,
  stall_ms: settings.BAR_STALL_MS,
  revise_ms: settings.BAR_REVISE_MS,
  skew_max_ms: settings.CLOCK_SKEW_MAX_SEC * SEC_MS,
  jump_ms: settings.CLOCK_JUMP_CONFIRM_SEC * SEC_MS,
});

export const gateSettings = (settings: Settings): GateSettings => ({
  ...GATE_SETTINGS,
  market_min_symbols: settings.MARKET_MIN_SYMBOLS,
  headline_max_age_ms: settings.HEADLINE_MAX_AGE_SEC * SEC_MS,
});

export const systemAlertsSettings = (settings: Settings): SystemAlertsSettings => ({
  ...SYSTEM_ALERTS_SETTINGS,
  latency_ms: settings.SYSTEM_ALERT_LATENCY_MS,
  lag_records: settings.SYSTEM_ALERT_LAG_RECORDS,
  hold_ms: settings.SYSTEM_ALERT_HOLD_SEC * SEC_MS,
  cooldown_ms: settings.SYSTEM_ALERT_COOLDOWN_SEC * SEC_MS,
});

const upperKeys = (thresholds: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(thresholds).map(([label, value]) => [label.toUpperCase(), value]));
