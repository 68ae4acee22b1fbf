import { EVALUATION_BUCKETS_SEC, type InferenceFigures } from "../../core/messages/index.ts";

type Adapter = "model" | "rules";

/** Counts what judging rows took and brought. */
export class Figures {
  private readonly durations: InferenceFigures["durations"] = {};

  took(adapter: Adapter, seconds: number, rows: number): void {
    let of = this.durations[adapter];
    if (of === undefined) {
      of = { at_most: EVALUATION_BUCKETS_SEC.map(() => 0), count: 0, sum_sec: 0 };
      this.durations[adapter] = of;
    }
    for (const [i, bound] of EVALUATION_BUCKETS_SEC.entries()) if (seconds <= bound) of.at_most[i]! += rows;
    of.count += rows;
    of.sum_sec += seconds * rows;
  }

  with(errors: Readonly<Record<string, number>>): InferenceFigures {
    return { durations: this.durations, errors: { ...errors } };
  }
}
