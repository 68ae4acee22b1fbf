import type { RollingFeature } from "../../messages/rolling.ts";
import { kurtosis, sampleSd, skewness } from "./moments.ts";
import type { Plan } from "./plan.ts";
import { rsiCutler, rsiWilder, rsiWilderNow } from "./rsi.ts";
import { emptySums, type Series, type Sums, sumsAt, sumsNow } from "./series.ts";

/** A window up to a point of time. */
export interface Measured {
  readonly sums: Sums;
  /** Index of the newest point inside. */
  last: number;
  isNow: boolean;
}

export const unmeasured = (): Measured => ({ sums: emptySums(), last: -1, isNow: false });

/** Window `which` up to the newest trade, or to an earlier time. */
export function sumUp(all: Series, plan: Plan, which: number, ts_ms: number, out: Measured): void {
  out.last = all.t.length - 1;
  out.isNow = ts_ms === all.t[out.last]!;
  if (out.isNow) sumsNow(all, plan, which, out.sums);
  else out.last = sumsAt(all, plan, which, ts_ms, out.sums);
}

export function featureOf(
  feature: RollingFeature,
  all: Series,
  plan: Plan,
  which: number,
  { sums, last, isNow }: Measured,
): number | null {
  const { first, volume, notional } = sums;
  switch (feature) {
    case "n":
      return last - first + 1;
    case "vwap":
      return volume > 0 ? notional / volume : null;
    case "return":
    case "momentum":
      return last > first ? (all.p[last]! - all.p[first]!) / all.p[first]! : null;
    case "vol":
      return sampleSd(sums);
    case "skew":
      return skewness(sums, sampleSd(sums));
    case "exkurt":
      return kurtosis(sums, sampleSd(sums));
    case "rsi_cutler14":
      return rsiCutler(all.p, first, last);
    case "rsi_wilder14":
      return isNow ? rsiWilderNow(all, plan, which, first) : rsiWilder(all.p, first, last);
  }
}
