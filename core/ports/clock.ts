import type { StopSignal } from "./signal.ts";

/** Wall time and waiting, handed in so that tests and the simulator can own both. */
export interface Clock {
  now(): number;
  /** Resolves early, without error, when the signal fires. */
  sleep(ms: number, signal?: StopSignal): Promise<void>;
}
