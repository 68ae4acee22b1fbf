import { legs, type Minute, ofSide } from "../closes.ts";
import { signOf } from "../direction.ts";
import { lastAgo, type Past, past } from "../past.ts";
import type { AdaptiveSettings } from "../settings.ts";
import type { SymbolState } from "../symbol.ts";
import { meanOrders, meanVolume, ordersOf, shareOf, volumeOf } from "../volume.ts";
import type { Rule } from "./rule.ts";

export interface FixedState {
  /** Per window: trades in a row beyond the limit, counted down for falls. */
  run: number[];
  past: Past;
  /** Moves that price alone carried beyond a limit. */
  weighed: number;
}

/**
 * Does volume tell the same as price? The factor asked for shrinks with the number of orders its mean rests on: where one
 * order a stretch is normal, twenty times the mean is an everyday matter.
 */
export function isBacked(symbol: SymbolState, side: "buy" | "sell", settings: AdaptiveSettings): boolean {
  const { volume } = symbol;
  const { volume_factor, volume_orders } = settings.fixed;
  if (volume.observed_ms < settings.learning_ms) return false;
  if (ordersOf(volume, side) < settings.confirmed.orders_min || shareOf(volume, side) < settings.confirmed.side_share)
    return false;
  const asked = Math.max(volume_factor, volume_orders / meanOrders(volume, side));
  return volumeOf(volume, side) >= asked * meanVolume(volume, side);
}

/**
 * The same of a minute of history: where a whole minute holds so many times the normal volume, ten seconds of it do. A
 * venue that does not name the takers (half each) backs nothing.
 */
function isMinuteBacked(symbol: SymbolState, side: "buy" | "sell", m: Minute, settings: AdaptiveSettings): boolean {
  const { volume } = symbol;
  const { volume_factor, volume_orders } = settings.fixed;
  if (volume.observed_ms < settings.learning_ms) return false;
  const { orders, share } = ofSide(m, side);
  if (orders < settings.confirmed.orders_min || share < settings.confirmed.side_share) return false;
  const asked = Math.max(volume_factor, volume_orders / meanOrders(volume, side));
  return m.volume * share >= asked * meanVolume(volume, side, 60);
}

/** The reader's own limits: 5 % in 1m, 8 % in 5m, 12 % in 15m, and whatever WINDOW_LABELS adds. */
export const fixed: Rule<FixedState> = {
  name: "fixed",
  init: (settings) => ({ run: settings.windows.map(() => 0), past: past(), weighed: 0 }),
  restart(own) {
    own.run.fill(0);
    own.past.until_ms = 0;
  },
  judge(own, symbol, print, settings, hits) {
    const ago = lastAgo(own.past, symbol.last, symbol.now_ms, settings.windows);
    for (let i = 0; i < settings.windows.length; i++) {
      const { label, ms, threshold } = settings.windows[i]!;
      const from = ago[i]!;
      const ret = (print.price - from) / from;
      const run = own.run[i]!;
      if (!(Math.abs(ret) >= threshold)) {
        if (run !== 0) own.run[i] = 0;
        continue;
      }
      const sign = ret > 0 ? 1 : -1;
      if (run * sign <= 0) own.weighed++;
      own.run[i] = run * sign > 0 ? run + sign : sign;
      if (Math.abs(own.run[i]!) < settings.confirm_trades) continue;
      hits.push({
        rule: "fixed",
        window: label,
        window_ms: ms,
        direction: ret > 0 ? "up" : "down",
        ret,
        limit: threshold,
        from,
        strong: isBacked(symbol, ret > 0 ? "buy" : "sell", settings),
        rarity: null,
      });
    }
  },
  minute(_own, symbol, minute, settings, hits) {
    for (const { label, ms, threshold } of settings.windows)
      for (const { direction, side, ret, from, start_ms } of legs(symbol.closes, minute, ms)) {
        if (!(ret * signOf(direction) >= threshold)) continue;
        hits.push({
          rule: "fixed",
          window: label,
          window_ms: ms,
          direction,
          ret,
          limit: threshold,
          from,
          strong: isMinuteBacked(symbol, side, minute, settings),
          rarity: null,
          start_ms,
        });
      }
  },
};
