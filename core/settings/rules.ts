import { intervalMs } from "../messages/bar.ts";
import { FIXED_TOPICS } from "../profiles/index.ts";
import type { Settings } from "./index.ts";

/** Settings that bind each other; each check answers with the problem in words, naming the settings, or null. */
type Rule = (settings: Settings) => string | null;

export const RULES: readonly Rule[] = [
  (s) => below("RETURN_PERCENTILE_LOW", s.RETURN_PERCENTILE_LOW, "RETURN_PERCENTILE_HIGH", s.RETURN_PERCENTILE_HIGH),
  (s) => atMost("RETRY_JITTER_MIN", s.RETRY_JITTER_MIN, "RETRY_JITTER_MAX", s.RETRY_JITTER_MAX),
  (s) => atMost("RETRY_BACKOFF_BASE_SEC", s.RETRY_BACKOFF_BASE_SEC, "RETRY_BACKOFF_CAP_SEC", s.RETRY_BACKOFF_CAP_SEC),
  (s) => atMost("PRICE_BACKOFF_BASE_SEC", s.PRICE_BACKOFF_BASE_SEC, "PRICE_BACKOFF_CAP_SEC", s.PRICE_BACKOFF_CAP_SEC),
  (s) => atMost("NEWS_BACKOFF_BASE_SEC", s.NEWS_BACKOFF_BASE_SEC, "NEWS_BACKOFF_CAP_SEC", s.NEWS_BACKOFF_CAP_SEC),
  (s) =>
    below("SENTIMENT_NEG_THRESHOLD", s.SENTIMENT_NEG_THRESHOLD, "SENTIMENT_POS_THRESHOLD", s.SENTIMENT_POS_THRESHOLD),
  (s) =>
    s.METRICS_PORT !== null && s.METRICS_PORT !== 0 && s.METRICS_PORT === s.PORT
      ? `METRICS_PORT=${s.METRICS_PORT}: allowed is a port other than PORT, or empty`
      : null,
  (s) =>
    new Set(s.WINDOW_LABELS).size === s.WINDOW_LABELS.length
      ? null
      : `WINDOW_LABELS=${s.WINDOW_LABELS.join(",")}: allowed are unique labels`,
  gridNotTooFine,
  (s) =>
    s.LLM_PROVIDER === "openai-compatible" && s.LLM_BASE_URL === ""
      ? "LLM_BASE_URL= (empty): LLM_PROVIDER=openai-compatible needs the server's URL"
      : null,
  topicsApart,
];

/** Volatility looks at each of them at every price: a day on the usual grid of 5 s has 17,280. */
const GRID_STEPS_MAX = 20_000;

function gridNotTooFine({ VOL_RESAMPLE_SEC, WINDOW_LABELS }: Settings): string | null {
  const longest_sec = Math.max(...WINDOW_LABELS.map((label) => intervalMs(label) ?? 0)) / 1_000;
  const least_sec = longest_sec / GRID_STEPS_MAX;
  return VOL_RESAMPLE_SEC >= least_sec
    ? null
    : `VOL_RESAMPLE_SEC=${VOL_RESAMPLE_SEC}: allowed is a number from ${least_sec}, a ${GRID_STEPS_MAX}th of the longest of WINDOW_LABELS=${WINDOW_LABELS.join(",")}`;
}

const NARRATOR_TOPICS = [
  "PRICE_TOPIC",
  "PRICE_DLQ_TOPIC",
  "NEWS_TOPIC",
  "NEWS_ENRICHED_TOPIC",
  "ALERTS_TOPIC",
  "SUMMARIES_TOPIC",
] as const;

/** Two kinds of records on one topic, or one of ours written by a profile, would leave readers with what they do not know. */
function topicsApart(s: Settings): string | null {
  if (!s.PROFILES.includes("narrator")) return null;
  const taken = new Map<string, string>(FIXED_TOPICS.map((name) => [name, "a topic of its own"]));
  for (const setting of NARRATOR_TOPICS) {
    const name = s[setting];
    const other = taken.get(name);
    if (other !== undefined) return `${setting}=${name}: allowed is a name that is not ${other}`;
    taken.set(name, `${setting}'s as well`);
  }
  return null;
}

function below(low: string, lowValue: number, high: string, highValue: number): string | null {
  return lowValue < highValue ? null : `${low}=${lowValue}: allowed is a number below ${high}=${highValue}`;
}

function atMost(low: string, lowValue: number, high: string, highValue: number): string | null {
  return lowValue <= highValue ? null : `${low}=${lowValue}: allowed is a number up to ${high}=${highValue}`;
}
