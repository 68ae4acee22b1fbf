export interface FeaturesSettings {
  /** 1 s / FEATURES_PUB_RATE_HZ: at most one record per symbol and so much event time; 0: one for every event. */
  readonly pub_ms: number;
  /** ROLLING_WINDOW_SECONDS: how far the numbers called 60s look back. */
  readonly window_ms: number;
  /** Trades, and latencies, kept of a symbol, at most: beyond it the oldest go. */
  readonly points_max: number;
  readonly max_symbols: number;
}

export const SHORT_MS = 10_000;

export const FEATURES_SETTINGS: FeaturesSettings = {
  pub_ms: 100,
  window_ms: 60_000,
  points_max: 100_000,
  max_symbols: 5_000,
};
