/** A socket is left this long before the venue would cut it. */
const LEAVE_EARLY_MS = 10 * 60_000;

/** When the next socket is due for one that a venue lets live for `life_ms`; null: for ever. */
export const leaveAtMs = (dialled_ms: number, life_ms: number | null): number =>
  life_ms === null ? Number.POSITIVE_INFINITY : dialled_ms + Math.max(life_ms / 2, life_ms - LEAVE_EARLY_MS);
