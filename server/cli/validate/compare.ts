import type { Bars, Stated } from "./bars.ts";
import { BAR_MS, keyOf, type Second, type Seconds } from "./bins.ts";

/** Of a sum of numbers that were not rounded. */
const EXACT = 1e-9;
/** Of numbers that their writer rounds to six decimals. */
const ROUNDED = 1e-6;

export interface FieldDifference {
  readonly field: string;
  readonly bar: number | string;
  readonly bins: number | string;
}

export type Difference =
  | { readonly kind: "missing"; readonly bar_id: string; readonly bins: number }
  | { readonly kind: "extra"; readonly bar_id: string }
  | { readonly kind: "mismatch"; readonly bar_id: string; readonly fields: readonly FieldDifference[] };

/** What of the bars is not what the bins say, by symbol and time. */
export function* differences(seconds: Seconds, bars: Bars): Generator<Difference> {
  const ids = [...new Set([...seconds.of.keys(), ...bars.of.keys()])].sort(byTime);
  for (const bar_id of ids) {
    const second = seconds.of.get(bar_id);
    const bar = bars.of.get(bar_id)?.bar;
    if (bar === undefined) yield { kind: "missing", bar_id, bins: second?.bins ?? 0 };
    else if (second === undefined) yield { kind: "extra", bar_id };
    else {
      const fields = unequal(bar, second);
      if (fields.length > 0) yield { kind: "mismatch", bar_id, fields };
    }
  }
}

function byTime(a: string, b: string): number {
  const [symbolA, startA] = parts(a);
  const [symbolB, startB] = parts(b);
  return symbolA === symbolB ? startA - startB : symbolA < symbolB ? -1 : 1;
}

const parts = (id: string): readonly [string, number] => {
  const at = id.lastIndexOf("-");
  return [id.slice(0, at), Number(id.slice(at + 1))];
};

function unequal(bar: Stated, second: Second): FieldDifference[] {
  const found: FieldDifference[] = [];
  const check = (field: string, said: number | string, is: number | string, tolerance = 0): void => {
    const equal = typeof said === "number" && typeof is === "number" ? Math.abs(said - is) <= tolerance : said === is;
    if (!equal) found.push({ field, bar: said, bins: is });
  };
  const { symbol, start_ms, open, high, low, close, volume, notional, bins, exact } = second;
  // Bars of ours carry sums as they are; whoever leaves kind and revision away rounds them.
  const isExact = bar.kind !== undefined || bar.revision !== undefined;
  const rounding = isExact ? 0 : ROUNDED * (1 + exact / 2);
  const of = (value: number): number => rounding + EXACT * Math.abs(value);
  const mean = volume > 0 ? notional / volume : 0;
  const vwap = mean > 0 ? Math.min(high, Math.max(low, mean)) : close;
  const vwapSlack = of(vwap) + (volume > 0 ? (rounding * (1 + high)) / volume : 0);
  check("bar_id", keyOf(bar.symbol, bar.start_ts_ms), keyOf(symbol, start_ms));
  check("symbol", bar.symbol, symbol);
  check("start_ts_ms", bar.start_ts_ms, start_ms);
  check("end_ts_ms", bar.end_ts_ms, start_ms + BAR_MS);
  check("open", bar.open, open);
  check("high", bar.high, high);
  check("low", bar.low, low);
  check("close", bar.close, close);
  check("volume", bar.volume, volume, of(volume));
  check("notional", bar.notional, notional, of(notional));
  check("vwap", bar.vwap, vwap, vwapSlack);
  check("bin_count", bar.bin_count, bins);
  // `max_lateness_ms` is another measure, that of the aggregator alone: it may well be less.
  if (bar.max_late_ms !== undefined) check("max_late_ms", bar.max_late_ms, second.max_late_ms);
  return found;
}
