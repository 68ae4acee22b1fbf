import { EVALUATION_BUCKETS_SEC, type InferenceFigures, type Signal } from "../../core/messages/index.ts";

type Adapter = "model" | "rules";

/** Counts what judging rows took and brought. */
export class Figures {
  private readonly signals: Record<string, Record<string, number>> = {};
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

  said(adapter: Adapter, signals: readonly Signal[]): void {
    const names = this.signals[adapter] ?? (Object.create(null) as Record<string, number>);
    this.signals[adapter] = names;
    for (const { name } of signals) names[name] = (names[name] ?? 0) + 1;
  }

  with(errors: Readonly<Record<string, number>>): InferenceFigures {
    return { signals: this.signals, durations: this.durations, errors: { ...errors } };
  }
}
