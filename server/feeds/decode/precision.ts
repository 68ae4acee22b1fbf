import { decimalText } from "./fields.ts";

/** Decimals of a price whose smallest step is this text: 0.01 → 2, 1 → 0, 1e-8 → 8; null when it is no step. */
export function decimalsOf(step: unknown): number | null {
  const value = decimalText(step);
  if (!(value > 0) || value > 1e9) return null;
  for (let decimals = 0; decimals <= 20; decimals++) {
    const scaled = value * 10 ** decimals;
    if (scaled >= 1 - 1e-9 && Math.abs(scaled - Math.round(scaled)) < 1e-6) return decimals;
  }
  return null;
}
