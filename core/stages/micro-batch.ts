import { BARS_DEFAULTS, type BarsSettings } from "./bars/settings.ts";

/** The section `micro_batch` of a configuration. */
export interface MicroBatchSettings {
  readonly window_ms: number;
  /** How long a window waits for its late events; those that come later are set aside. */
  readonly allow_late_ms: number;
  /** Silence after which what is open goes out, marked. */
  readonly flush_timeout_ms: number;
}

const UNITS = [
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
  ["ms", 1],
] as const;

/** 2000 → "2s". */
function intervalOf(window_ms: number): string {
  const [unit, length_ms] = UNITS.find(([, ms]) => window_ms % ms === 0) ?? ["ms", 1];
  return `${window_ms / length_ms}${unit}`;
}

/**
 * A micro-batch is a bar of the window's length: aligned to the epoch, closed by the watermark, ordered by time and
 * sequence, never cut short by how many events it holds. So a busy symbol neither closes nor delays another's.
 */
export const microBatch = (settings: MicroBatchSettings, over: BarsSettings = BARS_DEFAULTS): BarsSettings => ({
  ...over,
  intervals: [intervalOf(settings.window_ms)],
  late_ms: settings.allow_late_ms,
  late_window_ms: settings.window_ms,
  stall_ms: settings.flush_timeout_ms,
  forming_ms: 0,
});
