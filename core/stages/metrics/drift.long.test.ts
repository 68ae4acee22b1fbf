import { expect, test } from "bun:test";
import { mean, quantileOf, spread } from "../../test-support/plain.ts";
import { randomOf } from "../../test-support/random.ts";
import { addPrice, blank, judge, measure, priceWindow } from "./price-window.ts";
import { METRICS_SETTINGS as S } from "./settings.ts";

const TICKS = 10_000_000;
const COMPARED = 50;

test("after 10⁷ prices, some of them a thousand times the others, z and percentiles are those of the last 300 returns", () => {
  const window = priceWindow(S);
  const out = S.windows.map(blank);
  const returns = S.windows.map((): number[] => []);
  const vols = S.windows.map((): number[] => []);
  const random = randomOf(1);
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
    measure(window, S, at, out);
    for (let w = 0; w < out.length; w++) {
      const m = out[w]!;
      if (n < TICKS - S.history_max - COMPARED) continue;
      if (n >= TICKS - COMPARED) {
        const close = (mine: number | null, theirs: number): void => {
          expect(Math.abs(mine! - theirs)).toBeLessThanOrEqual(1e-7 * Math.max(1, Math.abs(theirs)));
        };
        close(m.ret_z, (m.ret! - mean(returns[w]!)) / spread(returns[w]!));
        close(m.vol_z, (m.vol! - mean(vols[w]!)) / spread(vols[w]!));
        expect([m.p_low, m.p_high]).toEqual([
          quantileOf(returns[w]!, S.percentile_low),
          quantileOf(returns[w]!, S.percentile_high),
        ]);
      }
      returns[w] = [...returns[w]!, m.ret!].slice(-S.history_max);
      vols[w] = [...vols[w]!, m.vol!].slice(-S.history_max);
    }
  }
}, 600_000);
