import type { Bar } from "../../core/messages/bar.ts";
import { makeWatchers } from "./cell.ts";
import type { Frame } from "./frame.ts";

/** A bar as the page holds it; `was` is the statement a correction replaced, if the page saw it. */
export interface ShownBar {
  readonly bar: Bar;
  readonly was: Bar | null;
}

/** What a reader must redraw: everything, or the bars that start at these times (ascending). */
export type Change = "all" | readonly number[];

export interface Series {
  /** Ascending by start. Do not keep it over a change. */
  rows(): readonly ShownBar[];
  at(start_ts_ms: number): ShownBar | undefined;
  first(): Bar | undefined;
  last(): Bar | undefined;
  /** The stretch up to now has been loaded and nothing of it is known to be missing. */
  complete(): boolean;
  /** There is nothing older to load. */
  reachesStart(): boolean;
  /** What changed since this reader last asked; the first answer is "all". */
  reader(): { take(): Change; close(): void };
  subscribe(watcher: () => void): () => void;
}

export const seriesKey = (symbol: string, interval: string): string => `${symbol}|${interval}`;

/** The one rule of every reader: a final bar beats a forming one, among finals the highest revision wins. */
export function beats(next: Bar, current: Bar): boolean {
  if (next.final !== current.final) return next.final;
  if (next.final) return next.revision > current.revision;
  if (next.revision !== current.revision) return next.revision > current.revision;
  const newer_ms = (next.last_ts_ms ?? 0) - (current.last_ts_ms ?? 0);
  return newer_ms === 0 ? next.trade_count >= current.trade_count : newer_ms > 0;
}

interface Held extends Series {
  put(bars: readonly Bar[]): void;
  setComplete(complete: boolean): void;
  setReachesStart(): void;
  /** From here on, live bars are remembered apart, so that a reload can replace all that was before. */
  distrust(): void;
  replace(bars: readonly Bar[]): void;
}

/** A reader that fell this far behind redraws everything. */
const CHANGES_MAX = 256;

function makeSeries(frame: Frame, capacity: () => number): Held {
  let map = new Map<number, ShownBar>();
  let sorted: ShownBar[] | null = [];
  let complete = false;
  let reachesStart = false;
  let sinceDistrust: Set<number> | null = null;
  const readers = new Set<{ all: boolean; changed: Set<number> }>();
  const watchers = makeWatchers(frame);

  const rows = (): readonly ShownBar[] => {
    sorted ??= [...map.values()].sort((a, b) => a.bar.start_ts_ms - b.bar.start_ts_ms);
    return sorted;
  };
  const redrawAll = (): void => {
    for (const reader of readers) reader.all = true;
  };

  const putOne = (bar: Bar): boolean => {
    const current = map.get(bar.start_ts_ms);
    if (current !== undefined && !beats(bar, current.bar)) return false;
    const was = current?.bar.final === true && bar.final ? current.bar : null;
    const shown: ShownBar = { bar, was };
    map.set(bar.start_ts_ms, shown);
    sinceDistrust?.add(bar.start_ts_ms);
    if (sorted !== null) {
      const end = sorted.at(-1);
      if (current === undefined && (end === undefined || end.bar.start_ts_ms < bar.start_ts_ms)) sorted.push(shown);
      else if (end?.bar.start_ts_ms === bar.start_ts_ms) sorted[sorted.length - 1] = shown;
      else sorted = null;
    }
    for (const reader of readers) {
      if (reader.all) continue;
      reader.changed.add(bar.start_ts_ms);
      if (reader.changed.size > CHANGES_MAX) reader.all = true;
    }
    return true;
  };

  const trim = (): void => {
    // With slack, so that a full series is not sorted and cut at every new bar.
    if (map.size <= capacity() * 1.1) return;
    for (const row of rows().slice(0, map.size - capacity())) map.delete(row.bar.start_ts_ms);
    sorted = null;
    reachesStart = false;
    redrawAll();
  };

  return {
    rows,
    at: (start_ts_ms) => map.get(start_ts_ms),
    first: () => rows()[0]?.bar,
    last: () => rows().at(-1)?.bar,
    complete: () => complete,
    reachesStart: () => reachesStart,
    reader() {
      const mine = { all: true, changed: new Set<number>() };
      readers.add(mine);
      return {
        take() {
          const change: Change = mine.all ? "all" : [...mine.changed].sort((a, b) => a - b);
          mine.all = false;
          mine.changed = new Set();
          return change;
        },
        close: () => readers.delete(mine),
      };
    },
    subscribe: watchers.subscribe,
    put(bars) {
      let any = false;
      for (const bar of bars) any = putOne(bar) || any;
      if (!any) return;
      trim();
      watchers.changed();
    },
    setComplete(value) {
      if (complete === value) return;
      complete = value;
      watchers.changed();
    },
    setReachesStart() {
      reachesStart = true;
      watchers.changed();
    },
    distrust() {
      complete = false;
      sinceDistrust = new Set();
    },
    replace(bars) {
      const keep = sinceDistrust === null ? [] : [...sinceDistrust].flatMap((start) => map.get(start) ?? []);
      map = new Map(keep.map((row) => [row.bar.start_ts_ms, row]));
      sorted = null;
      reachesStart = false;
      sinceDistrust = null;
      redrawAll();
      for (const bar of bars) putOne(bar);
      trim();
      watchers.changed();
    },
  };
}

