import type { Metrics, PriceRecord } from "../../messages/index.ts";
import type { Stage } from "../../stage.ts";
import { parseIso } from "../../text/time.ts";
import { admit, type BySymbol, bySymbol, find } from "../symbols.ts";
import { addPrice, blank, judge, type Measure, measure, type PriceWindow, priceWindow } from "./price-window.ts";
import type { MetricsSettings } from "./settings.ts";

export interface MetricsState {
  settings: MetricsSettings;
  symbols: BySymbol<PriceWindow>;
  /** Prices that changed nothing; shown, never silent. */
  late: number;
  duplicate: number;
  /** Never put in: no time, or no price anyone could have paid. The schema refuses these before. */
  invalid: number;
}

/** Columns of one window, in the order of the table. */
function columns(row: Record<string, unknown>, label: string, m: Measure | null): void {
  row[`return_${label}`] = m === null ? null : m.ret;
  row[`vol_${label}`] = m === null ? null : m.vol;
  row[`return_z_${label}`] = m === null ? null : m.ret_z;
  row[`return_z_ewma_${label}`] = m === null ? null : m.ret_z_ewma;
  row[`vol_z_${label}`] = m === null ? null : m.vol_z;
  row[`vol_spike_${label}`] = m === null ? null : m.vol_spike;
  row[`p05_return_${label}`] = m === null ? null : m.p_low;
  row[`p95_return_${label}`] = m === null ? null : m.p_high;
  row[`coverage_${label}`] = m === null ? null : m.coverage;
}

/** The reference's row is null as a whole when no window has a return. */
function rowOf(settings: MetricsSettings, record: PriceRecord, measures: readonly Measure[] | null): Metrics {
  let attention: number | null = null;
  if (measures !== null) {
    for (let i = 0; i < measures.length; i++) {
      const ret = measures[i]!.ret;
      if (ret !== null) attention = Math.max(attention ?? 0, Math.abs(ret) / settings.windows[i]!.threshold);
    }
  }
  const row: Metrics = {
    kind: "metrics",
    ...(record.origin === undefined ? {} : { origin: record.origin }),
    symbol: record.symbol,
    time: record.time,
    attention,
  };
  for (let i = 0; i < settings.windows.length; i++) {
    columns(row, settings.windows[i]!.label, attention === null ? null : measures![i]!);
    if (attention === null && measures !== null) row[`coverage_${settings.windows[i]!.label}`] = measures[i]!.coverage;
  }
  return row;
}

/** `price` → `metrics`. */
export const metrics: Stage<MetricsState, PriceRecord, Metrics, MetricsSettings> = {
  version: 2,
  init: (settings) => ({ settings, symbols: bySymbol(), late: 0, duplicate: 0, invalid: 0 }),
  step(state, record, emit) {
    const { settings, symbols } = state;
    const ts_ms = parseIso(record.time);
    if (!Number.isFinite(ts_ms) || !(record.price > 0) || !Number.isFinite(record.price)) {
      state.invalid++;
      return;
    }
    let window = find(symbols, record.symbol);
    if (window === undefined) {
      window = priceWindow(settings);
      admit(symbols, record.symbol, window, settings.max_symbols, (known) => known.newest_ms);
    }
    const action = judge(window, settings, ts_ms);
    if (action !== "processed") {
      state[action]++;
      if (!settings.every_input) return;
      const row = rowOf(settings, record, null);
      row.action = action;
      emit(row);
      return;
    }
    const at = addPrice(window, settings, ts_ms, record.price);
    const measures = settings.windows.map(blank);
    measure(window, settings, at, measures);
    const row = rowOf(settings, record, measures);
    if (settings.every_input) row.action = action;
    emit(row);
  },
};
