import { count, decimal, group, int, kind, list, oneOf, positive, setting } from "../setting.ts";

const WINDOW_UNIT_MS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000 };
const WINDOW_MAX_MS = 86_400_000;

/** "5m" → 300000; null for what is no window label. */
export function windowMs(label: string): number | null {
  const match = /^([1-9]\d{0,5})(s|m|h)$/.exec(label);
  const length_ms = match === null ? 0 : Number(match[1]) * (WINDOW_UNIT_MS[match[2] ?? ""] ?? 0);
  return length_ms > 0 && length_ms <= WINDOW_MAX_MS ? length_ms : null;
}

const label = kind("a window such as 30s, 5m or 1h, up to 24h", (value) => {
  const word = value.toLowerCase();
  return windowMs(word) === null ? undefined : word;
});

const fraction = () => decimal({ min: 0, max: 1 });

export const bars = group({
  BAR_STALL_MS: setting(int({ min: 100, max: 86_400_000 }), "10000", "Silence after which open bars go out partial"),
  BAR_REVISE_MS: setting(
    int({ min: 0, max: 86_400_000 }),
    "900000",
    "How long after its end a bar is still revised by late trades",
  ),
  DEDUPE_SEC: setting(positive(86_400), "120", "How far back a repeated trade is recognised"),
});

export const windows = group({
  WINDOW_LABELS: setting(list(label, { min: 1, max: 16 }), "1m,5m,15m", "Windows of returns and volatility"),
  ALERT_THRESHOLD_1M: setting(positive(1_000), "0.05", "Return over 1m that alerts; any label of WINDOW_LABELS"),
  ALERT_THRESHOLD_5M: setting(positive(1_000), "0.08", "Return over 5m that alerts"),
  ALERT_THRESHOLD_15M: setting(positive(1_000), "0.12", "Return over 15m that alerts"),
  ANOMALY_MODE: setting(
    oneOf(["adaptive", "classic"]),
    "adaptive",
    "adaptive: one alert per excursion; classic: the source system's decisions",
  ),
  ANOMALY_COOLDOWN_SEC: setting(positive(86_400), "60", "Classic: pause between two alerts of a symbol and window"),
  MARKET_MIN_SYMBOLS: setting(int({ min: 2, max: 1_000 }), "5", "Symbols that must move together for a market alert"),
  ALERT_LOG_EVERY: setting(count(), "50", "Alerts between two log lines"),
  PRICE_SAMPLE_MS: setting(int({ min: 1, max: 3_600_000 }), "1000", "Longest time between two price records"),
  DUPLICATE_TIME: setting(
    oneOf(["first", "last"]),
    "first",
    "Which of two prices of one symbol and time stays in the table",
  ),
  LATE_PRICE_TOLERANCE_SEC: setting(decimal({ min: 0, max: 86_400 }), "0", "How late a price may be"),
  WINDOW_MAX_GAP_FACTOR: setting(positive(1_000), "1.5", "A hole longer than this times the window voids it"),
  WINDOW_HISTORY_MAXLEN: setting(int({ min: 2, max: 100_000 }), "300", "Past returns kept for z-scores"),
  VOL_RESAMPLE_SEC: setting(positive(3_600), "5", "Grid on which volatility is measured"),
  VOL_Z_SPIKE_THRESHOLD: setting(positive(1_000), "3", "z-score of volatility that counts as a spike"),
  EWMA_RETURN_ALPHA: setting(decimal({ above: 0, max: 1 }), "0.25", "Weight of the newest return z-score"),
  EWMA_Z_CAP: setting(positive(1_000), "6", "Bound of the smoothed z-score"),
  PERCENTILE_MIN_SAMPLES: setting(count(100_000), "3", "Returns needed before percentiles are given"),
  RETURN_PERCENTILE_LOW: setting(fraction(), "0.05", "Lower percentile of returns"),
  RETURN_PERCENTILE_HIGH: setting(fraction(), "0.95", "Upper percentile of returns"),
});

export const signals = group({
  ROLLING_WINDOW_SECONDS: setting(positive(86_400), "60", "Length of the rolling window of trades and quotes"),
  FEATURES_PUB_RATE_HZ: setting(positive(1_000), "10", "Features per symbol and second, at most"),
  SIGNAL_RETURN_THRESHOLD: setting(positive(1_000), "0.003", "10 s return a long or short signal needs"),
  SIGNAL_VOLUME_THRESHOLD: setting(decimal({ min: 0, max: 1e18 }), "1.0", "10 s volume a signal needs"),
  SIGNAL_SPREAD_MAX_BPS: setting(positive(10_000), "20", "Widest spread at which a signal is given"),
  SIGNAL_COOLDOWN_SEC: setting(decimal({ min: 0, max: 86_400 }), "10", "Pause between two signals of a symbol"),
  SYSTEM_ALERT_LATENCY_MS: setting(
    positive(3_600_000),
    "2000",
    "A feed of whose trades 5 % come later than this is told of (system alerts)",
  ),
  SYSTEM_ALERT_LAG_RECORDS: setting(
    int({ min: 1, max: 1_000_000_000 }),
    "50000",
    "A part that is further behind than this is told of",
  ),
  SYSTEM_ALERT_HOLD_SEC: setting(
    decimal({ min: 0, max: 86_400 }),
    "5",
    "How long a trouble, or its end, must last to be told of",
  ),
  SYSTEM_ALERT_COOLDOWN_SEC: setting(
    decimal({ min: 0, max: 86_400 }),
    "60",
    "Pause between two system alerts of one reason and part",
  ),
});
