import type { GraphSettings } from "../../../core/graph/settings.ts";
import type { Metrics } from "../../../core/messages/index.ts";
import { metrics } from "../../../core/stages/metrics/index.ts";
import { price } from "../../../core/stages/price.ts";
import type { InputRecord } from "../../ndjson/market-line.ts";
import type { Filter } from "./filter.ts";
import { liveDoor, MARKET_KINDS } from "./market.ts";

/** Prices as they are, or trades (quotes where there are none) sampled as on the live path → rows of metrics. */
export function metricsRows(settings: GraphSettings): {
  step(record: InputRecord, emit: (out: object) => void, row: (row: Metrics) => void): void;
  unused(): Record<string, number>;
} {
  const door = liveDoor(settings);
  const prices = price.init(settings.price);
  const state = metrics.init(settings.metrics);
  return {
    step(record, emit, row) {
      if (record.kind === "price") metrics.step(state, record, row);
      else if (record.kind !== "bin" && record.kind !== "headline" && door.passes(record, emit))
        price.step(prices, record, (sampled) => metrics.step(state, sampled, row));
    },
    unused: () => ({
      "trades twice": door.duplicates(),
      "late prices": state.late,
      "prices of a time that had one": state.duplicate,
    }),
  };
}

/** prices → metrics; what a late or repeated price did not change is said in its own row. */
export function metricsFilter(settings: GraphSettings): Filter {
  const rows = metricsRows(settings);
  return {
    reads: [...MARKET_KINDS, "price"],
    step: (record, emit) => rows.step(record, emit, emit),
    unused: () => rows.unused(),
  };
}
