import { type PriceRing, priceAgo, ringOf, sameUntil } from "./price-ring.ts";

/** Prices as they stood a window ago, one per window: asked for at every print, they change when a step has passed. */
export interface Past {
  until_ms: number;
  prices: number[];
}
export const past = (): Past => ({ until_ms: 0, prices: [] });

export function lastAgo(
  known: Past,
  rings: readonly PriceRing[],
  now_ms: number,
  windows: readonly { readonly ms: number }[],
): readonly number[] {
  if (now_ms < known.until_ms) return known.prices;
  known.until_ms = now_ms + 1_000;
  for (let i = 0; i < windows.length; i++) {
    const { ms } = windows[i]!;
    const ring = ringOf(rings, ms);
    known.prices[i] = priceAgo(ring, now_ms, ms);
    known.until_ms = Math.min(known.until_ms, sameUntil(ring, now_ms, ms));
  }
  return known.prices;
}
