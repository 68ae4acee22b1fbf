import type { Features, MarketRecord, Rolling, Signal } from "../messages/index.ts";
import type { Stage } from "../stage.ts";
import {
  FEATURES_SETTINGS,
  type FeaturesSettings,
  type FeaturesState,
  features,
  flushFeatures,
} from "../stages/features/index.ts";
import {
  flushRolling,
  lookAt,
  ROLLING_SETTINGS,
  type RollingSettings,
  type RollingState,
  rolling,
} from "../stages/rolling/index.ts";
import { SIGNALS_SETTINGS, type SignalsSettings, type SignalsState, signals } from "../stages/signals/index.ts";

export interface SignalPathSettings {
  readonly features: FeaturesSettings;
  /** Null: no window is configured. */
  readonly rolling: RollingSettings | null;
  readonly signals: SignalsSettings;
}

/** How often a symbol's rolling features are said, by event time, at most; the rules look at every trade. */
export const ROLLING_PUB_MS = 250;

export const SIGNAL_PATH_DEFAULTS: SignalPathSettings = {
  features: FEATURES_SETTINGS,
  rolling: { ...ROLLING_SETTINGS, pub_ms: ROLLING_PUB_MS },
  signals: SIGNALS_SETTINGS,
};

export interface SignalPathState {
  features: FeaturesState;
  rolling: RollingState | null;
  signals: SignalsState;
}

/** What is said of features and signals. */
export type SignalPathOut = Features | Rolling | Signal;
type Emit = (out: SignalPathOut) => void;

function sayFeatures(state: SignalPathState, row: Features, emit: Emit): void {
  emit(row);
  signals.step(state.signals, row, emit);
}

/**
 * trades + quotes → features → long and short, judged on what is published; trades → rolling → what the rules say, judged
 * at every trade. For records that have passed the graph's door.
 */
export const signalPath: Stage<
  SignalPathState,
  Exclude<MarketRecord, { kind: "headline" }>,
  SignalPathOut,
  SignalPathSettings
> = {
  /** Each of the three counts up, so the sum does. */
  version: features.version + rolling.version + signals.version,
  init: (settings) => ({
    features: features.init(settings.features),
    rolling: settings.rolling === null ? null : rolling.init(settings.rolling),
    signals: signals.init(settings.signals),
  }),
  step(state, record, emit) {
    features.step(state.features, record, (row) => sayFeatures(state, row, emit));
    if (state.rolling === null) return;
    rolling.step(state.rolling, record, emit);
    if (record.kind !== "trade" || record.fill !== undefined || state.signals.settings.rules === null) return;
    const look = lookAt(state.rolling, record.symbol);
    if (look !== null) signals.step(state.signals, look, emit);
  },
};

/** Says what waits for its turn: the input has ended. */
export function flushSignalPath(state: SignalPathState, emit: Emit): void {
  flushFeatures(state.features, Number.POSITIVE_INFINITY, (row) => sayFeatures(state, row, emit));
  if (state.rolling !== null) flushRolling(state.rolling, Number.POSITIVE_INFINITY, emit);
}

/** What was passed over, by reason. */
export const signalPathCounts = (state: SignalPathState): Record<string, number> => ({
  features_late: state.features.late,
  features_unrouted: state.features.unrouted,
  rolling_late: state.rolling?.late ?? 0,
  signals_cooled: state.signals.cooled,
});
