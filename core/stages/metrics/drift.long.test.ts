import { expect, test } from "bun:test";
import { addPrice, blank, judge, measure, priceWindow } from "./price-window.ts";
import { METRICS_SETTINGS as S } from "./settings.ts";

const TICKS = 10_000_000;
const COMPARED = 50;

const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length;
const spread = (xs: readonly number[]): number => {
  const m = mean(xs);
  return Math.sqrt(mean(xs.map((x) => (x - m) ** 2)));
};
function quantile(xs: readonly number[], q: number): number {
  const sorted = xs.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * q;
  const low = sorted[Math.floor(place)]!;
  return low + ((sorted[Math.ceil(place)] ?? low) - low) * (place % 1);
}

test("after 10⁷ prices, some of them a thousand times the others, z and percentiles are those of the last 300 returns", () => {
  const window = priceWindow(S);
  const out = S.windows.map(blank);
  const returns = S.windows.map((): number[] => []);
  const vols = S.windows.map((): number[] => []);
  let seed = 1;
  const random = (): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 4_294_967_296;
  };
  let ts_ms = 1.7e12;
  let price = 100;
  for (let n = 0; n < TICKS; n++) {
    ts_ms += 1 + Math.floor(random() * 199);
    price *= 1 + (random() - 0.5) * 1e-4;
    price = Math.min(1e4, Math.max(1, price));
    // Leaps that a sum without care would remember for ever; none of them near the end.
    const leap = n < TICKS - 20_000 && random() < 1e-5 ? 1_000 : 1;
    if (judge(window, S, ts_ms) !== "processed") throw new Error("a price was not taken");
    const at = addPrice(window, S, ts_ms, price * leap);
    for (let w = 0; w < out.length; w++) {
      const m = out[w]!;
      measure(window, S, w, at, m);
      if (n < TICKS - S.history_max - COMPARED) continue;
      if (n >= TICKS - COMPARED) {
        const close = (mine: number | null, theirs: number): void => {
          expect(Math.abs(mine! - theirs)).toBeLessThanOrEqual(1e-7 * Math.max(1, Math.abs(theirs)));
        };
        close(m.ret_z, (m.ret! - mean(returns[w]!)) / spread(returns[w]!));
        close(m.vol_z, (m.vol! - mean(vols[w]!)) / spread(vols[w]!));
        expect([m.p_low, m.p_high]).toEqual([
          quantile(returns[w]!, S.percentile_low),
          quantile(returns[w]!, S.percentile_high),
        ]);
      }
      returns[w] = [...returns[w]!, m.ret!].slice(-S.history_max);
      vols[w] = [...vols[w]!, m.vol!].slice(-S.history_max);
    }
  }
}, 600_000);
