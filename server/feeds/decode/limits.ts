/** More levels in one update than any venue sends. */
export const LEVELS_MAX = 10_000;
