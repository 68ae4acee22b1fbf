import { TapebellError } from "../../errors.ts";
import { intervalMs } from "../../messages/bar.ts";

export interface WindowSpec {
  /** As in WINDOW_LABELS: "1m". */
  readonly label: string;
  readonly ms: number;
  /** ALERT_THRESHOLD_<LABEL>: the return at which the classic rule and the fixed limit fire. */
  readonly threshold: number;
}

export interface MetricsSettings {
  readonly windows: readonly WindowSpec[];
  readonly vol_resample_ms: number;
  readonly history_max: number;
  readonly ewma_alpha: number;
  readonly ewma_z_cap: number;
  readonly vol_z_spike: number;
  readonly percentile_min: number;
  readonly percentile_low: number;
  readonly percentile_high: number;
  readonly max_gap_factor: number;
  /** DUPLICATE_TIME: which price of a (time, symbol) stays. */
  readonly duplicate_time: "first" | "last";
  /** LATE_PRICE_TOLERANCE_SEC in ms. Null: every price is put in its place, however late (the bare window). */
  readonly late_tolerance_ms: number | null;
  /** One row per input price, with `action`, for files; the live path wants rows that say something. */
  readonly every_input: boolean;
  readonly max_symbols: number;
}

const DEFAULT_THRESHOLDS: Readonly<Record<string, number>> = { "1m": 0.05, "5m": 0.08, "15m": 0.12 };

/** The curve through 5 % a minute and 12 % in 15: what a window nobody gave a limit for gets. */
export function defaultThreshold(label: string, ms: number): number {
  const known = DEFAULT_THRESHOLDS[label];
  if (known !== undefined) return known;
  const power = Math.log(0.12 / 0.05) / Math.log(15);
  return Math.round(0.05 * (ms / 60_000) ** power * 10_000) / 10_000;
}

/** WINDOW_LABELS and ALERT_THRESHOLD_<LABEL> → windows in the order given. */
export function windowSpecs(
  labels: readonly string[],
  thresholds: Readonly<Record<string, number | undefined>> = {},
): WindowSpec[] {
  const refuse = (what: string): never => {
    throw new TapebellError("usage", "bad_window_labels", `WINDOW_LABELS: ${what}`, {
      hint: "Give a list like 1m,5m,15m: whole numbers with s, m or h, each once.",
    });
  };
  if (labels.length === 0 || labels.length > 16) refuse(`${labels.length} windows, allowed are 1 to 16`);
  if (new Set(labels).size !== labels.length) refuse(`"${labels.join(",")}" names a window twice`);
  return labels.map((label) => {
    const ms = /^\d+(s|m|h)$/.test(label) ? intervalMs(label) : null;
    if (ms === null || ms > 86_400_000) return refuse(`"${label}" is no window of up to a day`);
    return { label, ms, threshold: thresholds[label.toUpperCase()] ?? defaultThreshold(label, ms) };
  });
}

export const WINDOWS: readonly WindowSpec[] = windowSpecs(["1m", "5m", "15m"]);

export const METRICS_SETTINGS: MetricsSettings = {
  windows: WINDOWS,
  vol_resample_ms: 5_000,
  history_max: 300,
  ewma_alpha: 0.25,
  ewma_z_cap: 6,
  vol_z_spike: 3,
  percentile_min: 3,
  percentile_low: 0.05,
  percentile_high: 0.95,
  max_gap_factor: 1.5,
  duplicate_time: "first",
  late_tolerance_ms: 0,
  every_input: false,
  max_symbols: 5_000,
};
