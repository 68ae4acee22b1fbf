import type { Bar } from "../../../../core/messages/bar.ts";
import type { Trade } from "../../../../core/messages/trade.ts";

/** Mean volume and orders of one side in ten seconds, as a reader of one-minute candles knows them. */
export interface Baseline {
  readonly buy10s: number;
  readonly sell10s: number;
  readonly orders10s: number;
}

const HALF_LIFE_MIN = 2 * 1_440;

/** Running means with a half-life of two days, from the oldest candle to the newest. */
export function baselineOf(bars: readonly Bar[]): Baseline {
  let [weight, buy, sell, orders] = [0, 0, 0, 0];
  const keep = 0.5 ** (1 / HALF_LIFE_MIN);
  for (const bar of bars) {
    weight = weight * keep + 1;
    buy = buy * keep + bar.buy_volume;
    sell = sell * keep + (bar.volume - bar.buy_volume);
    orders = orders * keep + bar.trade_count;
  }
  return { buy10s: buy / weight / 6, sell10s: sell / weight / 6, orders10s: orders / weight / 6 };
}

export interface Fired {
  readonly at_ms: number;
  readonly direction: "up" | "down";
  readonly window_s: number;
  readonly volumeTimes: number;
}

const WINDOWS_S = [5, 60, 300];
const limitOf = (window_s: number): number => 0.025 * (window_s / 5) ** 0.2;

/**
 * The confirmed move rule read plainly and slowly: price beyond L(w) against the last buy and the last sell w ago, the last
 * three trades of the side beyond it, orders, ten-second volume and share of that side. Without a baseline: twice the limit,
 * price, orders and share alone.
 */
export function confirmedMoves(trades: readonly Trade[], baseline: Baseline | null): Fired[] {
  const fired: Fired[] = [];
  const lastBefore = (side: "buy" | "sell", ts_ms: number, from: number): Trade | undefined => {
    for (let i = from; i >= 0; i--) if (trades[i]!.ts_ms <= ts_ms && trades[i]!.side === side) return trades[i];
    return undefined;
  };
  let first = 0;
  for (let i = 0; i < trades.length; i++) {
    const trade = trades[i]!;
    while (trades[first]!.ts_ms < trade.ts_ms - 10_000) first++;
    const up = trade.side === "buy";
    const ten = trades.slice(first, i + 1);
    const own = ten.filter((t) => t.side === trade.side);
    const lastThree = own.slice(-3);
    if (lastThree.length < 3) continue;
    const volume = own.reduce((sum, t) => sum + t.size, 0);
    const share = volume / ten.reduce((sum, t) => sum + t.size, 0);
    if (share < 0.7) continue;
    const orders = new Set(ten.map((t) => `${t.ts_ms}/${t.side}`)).size;
    if (orders < 4) continue;
    const mean = baseline === null ? null : up ? baseline.buy10s : baseline.sell10s;
    if (baseline !== null && mean !== null && (volume < 200 * mean || orders < 10 * baseline.orders10s)) continue;
    for (const window_s of WINDOWS_S) {
      const then = trade.ts_ms - window_s * 1_000;
      const buy = lastBefore("buy", then, i);
      const sell = lastBefore("sell", then, i);
      if (buy === undefined || sell === undefined) continue;
      const limit = limitOf(window_s) * (baseline === null ? 2 : 1);
      const reference = up ? Math.max(buy.price, sell.price) : Math.min(buy.price, sell.price);
      const beyond = (t: Trade): boolean =>
        up ? t.price >= reference * (1 + limit) : t.price <= reference * (1 - limit);
      if (lastThree.every(beyond)) {
        const volumeTimes = mean === null ? Number.NaN : volume / mean;
        fired.push({ at_ms: trade.ts_ms, direction: up ? "up" : "down", window_s, volumeTimes });
        break;
      }
    }
  }
  return fired;
}
