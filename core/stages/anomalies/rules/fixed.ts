import { priceAgo } from "../price-ring.ts";
import { ringOf, type SymbolState } from "../symbol.ts";
import { meanVolume, volumeOf } from "../volume.ts";
import type { Rule } from "./rule.ts";

export interface FixedState {
  /** Per window: trades in a row beyond the limit, counted down for falls. */
  run: number[];
  /** Prices that alone went beyond a limit. */
  weighed: number;
}

/** Shortest stretch whose volume says anything, and the longest that is kept. */
const VOLUME_MIN_S = 2;
const VOLUME_MAX_S = 10;

/** Volume of the side of the move, against its mean, over the seconds the move has lasted. */
export function volumeFactor(symbol: SymbolState, side: "buy" | "sell", seconds: number): number {
  const mean = meanVolume(symbol.volume, side, seconds);
  return mean > 0 ? volumeOf(symbol.volume, side, seconds) / mean : 0;
}

/** The reader's own limits: 5 % in 1m, 8 % in 5m, 12 % in 15m, and whatever WINDOW_LABELS adds. */
export const fixed: Rule<FixedState> = {
  name: "fixed",
  init: (settings) => ({ run: settings.windows.map(() => 0), weighed: 0 }),
  restart(own) {
    own.run.fill(0);
  },
  judge(own, symbol, print, settings, hit) {
    for (let i = 0; i < settings.windows.length; i++) {
      const { label, ms, threshold } = settings.windows[i]!;
      const from = priceAgo(ringOf(symbol.last, ms), symbol.now_ms, ms);
      const ret = (print.price - from) / from;
      const run = own.run[i]!;
      if (!(Math.abs(ret) >= threshold)) {
        if (run !== 0) own.run[i] = 0;
        continue;
      }
      const sign = ret > 0 ? 1 : -1;
      own.run[i] = run * sign > 0 ? run + sign : sign;
      if (run * sign <= 0) own.weighed++;
      if (Math.abs(own.run[i]!) < settings.confirm_trades) continue;
      const side = ret > 0 ? "buy" : "sell";
      const known = symbol.volume.observed_s * 1_000 >= settings.learning_ms;
      const factor = volumeFactor(symbol, side, VOLUME_MAX_S);
      hit({
        rule: "fixed",
        window: label,
        window_ms: ms,
        direction: ret > 0 ? "up" : "down",
        ret,
        limit: threshold,
        from,
        strong: known && factor >= settings.fixed.volume_factor,
        volume_s: VOLUME_MAX_S,
        rarity: null,
      });
    }
  },
};
