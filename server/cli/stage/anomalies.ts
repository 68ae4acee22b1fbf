import { alerts, type GateSettings } from "../../../core/gate/index.ts";
import type { GraphSettings } from "../../../core/graph/settings.ts";
import { type Anomaly, classicAlert, type PriceRecord } from "../../../core/messages/index.ts";
import { classic } from "../../../core/stages/anomalies/index.ts";
import { admit, bySymbol, find } from "../../../core/stages/symbols.ts";
import type { Filter } from "./filter.ts";
import { liveDoor, MARKET_KINDS, SYMBOLS_MAX } from "./market.ts";
import { metricsRows } from "./metrics.ts";

const READS = [...MARKET_KINDS, "price", "headline"] as const;

/** The source system's decisions, as its topic carries them. A record's origin stays with it: only a topic drops it. */
export function classicFilter(settings: GraphSettings): Filter {
  const rows = metricsRows(settings);
  const state = classic.init(settings.classic);
  const said = (anomaly: Anomaly): object => {
    const { origin } = anomaly;
    return origin === undefined ? classicAlert(anomaly) : { ...classicAlert(anomaly), origin };
  };
  return {
    reads: READS,
    step(record, emit) {
      const decide = (row: Parameters<typeof classic.step>[1]): void =>
        classic.step(state, row, (anomaly) => emit(said(anomaly)));
      if (record.kind === "headline") decide(record);
      else rows.step(record, emit, decide);
    },
    unused: () => rows.unused(),
  };
}

/** Detection and gate: the alerts a page would have shown. */
export function adaptiveFilter(settings: GraphSettings, gate: GateSettings): Filter {
  const door = liveDoor(settings);
  const prices = onePricePerTime();
  const state = alerts.init({ adaptive: { ...settings.adaptive, nearest_ms: 0 }, gate });
  let bad_prints = 0;
  return {
    reads: READS,
    step(record, emit) {
      if (record.kind === "bin") return;
      if (
        record.kind === "price" ? prices.isRepeated(record) : record.kind !== "headline" && !door.passes(record, emit)
      )
        return;
      const { counts } = state.adaptive;
      const before = counts.bad_prints;
      alerts.step(state, record, (out) => {
        if (out.kind !== "nearest") emit(out);
      });
      // Counted by the day: a new day begins at nothing.
      const { adaptive } = state;
      bad_prints += adaptive.counts.bad_prints - (adaptive.counts === counts ? before : 0);
    },
    unused: () => ({
      "trades twice": door.duplicates(),
      "prices of a time that had one": prices.repeated(),
      "bad prints": bad_prints,
      "late prints": state.adaptive.refused.late,
    }),
  };
}

/** A price said again must not stand for three trades in a row. */
function onePricePerTime(): { isRepeated(price: PriceRecord): boolean; repeated(): number } {
  const newest = bySymbol<{ time: string; ms: number }>();
  let repeated = 0;
  return {
    isRepeated({ symbol, time }) {
      const known = find(newest, symbol);
      if (known?.time === time) {
        repeated++;
        return true;
      }
      if (known === undefined) {
        admit(newest, symbol, { time, ms: Date.parse(time) }, SYMBOLS_MAX, (seen) => seen.ms);
      } else {
        known.time = time;
        known.ms = Date.parse(time);
      }
      return false;
    },
    repeated: () => repeated,
  };
}
