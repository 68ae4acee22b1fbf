import { PRICE_MAX, PRICE_MIN } from "../../../core/messages/common.ts";

/** As the records' schemas have them. */
export const AMOUNT_MAX = 1e18;
/** More levels in one update than any venue sends. */
export const LEVELS_MAX = 10_000;

export const isPrice = (value: number): boolean => value >= PRICE_MIN && value <= PRICE_MAX;
export const isAmount = (value: number): boolean => value >= 0 && value <= AMOUNT_MAX;
