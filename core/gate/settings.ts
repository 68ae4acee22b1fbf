export interface GateSettings {
  /** MARKET_MIN_SYMBOLS: from so many on, moves in one direction are one market alert. */
  readonly market_min_symbols: number;
  /** … opened within this much event time. */
  readonly market_window_ms: number;
  /** A market alert that grows is said again at most this often. */
  readonly market_restate_ms: number;
  /** HEADLINE_MAX_AGE_SEC. */
  readonly headline_max_age_ms: number;
  /** Alerts worth a push, and notices, admitted per minute and per hour of event time. */
  readonly push_budget: { readonly minute: number; readonly hour: number };
  readonly notice_budget: { readonly minute: number; readonly hour: number };
  /** An alert that is over is remembered this long: no later statement of it can come. */
  readonly keep_ms: number;
  readonly max_alerts: number;
}

export const GATE_SETTINGS: GateSettings = {
  market_min_symbols: 5,
  market_window_ms: 60_000,
  market_restate_ms: 1_000,
  headline_max_age_ms: 900_000,
  push_budget: { minute: 10, hour: 60 },
  notice_budget: { minute: 60, hour: 600 },
  keep_ms: 3_600_000,
  max_alerts: 5_000,
};
