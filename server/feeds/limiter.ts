import type { Clock } from "../../core/ports/clock.ts";
import type { StopSignal } from "../../core/ports/signal.ts";

/** What a venue lets us do within a span: messages on a socket, connections, weight of REST calls. */
export interface Limit {
  readonly count: number;
  readonly per_ms: number;
}

export interface Limiter {
  /** How long the next `cost` would have to wait now; what is taken meanwhile by others is not foreseen. */
  waitMs(cost?: number): number;
  /** Waits its turn, first come first served. False when the signal fired before. */
  take(cost?: number, signal?: StopSignal): Promise<boolean>;
  /** Nobody passes before then: the venue said so. */
  blockUntil(at_ms: number): void;
}

/**
 * At most `count` within any span of `per_ms`, not only within aligned ones: a burst at the end of one second and another
 * at the start of the next would break a venue's rule.
 */
export function createLimiter({ count, per_ms }: Limit, clock: Clock): Limiter {
  const taken: { readonly at_ms: number; readonly cost: number }[] = [];
  let sum = 0;
  let blocked_ms = 0;
  let line: Promise<unknown> = Promise.resolve();

  const forget = (now_ms: number): void => {
    // A clock set back would keep what lies ahead of it for ever.
    while (taken[0] !== undefined && (taken[0].at_ms <= now_ms - per_ms || taken[0].at_ms > now_ms + per_ms)) {
      sum -= taken[0].cost;
      taken.shift();
    }
  };
  /** A cost above the whole limit takes all of it: it must not wait for ever. */
  const fitting = (cost: number): number => Math.min(Math.max(cost, 0), count);

  const waitMs = (cost = 1): number => {
    const now_ms = clock.now();
    forget(now_ms);
    let wait_ms = Math.max(0, blocked_ms - now_ms);
    let over = sum + fitting(cost) - count;
    for (const one of taken) {
      if (over <= 0) break;
      over -= one.cost;
      wait_ms = Math.max(wait_ms, one.at_ms + per_ms - now_ms);
    }
    return wait_ms;
  };

  async function turn(cost: number, signal?: StopSignal): Promise<boolean> {
    for (;;) {
      if (signal?.aborted === true) return false;
      const wait_ms = waitMs(cost);
      if (wait_ms <= 0) break;
      await clock.sleep(wait_ms, signal);
    }
    taken.push({ at_ms: clock.now(), cost: fitting(cost) });
    sum += fitting(cost);
    return true;
  }

  return {
    waitMs,
    take(cost = 1, signal) {
      const mine = line.then(() => turn(cost, signal));
      line = mine;
      return mine;
    },
    blockUntil(at_ms) {
      blocked_ms = Math.max(blocked_ms, at_ms);
    },
  };
}
