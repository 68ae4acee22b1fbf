import type { ShownBar } from "../state/bars.ts";

/** A slot of the time axis: a candle, or an empty place where nothing was traded. */
export interface Slot {
  readonly start_ts_ms: number;
  readonly row: ShownBar | null;
}

/** Longer pauses are closed up: a night without trades must not push the candles off the screen. */
export const EMPTY_SLOTS_MAX = 120;

/** Empty slots strictly between two candles, so that time runs evenly; none if the pause is too long. */
export function between(fromMs: number, toMs: number, stepMs: number): readonly number[] {
  const count = Math.round((toMs - fromMs) / stepMs) - 1;
  if (count < 1 || count > EMPTY_SLOTS_MAX) return [];
  return Array.from({ length: count }, (_, i) => fromMs + (i + 1) * stepMs);
}

export function slots(rows: readonly ShownBar[], stepMs: number): Slot[] {
  const out: Slot[] = [];
  let previous: number | null = null;
  for (const row of rows) {
    const start_ts_ms = row.bar.start_ts_ms;
    if (previous !== null) {
      for (const empty of between(previous, start_ts_ms, stepMs)) out.push({ start_ts_ms: empty, row: null });
    }
    out.push({ start_ts_ms, row });
    previous = start_ts_ms;
  }
  return out;
}

/**
 * What to hand to the chart after `changed` bars, given what it already shows: `null` means that only a full redraw is
 * right (something appeared in the middle or before the start).
 */
export function updates(
  changed: readonly number[],
  at: (start_ts_ms: number) => ShownBar | undefined,
  shown: { readonly lastMs: number | null; has(start_ts_ms: number): boolean },
  stepMs: number,
): { slot: Slot; historical: boolean }[] | null {
  const out: { slot: Slot; historical: boolean }[] = [];
  let lastMs = shown.lastMs;
  for (const start_ts_ms of changed) {
    const row = at(start_ts_ms);
    if (row === undefined) return null;
    if (lastMs === null) return null;
    if (start_ts_ms < lastMs) {
      if (!shown.has(start_ts_ms)) return null;
      out.push({ slot: { start_ts_ms, row }, historical: true });
      continue;
    }
    if (start_ts_ms > lastMs) {
      for (const empty of between(lastMs, start_ts_ms, stepMs)) {
        out.push({ slot: { start_ts_ms: empty, row: null }, historical: false });
      }
    }
    out.push({ slot: { start_ts_ms, row }, historical: false });
    lastMs = start_ts_ms;
  }
  return out;
}

/** The rows that start within [fromMs, toMs], found by halving. */
export function within(rows: readonly ShownBar[], fromMs: number, toMs: number): readonly ShownBar[] {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle]!.bar.start_ts_ms < fromMs) low = middle + 1;
    else high = middle;
  }
  const out: ShownBar[] = [];
  for (let i = low; i < rows.length && rows[i]!.bar.start_ts_ms <= toMs; i += 1) out.push(rows[i]!);
  return out;
}
