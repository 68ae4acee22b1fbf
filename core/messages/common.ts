import { z } from "zod";

/** Where a record comes from. Synthetic and replayed records never mix with live ones. */
export const Origin = z.enum(["live", "synthetic", "replay", "venue"]);
export type Origin = z.infer<typeof Origin>;

/** Epoch milliseconds; a fraction may carry microseconds. 8.64e15 is the last instant a Date can hold. */
export const EpochMs = z.number().min(0).max(8.64e15);

/** Between two prices further apart there is no return that a number could say. */
export const PRICE_MIN = 1e-18;
export const PRICE_MAX = 1e15;

/** A price anyone could have paid: finite and above zero. */
export const Price = z.number().min(PRICE_MIN).max(PRICE_MAX);
export const isPrice = (value: number): boolean => value >= PRICE_MIN && value <= PRICE_MAX;

export const AMOUNT_MAX = 1e18;
export const Amount = z.number().min(0).max(AMOUNT_MAX);
export const isAmount = (value: number): boolean => value >= 0 && value <= AMOUNT_MAX;

/** Upper-case venue-neutral symbol; long enough for dated futures, short enough to index. */
export const SymbolName = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[A-Za-z0-9._\-/:*]+$/);

export const Side = z.enum(["buy", "sell"]).nullable();
export type Side = z.infer<typeof Side>;
