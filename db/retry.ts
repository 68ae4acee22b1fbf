import { remedyFor } from "./faults.ts";

/** A statement that was stopped for taking too long is tried this often in all. */
const TIMEOUT_TRIES = 3;
const BACKOFF_FIRST_MS = 25;
const BACKOFF_MAX_MS = 2_000;

export interface Patience {
  /** After this the last fault is the answer. */
  readonly give_up_ms: number;
  /** Nobody waits any more: no further try. */
  readonly stopped: () => boolean;
  readonly onRetry: () => void;
}

/** For what may be done twice: tried until it succeeds, its fault will not pass, or patience ends. */
export async function surely<T>(attempt: (left_ms: number) => Promise<T>, patience: Patience): Promise<T> {
  const until = performance.now() + patience.give_up_ms;
  let timeouts = 0;
  for (let tries = 0; ; tries++) {
    try {
      return await attempt(Math.max(1, until - performance.now()));
    } catch (cause) {
      const remedy = remedyFor(cause);
      if (remedy === "give_up" || patience.stopped()) throw cause;
      if (remedy === "again_few" && ++timeouts >= TIMEOUT_TRIES) throw cause;
      const pause_ms = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.min(tries, 8)) * (0.5 + Math.random() / 2);
      if (performance.now() + pause_ms >= until) throw cause;
      patience.onRetry();
      await Bun.sleep(pause_ms);
    }
  }
}
