import { ROLLING_PUB_MS } from "../../core/graph/signals.ts";
import type { RuleSet } from "../../core/rules/rules.ts";
import type { Settings } from "../../core/settings/index.ts";
import { FEATURES_SETTINGS, type FeaturesSettings } from "../../core/stages/features/index.ts";
import type { MicroBatchSettings } from "../../core/stages/micro-batch.ts";
import { ROLLING_SETTINGS, type RollingSettings, rollingWindows } from "../../core/stages/rolling/index.ts";
import { SIGNALS_SETTINGS, type SignalsSettings } from "../../core/stages/signals/index.ts";

const SEC_MS = 1_000;

export const featuresSettings = (settings: Settings): FeaturesSettings => ({
  ...FEATURES_SETTINGS,
  pub_ms: SEC_MS / settings.FEATURES_PUB_RATE_HZ,
  window_ms: settings.ROLLING_WINDOW_SECONDS * SEC_MS,
});

/** Not more often than the features; a reader of files wants every trade: `pub_ms: 0`. */
export const rollingSettings = (settings: Settings): RollingSettings => ({
  ...ROLLING_SETTINGS,
  windows: rollingWindows(settings.streaming.features.windows),
  pub_ms: Math.max(ROLLING_PUB_MS, SEC_MS / settings.FEATURES_PUB_RATE_HZ),
});

export const signalsSettings = (settings: Settings, rules: RuleSet | null): SignalsSettings => ({
  ...SIGNALS_SETTINGS,
  return_above: settings.SIGNAL_RETURN_THRESHOLD,
  volume_above: settings.SIGNAL_VOLUME_THRESHOLD,
  spread_below_bps: settings.SIGNAL_SPREAD_MAX_BPS,
  cooldown_ms: settings.SIGNAL_COOLDOWN_SEC * SEC_MS,
  rules,
});

/** The source system's window; a file is cut by it where none is named, the live market is not. */
const MICRO_BATCH_MS = 2_000;

export function microBatchSettings({ streaming }: Settings): MicroBatchSettings {
  const { window_ms, allow_late_ms, flush_timeout_ms } = streaming.micro_batch;
  return { window_ms: window_ms ?? MICRO_BATCH_MS, allow_late_ms, flush_timeout_ms };
}
