import { TapebellError } from "../../core/errors.ts";
import type { Clock } from "../../core/ports/clock.ts";
import { type RetrySettings, retryMs } from "../../server/backoff.ts";

export interface InsistOptions {
  readonly clock: Clock;
  readonly settings: RetrySettings;
  readonly random: () => number;
  /** Stopped: what is under way is tried once more and then given up. */
  readonly signal: AbortSignal;
}

/** Tries again with growing waits. Whoever gets through wakes all the others: the other side is back. */
export class Insist {
  private back = new AbortController();

  constructor(readonly options: InsistOptions) {}

  /** Rejects with what no further try can mend, with the last failure of `attempts`, or when stopped. */
  async run<T>(
    attempt: () => Promise<T>,
    failed: (cause: TapebellError, failures: number) => void,
    attempts = Number.POSITIVE_INFINITY,
  ): Promise<T> {
    const { clock, settings, random, signal } = this.options;
    for (let failures = 1; ; failures++) {
      try {
        const result = await attempt();
        if (failures > 1) this.wake();
        return result;
      } catch (cause) {
        if (!mayPass(cause)) throw cause;
        failed(cause, failures);
        if (failures >= attempts || signal.aborted) throw cause;
      }
      await clock.sleep(retryMs(failures, settings, random), AbortSignal.any([signal, this.back.signal]));
    }
  }

  private wake(): void {
    this.back.abort();
    this.back = new AbortController();
  }
}

/** A bus thread that is gone does not come back to this thread: its role must be started anew. */
export const mayPass = (cause: unknown): cause is TapebellError =>
  cause instanceof TapebellError && cause.kind === "outside" && cause.code !== "bus_gone";
