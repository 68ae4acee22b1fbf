import type { Bar } from "../../core/messages/bar.ts";
import type { SymbolItem } from "./api.ts";
import type { Bars } from "./bars.ts";
import { makeWatchers } from "./cell.ts";
import type { Frame } from "./frame.ts";

export interface WatchRow {
  readonly symbol: string;
  readonly decimals: number;
  readonly last: number | null;
  readonly last_ts_ms: number | null;
  /** Against the price one minute before the market's newest trade; null until that is known. */
  readonly change1m: number | null;
  /** Closes of the last minutes, oldest first, the forming one last. */
  readonly spark: readonly number[];
  /** The prices of the last minute before the page came have been loaded. */
  readonly seeded: boolean;
}

export interface Watch {
  rows(): readonly WatchRow[];
  row(symbol: string): WatchRow | undefined;
  setSymbols(items: readonly SymbolItem[]): void;
  /** Any bar tells its symbol's newest price. */
  put(bars: readonly Bar[]): void;
  /** The same for a symbol's loaded past. */
  seed(symbol: string, bars: readonly Bar[]): void;
  subscribe(watcher: () => void): () => void;
}

const MINUTE_MS = 60_000;
const SPARK_POINTS = 60;
/** Prices kept for the one-minute change are at least this far apart: 240 a symbol and minute at most. */
const SAMPLE_MS = 250;

interface Entry {
  seeded: boolean;
  decimals: number;
  last: number | null;
  last_ts_ms: number | null;
  samples: { ts_ms: number; price: number }[];
  row: WatchRow | null;
}

export function makeWatch({ frame, bars }: { frame: Frame; bars: Bars }): Watch {
  const entries = new Map<string, Entry>();
  let order: string[] = [];
  let marketMs = 0;
  const watchers = makeWatchers(frame);

  const entry = (symbol: string): Entry => {
    let found = entries.get(symbol);
    if (found === undefined) {
      found = { seeded: false, decimals: 2, last: null, last_ts_ms: null, samples: [], row: null };
      entries.set(symbol, found);
    }
    return found;
  };

  const priceAt = (one: Entry, ts_ms: number, price: number): void => {
    if (one.last_ts_ms === null || ts_ms >= one.last_ts_ms) {
      one.last = price;
      one.last_ts_ms = ts_ms;
      marketMs = Math.max(marketMs, ts_ms);
    }
    const { samples } = one;
    const newest = samples.at(-1);
    if (newest === undefined || ts_ms >= newest.ts_ms + SAMPLE_MS) samples.push({ ts_ms, price });
    else if (ts_ms < newest.ts_ms) insert(samples, ts_ms, price);
    // All but the newest of those a minute old can go: that one is the price a minute ago.
    let keepFrom = 0;
    while (keepFrom + 1 < samples.length && samples[keepFrom + 1]!.ts_ms <= marketMs - MINUTE_MS) keepFrom += 1;
    if (keepFrom > 0) samples.splice(0, keepFrom);
  };

  const row = (symbol: string): WatchRow => {
    const one = entry(symbol);
    const before = minuteAgo(one.samples, marketMs);
    const change1m = one.last === null || before === null ? null : one.last / before - 1;
    const spark = bars
      .series(symbol, "1m")
      .rows()
      .slice(-SPARK_POINTS)
      .map((shown) => shown.bar.close);
    const old = one.row;
    const same =
      old !== null &&
      old.last === one.last &&
      old.last_ts_ms === one.last_ts_ms &&
      old.decimals === one.decimals &&
      old.change1m === change1m &&
      old.seeded === one.seeded &&
      old.spark.length === spark.length &&
      old.spark.every((price, i) => price === spark[i]);
    if (old !== null && same) return old;
    const { decimals, last, last_ts_ms, seeded } = one;
    one.row = { symbol, decimals, last, last_ts_ms, change1m, spark, seeded };
    return one.row;
  };

  const put = (list: readonly Bar[]): void => {
    for (const bar of list) {
      // A bar without trades has nothing new to say.
      if (bar.trade_count > 0) priceAt(entry(bar.symbol), bar.last_ts_ms ?? bar.end_ts_ms - 1, bar.close);
    }
    watchers.changed();
  };

  return {
    rows: () => order.map(row),
    row: (symbol) => (order.includes(symbol) ? row(symbol) : undefined),
    setSymbols(items) {
      order = items.map((item) => item.symbol);
      for (const symbol of entries.keys()) if (!order.includes(symbol)) entries.delete(symbol);
      for (const item of items) {
        const one = entry(item.symbol);
        if (item.decimals !== null) one.decimals = item.decimals;
        if (typeof item.last === "number" && typeof item.last_ts_ms === "number")
          priceAt(one, item.last_ts_ms, item.last);
      }
      watchers.changed();
    },
    put,
    seed(symbol, list) {
      entry(symbol).seeded = true;
      put(list);
    },
    subscribe: watchers.subscribe,
  };
}

function insert(samples: { ts_ms: number; price: number }[], ts_ms: number, price: number): void {
  const at = samples.findIndex((sample) => sample.ts_ms >= ts_ms);
  const next = samples[at];
  const previous = samples[at - 1];
  if (next === undefined || next.ts_ms - ts_ms < SAMPLE_MS) return;
  if (previous !== undefined && ts_ms - previous.ts_ms < SAMPLE_MS) return;
  samples.splice(at, 0, { ts_ms, price });
}

function minuteAgo(samples: readonly { ts_ms: number; price: number }[], nowMs: number): number | null {
  let found: number | null = null;
  for (const sample of samples) {
    if (sample.ts_ms > nowMs - MINUTE_MS) break;
    found = sample.price;
  }
  return found;
}
