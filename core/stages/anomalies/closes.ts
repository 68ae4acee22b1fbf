import type { Bar, Direction } from "../../messages/index.ts";

/** What the rules use of a minute of history. */
export type Minute = Pick<
  Bar,
  "start_ts_ms" | "end_ts_ms" | "high" | "low" | "close" | "volume" | "buy_volume" | "trade_count"
>;

/** The closes of the newest minutes of history, one a minute without a hole, oldest first. */
export interface Closes {
  end_ms: number;
  prices: number[];
}
export const closes = (): Closes => ({ end_ms: -1, prices: [] });

export const MINUTE_MS = 60_000;

/** How far a minute goes one way from the price one window before its end. */
export interface Leg {
  readonly direction: Direction;
  readonly side: "buy" | "sell";
  readonly ret: number;
  readonly from: number;
  /** When the last close stood that was not beyond `from`. */
  readonly start_ms: number;
}

/** Both ways of the minute that follows the closes. Windows of whole minutes only; none where the price before is not known. */
export function legs(known: Closes, { high, low }: Minute, window_ms: number): Leg[] {
  const from = known.prices[known.prices.length - window_ms / MINUTE_MS];
  if (from === undefined) return [];
  return [
    { direction: "up", side: "buy", ret: high / from - 1, from, start_ms: began(known, window_ms, from, 1) },
    { direction: "down", side: "sell", ret: low / from - 1, from, start_ms: began(known, window_ms, from, -1) },
  ];
}

function began({ end_ms, prices }: Closes, window_ms: number, from: number, sign: 1 | -1): number {
  for (let ago = 1; ago < window_ms / MINUTE_MS; ago++)
    if (sign * (prices[prices.length - ago]! - from) <= 0) return end_ms - (ago - 1) * MINUTE_MS;
  return end_ms + MINUTE_MS - window_ms;
}

/** Orders of one side in a minute (as many as you like where nobody counted them), and its share of the volume. */
export function ofSide(m: Minute, side: "buy" | "sell"): { orders: number; share: number } {
  if (m.volume === 0) return { orders: 0, share: 0 };
  const bought = Math.min(1, m.buy_volume / m.volume);
  const share = side === "buy" ? bought : 1 - bought;
  return { orders: m.trade_count === 0 ? Number.POSITIVE_INFINITY : m.trade_count * share, share };
}