export interface Bars {
  series(symbol: string, interval: string): Series;
  /** The series a person looks at; only this one keeps the long history that scrolling back loads. */
  focus(symbol: string, interval: string): void;
  /** Bars of the stream. */
  put(bars: readonly Bar[]): void;
  /** The newest stretch from the API. After a reset it replaces what was held before the reset. */
  loaded(symbol: string, interval: string, bars: readonly Bar[]): void;
  /** An older page; an empty one means that there is nothing older. */
  loadedOlder(symbol: string, interval: string, bars: readonly Bar[]): void;
  /** What is held may no longer be true: everything is to be loaded again. The old stays drawn until then. */
  reset(): void;
  /** Forgets the series of intervals that are no longer followed: they would silently fall behind. */
  keepIntervals(intervals: readonly string[]): void;
}

export interface BarsOptions {
  readonly frame: Frame;
  readonly focusedMax?: number;
  readonly otherMax?: number;
}

export function makeBars({ frame, focusedMax = 20_000, otherMax = 1_000 }: BarsOptions): Bars {
  const all = new Map<string, Held>();
  let focused = "";
  const distrusted = new Set<string>();

  const held = (symbol: string, interval: string): Held => {
    const key = seriesKey(symbol, interval);
    let found = all.get(key);
    if (found === undefined) {
      found = makeSeries(frame, () => (key === focused ? focusedMax : otherMax));
      all.set(key, found);
    }
    return found;
  };

  return {
    series: held,
    focus(symbol, interval) {
      focused = seriesKey(symbol, interval);
    },
    put(bars) {
      for (const bar of bars) held(bar.symbol, bar.interval).put([bar]);
    },
    loaded(symbol, interval, bars) {
      const series = held(symbol, interval);
      if (distrusted.delete(seriesKey(symbol, interval))) series.replace(bars);
      else series.put(bars);
      series.setComplete(true);
    },
    loadedOlder(symbol, interval, bars) {
      const series = held(symbol, interval);
      const before = series.first()?.start_ts_ms ?? Number.POSITIVE_INFINITY;
      if (!bars.some((bar) => bar.start_ts_ms < before)) series.setReachesStart();
      series.put(bars);
    },
    reset() {
      for (const [key, series] of all) {
        distrusted.add(key);
        series.distrust();
      }
    },
    keepIntervals(intervals) {
      for (const [key, series] of all) {
        if (intervals.includes(key.slice(key.lastIndexOf("|") + 1))) continue;
        series.distrust();
        distrusted.add(key);
      }
    },
  };
}
