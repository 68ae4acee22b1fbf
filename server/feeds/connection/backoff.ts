import type { Settings } from "../../../core/settings/index.ts";
import { growingMs, type JitterSettings } from "../../backoff.ts";

export type BackoffSettings = JitterSettings &
  Pick<
    Settings,
    | "PRICE_BACKOFF_FAILURES_THRESHOLD"
    | "PRICE_BACKOFF_BASE_SEC"
    | "PRICE_BACKOFF_BASE_AFTER_FAILURES_SEC"
    | "PRICE_BACKOFF_CAP_SEC"
  >;

/** How long to wait after so many failures in a row; from the threshold on the doubling starts from a longer wait. */
export function backoffMs(failures: number, settings: BackoffSettings, random: () => number): number {
  const isMany = failures >= settings.PRICE_BACKOFF_FAILURES_THRESHOLD;
  const base_sec = isMany ? settings.PRICE_BACKOFF_BASE_AFTER_FAILURES_SEC : settings.PRICE_BACKOFF_BASE_SEC;
  return growingMs(failures, { base_sec, cap_sec: settings.PRICE_BACKOFF_CAP_SEC }, settings, random);
}
