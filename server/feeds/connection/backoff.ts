import type { Settings } from "../../../core/settings/index.ts";

export type BackoffSettings = Pick<
  Settings,
  | "PRICE_BACKOFF_FAILURES_THRESHOLD"
  | "PRICE_BACKOFF_BASE_SEC"
  | "PRICE_BACKOFF_BASE_AFTER_FAILURES_SEC"
  | "PRICE_BACKOFF_CAP_SEC"
  | "RETRY_JITTER_MIN"
  | "RETRY_JITTER_MAX"
>;

/** How long to wait after so many failures in a row; from the threshold on the doubling starts from a longer wait. */
export function backoffMs(failures: number, settings: BackoffSettings, random: () => number): number {
  if (failures <= 0) return 0;
  const isMany = failures >= settings.PRICE_BACKOFF_FAILURES_THRESHOLD;
  const base_sec = isMany ? settings.PRICE_BACKOFF_BASE_AFTER_FAILURES_SEC : settings.PRICE_BACKOFF_BASE_SEC;
  const cap_sec = settings.PRICE_BACKOFF_CAP_SEC;
  const wait_sec = Math.min(cap_sec, base_sec * 2 ** Math.min(failures - 1, 30));
  const low = Math.min(settings.RETRY_JITTER_MIN, settings.RETRY_JITTER_MAX);
  const high = Math.max(settings.RETRY_JITTER_MIN, settings.RETRY_JITTER_MAX);
  // The cap holds for what is waited, jitter included.
  return Math.min(cap_sec, wait_sec * (low + (high - low) * random())) * 1000;
}
