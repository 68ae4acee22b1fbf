import type { Histogram } from "prom-client";
import type { Registers } from "./registers.ts";

/** How many at most as long as each bucket, and all together. */
export interface Told {
  readonly labels: Readonly<Record<string, string>>;
  readonly at_most: readonly number[];
  readonly count: number;
  readonly sum: number;
}

/** A histogram that another part has counted: it only says what it was told, which the library has no class for. */
export function toldHistogram(
  registers: Registers,
  of: { readonly name: string; readonly help: string; readonly buckets: readonly number[] },
  look: () => readonly Told[],
): void {
  const { name, help, buckets } = of;
  const said = (suffix: string, value: number, labels: Readonly<Record<string, string | number>>) => ({
    metricName: `${name}_${suffix}`,
    value,
    labels,
  });
  const metric = {
    name,
    help,
    type: "histogram",
    aggregator: "sum",
    reset: () => undefined,
    get: async () => ({
      ...metric,
      values: look().flatMap(({ labels, at_most, count, sum }) => [
        ...at_most.map((n, i) => said("bucket", n, { ...labels, le: buckets[i]! })),
        said("bucket", count, { ...labels, le: "+Inf" }),
        said("sum", sum, labels),
        said("count", count, labels),
      ]),
    }),
  };
  for (const register of registers) register.registerMetric(metric as unknown as Histogram);
}
