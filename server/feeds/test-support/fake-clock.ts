import type { Clock } from "../../../core/ports/clock.ts";

/** Time that stands still until it is told to go on; sleepers wake in the order of their times. */
export interface FakeClock extends Clock {
  advance(ms: number): Promise<void>;
}

/** What was woken may await several things before it sleeps again. */
const SETTLE_TURNS = 20;
const settle = async (): Promise<void> => {
  for (let i = 0; i < SETTLE_TURNS; i++) await Promise.resolve();
};

export function fakeClock(start_ms = 1_700_000_000_000): FakeClock {
  let now_ms = start_ms;
  const sleepers = new Set<{ readonly at_ms: number; readonly wake: () => void }>();
  return {
    now: () => now_ms,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true || ms <= 0) return resolve();
        const sleeper = {
          at_ms: now_ms + ms,
          wake: () => {
            sleepers.delete(sleeper);
            signal?.removeEventListener("abort", sleeper.wake);
            resolve();
          },
        };
        sleepers.add(sleeper);
        signal?.addEventListener("abort", sleeper.wake);
      }),
    async advance(ms) {
      const end_ms = now_ms + ms;
      await settle();
      for (;;) {
        const next = [...sleepers].sort((a, b) => a.at_ms - b.at_ms)[0];
        if (next === undefined || next.at_ms > end_ms) break;
        now_ms = Math.max(now_ms, next.at_ms);
        next.wake();
        await settle();
      }
      now_ms = end_ms;
    },
  };
}
