import type { Bar } from "../messages/bar.ts";
import type { DeadLetter } from "../messages/dead-letter.ts";
import type { Stage } from "../stage.ts";
import { type Acc, accOfBar, append, emptyAcc } from "./bars/acc.ts";
import { barOf } from "./bars/fold.ts";
import { deadLetter } from "./bars/refuse.ts";
import { floorTo, NONE } from "./bars/state.ts";
import { admit, type BySymbol, bySymbol, find } from "./symbols.ts";

export interface RollupSettings {
  /** BAR_STALL_MS: a row of a symbol that has gone quiet goes out once others are this far past its end. */
  readonly stall_ms: number;
  /** BAR_REVISE_MS: rows are corrected for so long after their end. */
  readonly revise_ms: number;
  readonly symbols_max: number;
}

export const ROLLUP_SETTINGS: RollupSettings = { stall_ms: 10_000, revise_ms: 900_000, symbols_max: 4_096 };

const SECOND_MS = 1_000;
const ROWS = [
  { interval: "60s", ms: 60_000 },
  { interval: "300s", ms: 300_000 },
] as const;
const LONGEST_MS = 300_000;

interface Second {
  start_ms: number;
  revision: number;
  final: boolean;
  acc: Acc;
}

interface Row {
  /** Place in `ROWS`. */
  of: number;
  start_ms: number;
  revision: number;
  /** A final statement was made. */
  said: boolean;
}

interface SymbolRows {
  symbol: string;
  /** Start of its newest second. */
  newest_ms: number;
  /** By start. */
  seconds: Second[];
  rows: Row[];
}

export interface RollupState {
  settings: RollupSettings;
  symbols: BySymbol<SymbolRows>;
  /** Start of the newest second of all symbols, and the end of the newest final one. */
  newest_ms: number;
  reached_ms: number;
  looked_ms: number;
  /** Bars that changed nothing: of other lengths, and seconds said again. */
  other: number;
  repeated: number;
}

type Emit = (out: Bar | DeadLetter) => void;

/**
 * Bars of a second → rows of 60 s and of 300 s, aligned to the clock. A row goes out when its symbol has come to a later
 * one; a second that comes or is revised afterwards corrects both its rows.
 */
export const rollup: Stage<RollupState, Bar, Bar | DeadLetter, RollupSettings> = {
  version: 1,
  init: (settings) => ({
    settings,
    symbols: bySymbol(),
    newest_ms: NONE,
    reached_ms: NONE,
    looked_ms: NONE,
    other: 0,
    repeated: 0,
  }),
  step(state, bar, emit) {
    const { start_ts_ms, end_ts_ms, symbol } = bar;
    if (end_ts_ms - start_ts_ms !== SECOND_MS || start_ts_ms % SECOND_MS !== 0) {
      state.other++;
      return;
    }
    if (bar.low > Math.min(bar.open, bar.close) || bar.high < Math.max(bar.open, bar.close)) {
      emit(deadLetter("rollup", bar, "invalid", "open or close lies outside low and high"));
      return;
    }
    const s = find(state.symbols, symbol) ?? newSymbol(state, symbol);
    if (floorTo(start_ts_ms, LONGEST_MS) + LONGEST_MS <= s.newest_ms - state.settings.revise_ms) {
      emit(deadLetter("rollup", bar, "too_old", `its rows can no longer be corrected at ${s.newest_ms}`));
      return;
    }
    if (!addSecond(s, bar)) {
      state.repeated++;
      return;
    }
    if (bar.final) state.reached_ms = Math.max(state.reached_ms, end_ts_ms);
    s.newest_ms = Math.max(s.newest_ms, start_ts_ms);
    for (let of = 0; of < ROWS.length; of++) touch(s, of, start_ts_ms, emit);
    closeTo(s, s.newest_ms, emit);
    forget(state, s);
    if (s.newest_ms > state.newest_ms) closeQuiet(state, s.newest_ms, emit);
  },
};

/** The input has ended: rows that it reached the end of are final, the others come out with `final: false`. */
export function endRollup(state: RollupState, emit: Emit): void {
  for (const s of Object.values(state.symbols.of)) {
    closeTo(s, state.reached_ms, emit);
    for (const row of s.rows) if (!row.said) emit(statement(s, row, false));
  }
}

