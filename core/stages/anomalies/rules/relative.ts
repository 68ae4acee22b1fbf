import { duration } from "../../../text/time.ts";
import { legs, MINUTE_MS } from "../closes.ts";
import { lastAgo, type Past, past } from "../past.ts";
import { isBacked } from "./fixed.ts";
import type { Rule } from "./rule.ts";
import { enter, largestOf, limitOf, MEMORY_DAYS, observe, type Tail, tail } from "./tail.ts";

export interface RelativeState {
  tails: Tail[];
  /** Per window: trades in a row beyond the limit, counted down for falls. */
  run: number[];
  past: Past;
  weighed: number;
}

const DAY_MS = 86_400_000;

/** "largest 1m move in 7 days", or in as long as the symbol is known. */
function rarity(t: Tail, label: string, now_ms: number): string {
  const known_ms = now_ms - t.first_ms;
  const span = known_ms >= MEMORY_DAYS * DAY_MS ? `${MEMORY_DAYS} days` : duration(Math.max(MINUTE_MS, known_ms));
  return `largest ${label} move in ${span}`;
}

/** Beyond what 99.99 % of this symbol's own seconds stay within: majors rarely move 2.5 % in seconds. */
export const relative: Rule<RelativeState> = {
  name: "relative",
  init: (settings) => ({
    tails: settings.relative.windows.map(tail),
    run: settings.relative.windows.map(() => 0),
    past: past(),
    weighed: 0,
  }),
  restart(own) {
    own.run.fill(0);
    own.past.until_ms = 0;
  },
  judge(own, symbol, print, settings, hits) {
    const { windows, quantile, seconds_min, min } = settings.relative;
    const { now_ms } = symbol;
    const ago = lastAgo(own.past, symbol.last, now_ms, windows);
    for (let i = 0; i < windows.length; i++) {
      const { label, ms } = windows[i]!;
      const t = own.tails[i]!;
      const from = ago[i]!;
      const ret = (print.price - from) / from;
      const size = Math.abs(ret);
      const usual = limitOf(t, now_ms, quantile, seconds_min);
      const limit = Math.max(usual, min);
      const beyond = usual > 0 && size > limit;
      const run = own.run[i]!;
      if (!beyond) {
        if (run !== 0) own.run[i] = 0;
        observe(t, now_ms, size, ms);
        continue;
      }
      const sign = ret > 0 ? 1 : -1;
      if (run * sign <= 0) own.weighed++;
      own.run[i] = run * sign > 0 ? run + sign : sign;
      const largest = size > largestOf(t, now_ms);
      observe(t, now_ms, size, ms);
      if (Math.abs(own.run[i]!) < settings.confirm_trades) continue;
      hits.push({
        rule: "relative",
        window: label,
        window_ms: ms,
        direction: ret > 0 ? "up" : "down",
        ret,
        limit,
        from,
        strong: largest && isBacked(symbol, ret > 0 ? "buy" : "sell", settings),
        rarity: largest ? rarity(t, label, now_ms) : null,
      });
    }
  },
  /**
   * A minute's farthest price stands for all its seconds: rather too wide a limit than too narrow a one. Minutes are learnt
   * from and not judged: 99.99 % of a day are nine seconds less, and each would last sixty. The 5 s window learns from
   * trades alone.
   */
  minute(own, symbol, minute, settings) {
    for (const [i, { ms }] of settings.relative.windows.entries()) {
      const t = own.tails[i]!;
      if (t.second * 1_000 >= minute.start_ts_ms) continue;
      const both = legs(symbol.closes, minute, ms);
      if (both.length > 0) enter(t, minute.end_ts_ms, Math.max(both[0]!.ret, -both[1]!.ret), MINUTE_MS / 1_000);
    }
  },
};
