/** What one record says of its place and time. */
export interface Seen {
  /** First and last id inside; the same for a trade. Null where the venue numbers nothing. */
  readonly first_seq: number | null;
  readonly last_seq: number | null;
  /** The last id of the record before, where the venue says it. */
  readonly prev_seq?: number | null;
  readonly ts_ms: number;
  readonly recv_ms?: number | undefined;
}

export type Fault =
  /** Ids in between are missing. They may still come: then it is `late`. */
  | {
      readonly kind: "gap";
      readonly from_seq: number;
      readonly to_seq: number;
      readonly from_ms: number;
      readonly to_ms: number;
    }
  /** Seen before. */
  | { readonly kind: "duplicate"; readonly from_seq: number; readonly to_seq: number }
  /** Comes after its successors and closes a hole, or part of one. */
  | { readonly kind: "late"; readonly from_seq: number; readonly to_seq: number }
  /** The ids are far below all that was seen: the venue counts anew, and so do we. */
  | { readonly kind: "restart"; readonly from_seq: number; readonly was_seq: number }
  | { readonly kind: "bad_time"; readonly why: BadTime; readonly ts_ms: number; readonly recv_ms: number | null };

/** none: no time at all. ahead: later than it was received. old: received long after. outside: not of the stretch asked for. */
export type BadTime = "none" | "ahead" | "old" | "outside";

export interface DetectorOptions {
  /** How far a venue's clock may be ahead of ours. */
  readonly ahead_max_ms: number;
  /** How old a record may be when it is received. */
  readonly old_max_ms: number;
  /** Event and receive times that belong to it, as those of a recorded day: [from, to). */
  readonly within_ms?: { readonly from_ms: number; readonly to_ms: number };
}

/** Open holes remembered per series; older ones are no longer recognised when they are filled. */
const HOLES_MAX = 1_000;
const SERIES_MAX = 10_000;

interface Hole {
  from: number;
  to: number;
}

interface Series {
  lowest: number;
  highest: number;
  last_ms: number;
  holes: Hole[];
}

export interface Detector {
  /** What is wrong with the next record of a series; nothing, nearly always. */
  see(series: string, seen: Seen): readonly Fault[];
  /** A new connection says everything again from anywhere: the series is begun anew. */
  forget(series: string): void;
}

const NONE: readonly Fault[] = [];

/** Ids and times of any numbered stream: trades of a symbol, changes of a book. */
export function createDetector(options: DetectorOptions): Detector {
  const all = new Map<string, Series>();

  function badTime({ ts_ms, recv_ms }: Seen): BadTime | null {
    if (!(ts_ms > 0)) return "none";
    const { within_ms } = options;
    const isOutside = (time: number): boolean =>
      within_ms !== undefined && (time < within_ms.from_ms || time >= within_ms.to_ms);
    if (isOutside(ts_ms) || (recv_ms !== undefined && isOutside(recv_ms))) return "outside";
    if (recv_ms === undefined) return null;
    if (ts_ms > recv_ms + options.ahead_max_ms) return "ahead";
    return recv_ms - ts_ms > options.old_max_ms ? "old" : null;
  }

  function place(series: Series, first: number, last: number, prev: number | null, ts_ms: number): Fault | null {
    const { highest } = series;
    const isNext = prev === null ? first === highest + 1 : prev === highest;
    if (isNext) {
      series.highest = last;
      return null;
    }
    // A chain that names its predecessor has ids between that are nobody's.
    const missingTo = prev ?? first - 1;
    if (missingTo > highest) {
      const hole = { from: highest + 1, to: missingTo };
      series.holes.push(hole);
      if (series.holes.length > HOLES_MAX) series.holes.shift();
      series.highest = last;
      return { kind: "gap", from_seq: hole.from, to_seq: hole.to, from_ms: series.last_ms, to_ms: ts_ms };
    }
    if (last < series.lowest) {
      series.holes = [];
      series.lowest = first;
      series.highest = last;
      return { kind: "restart", from_seq: first, was_seq: highest };
    }
    const isFilling = fill(series, first, last);
    series.highest = Math.max(highest, last);
    return { kind: isFilling ? "late" : "duplicate", from_seq: first, to_seq: last };
  }

  return {
    see(name, seen) {
      const why = badTime(seen);
      const time: Fault | null =
        why === null ? null : { kind: "bad_time", why, ts_ms: seen.ts_ms, recv_ms: seen.recv_ms ?? null };
      const { first_seq: first, last_seq: last } = seen;
      if (first === null || last === null) return time === null ? NONE : [time];
      const series = all.get(name);
      let order: Fault | null = null;
      if (series === undefined) {
        if (all.size >= SERIES_MAX) all.delete(all.keys().next().value!);
        all.set(name, { lowest: first, highest: last, last_ms: seen.ts_ms, holes: [] });
      } else {
        order = place(series, first, last, seen.prev_seq ?? null, seen.ts_ms);
        // What has a false time says nothing about when a hole began.
        if (time === null) series.last_ms = seen.ts_ms;
      }
      if (order === null) return time === null ? NONE : [time];
      return time === null ? [order] : [order, time];
    },
    forget: (name) => all.delete(name),
  };
}

/** Takes ids out of the holes; false when none of them was missing. */
function fill(series: Series, first: number, last: number): boolean {
  const left: Hole[] = [];
  let isFilling = false;
  for (const hole of series.holes) {
    if (last < hole.from || first > hole.to) {
      left.push(hole);
      continue;
    }
    isFilling = true;
    if (hole.from < first) left.push({ from: hole.from, to: first - 1 });
    if (last < hole.to) left.push({ from: last + 1, to: hole.to });
  }
  if (isFilling) series.holes = left.slice(-HOLES_MAX);
  return isFilling;
}
