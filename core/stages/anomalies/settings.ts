import { WINDOWS, type WindowSpec } from "../metrics/settings.ts";

/** One parameter set for all symbols; docs/alerts.md gives each its reason. */
export interface AdaptiveSettings {
  /** WINDOW_LABELS with their limits (ALERT_THRESHOLD_*): the fixed rule. */
  readonly windows: readonly WindowSpec[];
  /** Which rules judge, in this order: the first to fire names the alert. */
  readonly rules: readonly RuleName[];
  /** A price counts once this many trades in a row stand beyond the limit. */
  readonly confirm_trades: number;
  /** A print this far beyond the last buy and the last sell must be confirmed before anything believes it. */
  readonly print_jump: number;
  /** Across a gap, a step from this size on is no move: the windows begin anew behind it. */
  readonly gap_jump: number;
  /** No alert opens for this long after a route change. */
  readonly route_guard_ms: number;
  /** Without a hit for this long a move is over; a hit within it re-opens the same alert. */
  readonly quiet_ms: number;
  /** Over when this share of the way is given back. */
  readonly give_back: number;
  /** … for this long, without a trade ahead of it: a wild market crosses the mark many times. */
  readonly give_back_ms: number;
  /** Escalated when the return has grown by this factor … */
  readonly escalate_factor: number;
  /** … and is at least this large. */
  readonly escalate_min: number;
  /** Trades received this long after they happened come from history: what they would have raised is marked so. */
  readonly history_lag_ms: number;
  /** Below this much observed time the normal range of a symbol is not known. */
  readonly learning_ms: number;
  readonly volume_half_life_ms: number;
  readonly fixed: {
    readonly volume_factor: number;
    /** … and the volume of at least this many normal orders: where few are normal, a burst is soon 20 times the mean. */
    readonly volume_orders: number;
  };
  readonly confirmed: {
    readonly windows: readonly { readonly label: string; readonly ms: number }[];
    /** L(w) = limit · (w / 5 s)^power. */
    readonly limit: number;
    readonly power: number;
    readonly orders_min: number;
    readonly orders_factor: number;
    readonly volume_factor: number;
    readonly side_share: number;
    readonly learning_factor: number;
  };
  readonly relative: {
    readonly windows: readonly { readonly label: string; readonly ms: number }[];
    /** Share of a symbol's own seconds that stay within the limit. */
    readonly quantile: number;
    /** Below so many seconds the quantile is the largest value and says nothing. */
    readonly seconds_min: number;
    /** No smaller move is worth a word, however still the symbol. */
    readonly min: number;
  };
  /** Symbols whose moves are told beside every other alert. */
  readonly benchmarks: readonly string[];
  /** How often the nearest symbols are told, event time; 0 = never. */
  readonly nearest_ms: number;
  /** Names this share of the market in `nearest`. */
  readonly part: string;
  readonly max_symbols: number;
}

export type RuleName = "confirmed" | "relative" | "fixed";

export const ADAPTIVE_SETTINGS: AdaptiveSettings = {
  windows: WINDOWS,
  rules: ["confirmed", "fixed", "relative"],
  confirm_trades: 3,
  print_jump: 0.025,
  gap_jump: 0.005,
  route_guard_ms: 60_000,
  quiet_ms: 900_000,
  give_back: 0.5,
  give_back_ms: 5_000,
  escalate_factor: 2,
  escalate_min: 0.1,
  history_lag_ms: 60_000,
  learning_ms: 12 * 3_600_000,
  volume_half_life_ms: 2 * 86_400_000,
  fixed: { volume_factor: 20, volume_orders: 400 },
  confirmed: {
    windows: [
      { label: "5s", ms: 5_000 },
      { label: "1m", ms: 60_000 },
      { label: "5m", ms: 300_000 },
    ],
    limit: 0.025,
    power: 0.2,
    orders_min: 4,
    orders_factor: 10,
    volume_factor: 200,
    side_share: 0.7,
    learning_factor: 2,
  },
  relative: {
    windows: [
      { label: "5s", ms: 5_000 },
      { label: "1m", ms: 60_000 },
      { label: "5m", ms: 300_000 },
    ],
    quantile: 0.9999,
    seconds_min: 20_000,
    min: 0.005,
  },
  benchmarks: ["BTCUSDT", "BTCUSDC", "BTCUSD", "BTC-USD", "BTC/USD", "XBT/USD"],
  nearest_ms: 1_000,
  part: "0",
  max_symbols: 5_000,
};

/** How far back any rule looks. */
export function longestWindow({ windows, relative, confirmed }: AdaptiveSettings): number {
  let longest_ms = 0;
  for (const { ms } of windows) if (ms > longest_ms) longest_ms = ms;
  for (const { ms } of relative.windows) if (ms > longest_ms) longest_ms = ms;
  for (const { ms } of confirmed.windows) if (ms > longest_ms) longest_ms = ms;
  return longest_ms;
}
