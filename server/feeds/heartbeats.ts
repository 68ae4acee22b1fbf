import type { Origin } from "../../core/messages/common.ts";
import type { Heartbeat } from "../../core/messages/heartbeat.ts";

/** Without a frame or pong for this long a connection no longer knows what time it is at the venue. */
export const SILENCE_AFTER_MS = 2_000;

export interface Heartbeats {
  /** When the next one is due. */
  readonly next_ms: number;
  /**
   * The heartbeat due at `now_ms`, or null. `alive_ms`: when the venue last showed a sign of life. `vouched_ms`: every
   * trade up to then has been sent. Call it after sending those trades. Its time never goes back; in silence it stands.
   */
  take(now_ms: number, alive_ms: number, vouched_ms: number): Heartbeat | null;
  /** One at once, outside the rhythm: after a run of older trades, so that quiet symbols follow. */
  vouch(vouched_ms: number): Heartbeat;
}

export function createHeartbeats(provider: string, origin: Origin, every_ms: number): Heartbeats {
  let next_ms = 0;
  let told_ms = 0;
  const record = (reason: Heartbeat["reason"]): Heartbeat => ({
    kind: "heartbeat",
    origin,
    provider,
    ts_ms: told_ms,
    reason,
  });
  return {
    get next_ms() {
      return next_ms;
    },
    take(now_ms, alive_ms, vouched_ms) {
      // A clock set back by more than a beat must not stop the rhythm.
      if (now_ms < next_ms && next_ms - now_ms <= every_ms) return null;
      next_ms = (Math.floor(now_ms / every_ms) + 1) * every_ms;
      if (now_ms - alive_ms > SILENCE_AFTER_MS) return told_ms === 0 ? null : record("silence");
      told_ms = Math.max(told_ms, vouched_ms);
      return record("clock");
    },
    vouch(vouched_ms) {
      told_ms = Math.max(told_ms, vouched_ms);
      return record("clock");
    },
  };
}
