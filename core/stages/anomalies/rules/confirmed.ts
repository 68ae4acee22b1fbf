import { legs, ofSide } from "../closes.ts";
import { signOf } from "../direction.ts";
import { priceAgo, ringOf, sameUntil } from "../price-ring.ts";
import type { SymbolState } from "../symbol.ts";
import { meanOrders, meanVolume, ordersOf, shareOf, volumeOf } from "../volume.ts";
import type { Rule } from "./rule.ts";

export interface ConfirmedState {
  /** Per window: trades of the side in a row beyond the limit, and beyond the wider one of a symbol still unknown. */
  buy: { run: number[]; wide: number[] };
  sell: { run: number[]; wide: number[] };
  /** L(w) of each window: a power is too dear to be raised for every trade. */
  limits: number[];
  /** What buys and sells are compared with, per window, until that changes. */
  past: { until_ms: number; buy: number[]; sell: number[] };
  weighed: number;
}

/**
 * Buys against the higher of the last buy and the last sell some time ago, sells against the lower: the spread is no
 * move. A side nobody had traded by then is not there to compare with.
 */
function lookBack(
  past: ConfirmedState["past"],
  symbol: SymbolState,
  windows: readonly { readonly ms: number }[],
): void {
  const { now_ms } = symbol;
  let until_ms = now_ms + 1_000;
  for (let i = 0; i < windows.length; i++) {
    const { ms } = windows[i]!;
    const buys = ringOf(symbol.buys, ms);
    const sells = ringOf(symbol.sells, ms);
    const buy = priceAgo(buys, now_ms, ms);
    const sell = priceAgo(sells, now_ms, ms);
    past.buy[i] = Math.max(buy, sell);
    past.sell[i] = buy === 0 || sell === 0 ? Math.max(buy, sell) : Math.min(buy, sell);
    // The first trade of a side changes what is known of the past.
    if (buy === 0 || sell === 0) until_ms = 0;
    until_ms = Math.min(until_ms, sameUntil(buys, now_ms, ms), sameUntil(sells, now_ms, ms));
  }
  past.until_ms = until_ms;
}

/** A move that price, orders, volume and the side of the takers tell alike. */
export const confirmed: Rule<ConfirmedState> = {
  name: "confirmed",
  init(settings) {
    const { windows, limit, power } = settings.confirmed;
    const zeros = () => windows.map(() => 0);
    const limits = windows.map(({ ms }) => limit * (ms / 5_000) ** power);
    return {
      buy: { run: zeros(), wide: zeros() },
      sell: { run: zeros(), wide: zeros() },
      limits,
      past: { until_ms: 0, buy: [], sell: [] },
      weighed: 0,
    };
  },
  restart(own) {
    for (const runs of [own.buy, own.sell]) {
      runs.run.fill(0);
      runs.wide.fill(0);
    }
    own.past.until_ms = 0;
  },
  judge(own, symbol, print, settings, hits) {
    const { side, price } = print;
    if (side === null) return;
    const rule = settings.confirmed;
    const sign = side === "buy" ? 1 : -1;
    const runs = own[side];
    if (symbol.now_ms >= own.past.until_ms) lookBack(own.past, symbol, rule.windows);
    const ago = own.past[side];
    for (let i = 0; i < rule.windows.length; i++) {
      const { label, ms } = rule.windows[i]!;
      const from = ago[i]!;
      const limit = own.limits[i]!;
      const ret = (price - from) / from;
      if (!(sign * ret >= limit)) {
        runs.run[i] = 0;
        runs.wide[i] = 0;
        continue;
      }
      if (runs.run[i] === 0) own.weighed++;
      runs.run[i]!++;
      if (sign * ret >= limit * rule.learning_factor) runs.wide[i]!++;
      else runs.wide[i] = 0;
      const known = symbol.volume.observed_ms >= settings.learning_ms;
      if ((known ? runs.run[i]! : runs.wide[i]!) < settings.confirm_trades) continue;
      const orders = ordersOf(symbol.volume, side);
      if (orders < rule.orders_min || shareOf(symbol.volume, side) < rule.side_share) continue;
      if (known) {
        if (orders < rule.orders_factor * meanOrders(symbol.volume, side)) continue;
        if (volumeOf(symbol.volume, side) < rule.volume_factor * meanVolume(symbol.volume, side)) continue;
      }
      hits.push({
        rule: "confirmed",
        window: label,
        window_ms: ms,
        direction: side === "buy" ? "up" : "down",
        ret,
        limit: known ? limit : limit * rule.learning_factor,
        from,
        strong: true,
        rarity: null,
      });
    }
  },
  /** The 5 s window is too short for minutes; what a whole minute holds so many times over, ten seconds of it do. */
  minute(own, symbol, minute, settings, hits) {
    const rule = settings.confirmed;
    const { volume } = symbol;
    const known = volume.observed_ms >= settings.learning_ms;
    for (const [i, { label, ms }] of rule.windows.entries())
      for (const { direction, side, ret, from, start_ms } of legs(symbol.closes, minute, ms)) {
        const limit = own.limits[i]! * (known ? 1 : rule.learning_factor);
        if (!(ret * signOf(direction) >= limit)) continue;
        const { orders, share } = ofSide(minute, side);
        if (orders < rule.orders_min || share < rule.side_share) continue;
        if (known) {
          if (orders < rule.orders_factor * 6 * meanOrders(volume, side)) continue;
          if (minute.volume * share < rule.volume_factor * meanVolume(volume, side, 60)) continue;
        }
        hits.push({
          rule: "confirmed",
          window: label,
          window_ms: ms,
          direction,
          ret,
          limit,
          from,
          strong: true,
          rarity: null,
          start_ms,
        });
      }
  },
};
