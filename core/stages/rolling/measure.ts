import type { RollingFeature } from "../../messages/rolling.ts";
import { valueAt } from "../blocks.ts";
import { kurtosis, sampleSd, skewness } from "./moments.ts";
import { WILDER_CHANGES } from "./parts.ts";
import type { Plan } from "./plan.ts";
import { rsiCutler, rsiWilder, rsiWilderNow } from "./rsi.ts";
import { emptySums, type Series, type Sums, sumsAt, sumsNow } from "./series.ts";

/** A window up to a point of time. */
export interface Measured {
  readonly sums: Sums;
  /** Index of the newest point inside. */
  last: number;
  isNow: boolean;
  /** Of the newest changes alone, so every window that holds them says the same; NaN until one is asked for it. */
  cutler: number;
}

export const unmeasured = (): Measured => ({ sums: emptySums(), last: -1, isNow: false, cutler: Number.NaN });

/** Window `which` up to the newest trade, or to an earlier time. */
export function sumUp(all: Series, plan: Plan, which: number, ts_ms: number, out: Measured): void {
  out.last = all.n - 1;
  out.isNow = ts_ms === valueAt(all.t, out.last);
  if (out.isNow) sumsNow(all, plan, which, out.sums);
  else out.last = sumsAt(all, plan, which, ts_ms, out.sums);
}

export function featureOf(
  feature: RollingFeature,
  all: Series,
  plan: Plan,
  which: number,
  measured: Measured,
): number | null {
  const { sums, last, isNow } = measured;
  const { first, volume, notional } = sums;
  switch (feature) {
    case "n":
      return last - first + 1;
    case "vwap":
      return volume > 0 ? notional / volume : null;
    case "return":
    case "momentum":
      return last > first ? (valueAt(all.p, last) - valueAt(all.p, first)) / valueAt(all.p, first) : null;
    case "vol":
      return sampleSd(sums);
    case "skew":
      return skewness(sums, sampleSd(sums));
    case "exkurt":
      return kurtosis(sums, sampleSd(sums));
    case "rsi_cutler14":
      if (last - first < WILDER_CHANGES) return null;
      if (Number.isNaN(measured.cutler)) measured.cutler = rsiCutler(all.p, last);
      return measured.cutler;
    case "rsi_wilder14":
      return isNow ? rsiWilderNow(all, plan, which, first) : rsiWilder(all.p, first, last);
  }
}
