import type { Clock } from "../../core/ports/clock.ts";

export interface OnwardClock extends Clock {
  /** By how much the machine's clock was set back, and not forth again. */
  readonly set_back_ms: number;
}

/** Less is what clocks do by themselves. */
const JUMP_MS = 1_000;

/**
 * A clock that never goes back by much. Who sets a machine's clock back by an hour must not have an hour of trades dated in
 * the future, nor waits that never end: what it says goes on, until the clock is set forth again.
 */
export function onwardClock(clock: Clock): OnwardClock {
  let wall_ms = clock.now();
  let set_back_ms = 0;
  return {
    get set_back_ms() {
      return set_back_ms;
    },
    now() {
      const now_ms = clock.now();
      const step_ms = now_ms - wall_ms;
      wall_ms = now_ms;
      if (step_ms < -JUMP_MS) set_back_ms -= step_ms;
      // A thread that was merely held up for a while is no clock set right.
      else if (step_ms > JUMP_MS && step_ms > set_back_ms / 2) set_back_ms = Math.max(0, set_back_ms - step_ms);
      return now_ms + set_back_ms;
    },
    sleep: (ms, signal) => clock.sleep(ms, signal),
  };
}
