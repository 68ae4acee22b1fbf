import type { StreamClock } from "../stream/client.ts";

export interface ManualClock extends StreamClock {
  /** Moves time on, running what falls due in order. */
  pass(ms: number): void;
}

export function makeManualClock(start_ms = 1_790_000_000_000): ManualClock {
  let now = start_ms;
  let sequence = 0;
  const due = new Map<number, { at: number; fn: () => void }>();
  return {
    now: () => now,
    after(delayMs, fn) {
      sequence += 1;
      const id = sequence;
      due.set(id, { at: now + delayMs, fn });
      return () => due.delete(id);
    },
    pass(ms) {
      const end = now + ms;
      for (;;) {
        const next = [...due].filter(([, job]) => job.at <= end).sort(([a, x], [b, y]) => x.at - y.at || a - b)[0];
        if (next === undefined) break;
        due.delete(next[0]);
        now = Math.max(now, next[1].at);
        next[1].fn();
      }
      now = end;
    },
  };
}
