export interface Backoff {
  readonly firstMs: number;
  readonly maxMs: number;
}

export const BACKOFF: Backoff = { firstMs: 400, maxMs: 10_000 };

/**
 * The wait before attempt `attempt` (0 = the first retry): doubling, and somewhere in the upper half of it, so that many
 * pages do not come back in the same instant. `random` is in [0, 1).
 */
export function backoffMs(attempt: number, random: number, { firstMs, maxMs }: Backoff = BACKOFF): number {
  const full = Math.min(maxMs, firstMs * 2 ** Math.min(attempt, 30));
  return Math.round(full / 2 + (full / 2) * random);
}
