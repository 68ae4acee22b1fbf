import type { StopSignal } from "../../core/ports/signal.ts";
import type { Transport } from "./protocol.ts";

/** A reader ends by its signal or when the bus is closed, and fails when the bus is gone. */
export class ReaderEnd {
  stopped: boolean;
  private failure: Error | null = null;
  private waiting: { readonly resolve: (value: null) => void; readonly reject: (error: Error) => void } | null = null;
  private readonly offs: (() => void)[] = [];

  constructor(transport: Transport, signal: StopSignal | undefined) {
    this.stopped = signal?.aborted ?? false;
    if (signal !== undefined && !this.stopped) {
      const onAbort = () => this.stop();
      signal.addEventListener("abort", onAbort);
      this.offs.push(() => signal.removeEventListener("abort", onAbort));
    }
    const offEnd = transport.onEnd((error) => {
      if (error === null) return this.stop();
      this.failure = error;
      this.waiting?.reject(error);
    });
    this.offs.push(offEnd);
  }

  /**
   * The promise's value, or null once stopped. One at a time. Not Promise.race: that would hang one more reaction on a
   * promise as old as the reader at each step.
   */
  or<T>(promise: Promise<T>): Promise<T | null> {
    if (this.stopped) return Promise.resolve(null);
    if (this.failure !== null) return Promise.reject(this.failure);
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      promise.then(resolve, (error) => (this.stopped ? resolve(null) : reject(error)));
    });
  }

  off(): void {
    for (const off of this.offs) off();
  }

  private stop(): void {
    this.stopped = true;
    this.waiting?.resolve(null);
  }
}
