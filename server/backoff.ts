import type { Settings } from "../core/settings/index.ts";

export type JitterSettings = Pick<Settings, "RETRY_JITTER_MIN" | "RETRY_JITTER_MAX">;
export type RetrySettings = JitterSettings &
  Pick<Settings, "RETRY_MAX_ATTEMPTS" | "RETRY_BACKOFF_BASE_SEC" | "RETRY_BACKOFF_CAP_SEC">;

/** How long to wait after so many failures in a row: doubling, with jitter; the cap holds for what is waited, jitter included. */
export function growingMs(
  failures: number,
  { base_sec, cap_sec }: { readonly base_sec: number; readonly cap_sec: number },
  jitter: JitterSettings,
  random: () => number,
): number {
  if (failures <= 0) return 0;
  const wait_sec = Math.min(cap_sec, base_sec * 2 ** Math.min(failures - 1, 30));
  const low = Math.min(jitter.RETRY_JITTER_MIN, jitter.RETRY_JITTER_MAX);
  const high = Math.max(jitter.RETRY_JITTER_MIN, jitter.RETRY_JITTER_MAX);
  return Math.min(cap_sec, wait_sec * (low + (high - low) * random())) * 1000;
}

/** Between two attempts of a write to the bus or the database. */
export const retryMs = (failures: number, settings: RetrySettings, random: () => number): number =>
  growingMs(
    failures,
    { base_sec: settings.RETRY_BACKOFF_BASE_SEC, cap_sec: settings.RETRY_BACKOFF_CAP_SEC },
    settings,
    random,
  );
