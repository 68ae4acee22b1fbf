import { NONE } from "./state.ts";

/** How far past its receive time a trade may push its symbol's clock. */
const AHEAD_MS = 1_000;

export interface SeenClock {
  seen_ms: number;
  jump_ms: number;
  due_ms: number;
}

/**
 * Moves `seen` by an accepted trade. With a receive time it goes no further than shortly past it. Without one (files), a
 * long step forward waits until a second record is there too: one misdated record must not make all later ones late.
 */
export function moveSeen(
  clock: SeenClock,
  trade: { readonly ts_ms: number; readonly recv_ms?: number | undefined },
  jump_max_ms: number,
): void {
  const { ts_ms, recv_ms } = trade;
  if (recv_ms !== undefined) {
    const to_ms = Math.min(ts_ms, recv_ms + AHEAD_MS);
    if (to_ms > clock.seen_ms) clock.seen_ms = to_ms;
  } else if (jump_max_ms === 0 || clock.seen_ms === NONE || ts_ms - clock.seen_ms <= jump_max_ms) {
    if (ts_ms > clock.seen_ms) clock.seen_ms = ts_ms;
    clock.jump_ms = NONE;
  } else if (clock.jump_ms === NONE) {
    clock.jump_ms = ts_ms;
  } else {
    clock.seen_ms = Math.min(clock.jump_ms, ts_ms);
    const near = ts_ms - clock.seen_ms <= jump_max_ms;
    if (near) clock.seen_ms = Math.max(clock.seen_ms, ts_ms);
    clock.jump_ms = near ? NONE : ts_ms;
  }
  if (clock.seen_ms > clock.due_ms) clock.due_ms = clock.seen_ms;
}