function newSymbol(state: RollupState, symbol: string): SymbolRows {
  const rows = { symbol, newest_ms: NONE, seconds: [], rows: [] };
  return admit(state.symbols, symbol, rows, state.settings.symbols_max, ({ newest_ms }) => newest_ms);
}

/** First place whose start is not before a time. */
function firstFrom(all: readonly { start_ms: number }[], start_ms: number): number {
  let at = all.length;
  while (at > 0 && all[at - 1]!.start_ms >= start_ms) at--;
  return at;
}

/**
 * False if it is known already, in this or a later revision. Other makers do not count revisions: what they say again in
 * other words is the newer word.
 */
function addSecond(s: SymbolRows, bar: Bar): boolean {
  const { start_ts_ms: start_ms, revision, final } = bar;
  const at = firstFrom(s.seconds, start_ms);
  const known = s.seconds[at];
  const second = { start_ms, revision, final, acc: accOfBar(bar) };
  if (known?.start_ms !== start_ms) {
    s.seconds.splice(at, 0, second);
    return true;
  }
  if (known.final && (!final || revision < known.revision)) return false;
  if (known.final === final && revision === known.revision && isSame(known.acc, second.acc)) return false;
  s.seconds[at] = second;
  return true;
}

const isSame = (a: Acc, b: Acc): boolean =>
  Object.keys(a).every((name) => a[name as keyof Acc] === b[name as keyof Acc]);

/** A row that is out already is said again, with the next revision. */
function touch(s: SymbolRows, of: number, ts_ms: number, emit: Emit): void {
  const start_ms = floorTo(ts_ms, ROWS[of]!.ms);
  const row = s.rows.findLast((one) => one.of === of && one.start_ms === start_ms);
  if (row === undefined) s.rows.push({ of, start_ms, revision: 0, said: false });
  else if (row.said) say(s, row, emit);
}

const endOf = (row: Row): number => row.start_ms + ROWS[row.of]!.ms;

/** Earlier ends first, minutes before their five. */
function closeTo(s: SymbolRows, to_ms: number, emit: Emit): void {
  const due = s.rows.filter((row) => !row.said && endOf(row) <= to_ms);
  for (const row of due.sort((a, b) => endOf(a) - endOf(b) || a.of - b.of)) say(s, row, emit);
}

function say(s: SymbolRows, row: Row, emit: Emit): void {
  emit(statement(s, row, true));
  row.said = true;
  row.revision++;
}

function statement(s: SymbolRows, row: Row, final: boolean): Bar {
  const { interval, ms } = ROWS[row.of]!;
  const { start_ms, revision } = row;
  const acc = emptyAcc();
  for (let i = firstFrom(s.seconds, start_ms); i < s.seconds.length && s.seconds[i]!.start_ms < start_ms + ms; i++) {
    append(acc, s.seconds[i]!.acc);
  }
  const { symbol } = s;
  return barOf(acc, { symbol, provider: acc.provider, interval, start_ms, ms, revision, partial: acc.partial, final });
}

function forget({ settings }: RollupState, s: SymbolRows): void {
  const horizon_ms = s.newest_ms - settings.revise_ms;
  const first = s.seconds[0];
  if (first === undefined || floorTo(first.start_ms, LONGEST_MS) + LONGEST_MS > horizon_ms) return;
  const from_ms = floorTo(horizon_ms, LONGEST_MS);
  s.seconds.splice(0, firstFrom(s.seconds, from_ms));
  s.rows = s.rows.filter((row) => endOf(row) > from_ms);
}

/** Once a minute of the market's time: who has been quiet since gets its rows too. */
function closeQuiet(state: RollupState, newest_ms: number, emit: Emit): void {
  state.newest_ms = newest_ms;
  const quiet_ms = floorTo(newest_ms - state.settings.stall_ms, ROWS[0].ms);
  if (quiet_ms <= state.looked_ms) return;
  state.looked_ms = quiet_ms;
  for (const s of Object.values(state.symbols.of)) closeTo(s, quiet_ms, emit);
}
