import type { Source } from "../dedupe.ts";
import { isEmpty } from "./acc.ts";
import { type BarsState, NONE, type Node, type SymbolBars } from "./state.ts";

/**
 * The open bar of a symbol as a row of numbers: what nearly every trade touches, side by side in memory, where the state
 * keeps it in a dozen objects. A row is loaded from the state, counts trades, and is stored back; the arithmetic is that of
 * `addTrade` and `moveSeen`, and the state afterwards is the same to the last bit (`columns.test.ts`).
 */
export interface Hot {
  readonly rows: Float64Array;
  /** Bins that hold a trade, 32 to a word. */
  readonly bits: Int32Array;
  readonly of: (Loaded | null)[];
}

interface Loaded {
  readonly s: SymbolBars;
  readonly source: Source;
  readonly leaf: Node;
}

const WIDTH = 25;
const WORDS = 4;
/** 0: the row is not loaded, so nothing belongs into it. */
const END = 1;
const SEEN = 2;
const DUE = 3;
/** From this `due` on there is more to do than to count. */
const LIMIT = 4;
const NEXT_ID = 5;
const OPEN = 6;
const HIGH = 7;
const LOW = 8;
const CLOSE = 9;
const LAST = 10;
const VOLUME = 11;
const NOTIONAL = 13;
const BUY = 15;
const TRADES = 17;
const BINS = 18;
const LATE = 19;
const OPEN_TS = 20;
const OPEN_SEQ = 21;
const CLOSE_TS = 22;
const CLOSE_SEQ = 23;
/** Ids from here to the next one have been there. */
const FIRST_ID = 24;

export const hotRows = (symbols: number): Hot => ({
  rows: new Float64Array(symbols * WIDTH),
  bits: new Int32Array(symbols * WORDS),
  of: Array.from({ length: symbols }, () => null),
});

/** Loads a symbol's open bar, if its next trade may be a plain one; false if not. */
export function load(hot: Hot, at: number, state: BarsState, s: SymbolBars, source: Source, provider: string): boolean {
  const { ms } = state.plan.levels[0]!;
  const { nodes } = s.levels[0]!;
  const leaf = nodes[nodes.length - 1];
  const run = source.runs[source.runs.length - 1];
  if (leaf === undefined || leaf.said !== null || run === undefined || ms > WORDS * 32 * state.settings.bin_ms)
    return false;
  const { acc } = leaf;
  const keys = leaf.keys!;
  const isPlain = !isEmpty(acc) && acc.source === "" && acc.provider === provider && s.provider === provider;
  const isRouted = s.route === null || (s.route.provider === provider && s.route.from_ms <= leaf.start_ms);
  const isClear =
    s.traded && !s.silent && s.jump_ms === NONE && source.jump_ms === NONE && s.seen_ms === source.seen_ms;
  if (!isPlain || !isRouted || !isClear || s.seen_ms === NONE) return false;
  const { rows, bits } = hot;
  const o = at * WIDTH;
  rows[o] = leaf.start_ms;
  rows[o + END] = leaf.start_ms + ms;
  rows[o + SEEN] = s.seen_ms;
  rows[o + DUE] = s.due_ms;
  rows[o + LIMIT] = Math.min(s.wake_ms, s.form_at_ms);
  rows[o + NEXT_ID] = run.to + 1;
  rows[o + OPEN] = acc.open;
  rows[o + HIGH] = acc.high;
  rows[o + LOW] = acc.low;
  rows[o + CLOSE] = acc.close;
  rows[o + LAST] = acc.last_ts_ms;
  rows[o + VOLUME] = acc.volume;
  rows[o + VOLUME + 1] = acc.volume_c;
  rows[o + NOTIONAL] = acc.notional;
  rows[o + NOTIONAL + 1] = acc.notional_c;
  rows[o + BUY] = acc.buy;
  rows[o + BUY + 1] = acc.buy_c;
  rows[o + TRADES] = acc.trades;
  rows[o + BINS] = acc.bins;
  rows[o + LATE] = acc.late_ms;
  rows[o + OPEN_TS] = keys.open_ts_ms;
  rows[o + OPEN_SEQ] = keys.open_seq;
  rows[o + CLOSE_TS] = keys.close_ts_ms;
  rows[o + CLOSE_SEQ] = keys.close_seq;
  rows[o + FIRST_ID] = run.from;
  for (let word = 0; word < WORDS; word++) bits[at * WORDS + word] = keys.bins[word] ?? 0;
  hot.of[at] = { s, source, leaf };
  return true;
}

/** Writes a symbol's row back; it is not loaded any more. */
export function store(hot: Hot, at: number): void {
  const loaded = hot.of[at];
  if (loaded === null || loaded === undefined) return;
  const { rows, bits } = hot;
  const o = at * WIDTH;
  const { s, source, leaf } = loaded;
  const { acc } = leaf;
  const keys = leaf.keys!;
  hot.of[at] = null;
  rows[o + END] = 0;
  if (rows[o + TRADES] === acc.trades) return;
  s.seen_ms = rows[o + SEEN]!;
  s.due_ms = rows[o + DUE]!;
  s.sure_ms = s.due_ms;
  s.changed = true;
  source.seen_ms = s.seen_ms;
  if (source.seen_ms > source.due_ms) source.due_ms = source.seen_ms;
  const run = source.runs[source.runs.length - 1]!;
  run.to = rows[o + NEXT_ID]! - 1;
  run.at_ms = source.seen_ms;
  acc.open = rows[o + OPEN]!;
  acc.high = rows[o + HIGH]!;
  acc.low = rows[o + LOW]!;
  acc.close = rows[o + CLOSE]!;
  acc.last_ts_ms = rows[o + LAST]!;
  acc.volume = rows[o + VOLUME]!;
  acc.volume_c = rows[o + VOLUME + 1]!;
  acc.notional = rows[o + NOTIONAL]!;
  acc.notional_c = rows[o + NOTIONAL + 1]!;
  acc.buy = rows[o + BUY]!;
  acc.buy_c = rows[o + BUY + 1]!;
  acc.trades = rows[o + TRADES]!;
  acc.bins = rows[o + BINS]!;
  acc.late_ms = rows[o + LATE]!;
  keys.open_ts_ms = rows[o + OPEN_TS]!;
  keys.open_seq = rows[o + OPEN_SEQ]!;
  keys.close_ts_ms = rows[o + CLOSE_TS]!;
  keys.close_seq = rows[o + CLOSE_SEQ]!;
  for (let word = 0; word < WORDS; word++) {
    const set = bits[at * WORDS + word]!;
    if (set === 0) continue;
    while (keys.bins.length <= word) keys.bins.push(0);
    keys.bins[word] = set;
  }
}

/** Neumaier's sum, as in `acc.ts`. */
function add(rows: Float64Array, at: number, amount: number): void {
  const before = rows[at]!;
  const sum = before + amount;
  rows[at + 1] = rows[at + 1]! + (before >= amount ? before - sum + amount : amount - sum + before);
  rows[at] = sum;
}

/** A trade that was there before, and tells no time that was not there before. */
export function isRepeated({ rows }: Hot, at: number, id: number, ts_ms: number): boolean {
  const o = at * WIDTH;
  return rows[o + END]! > 0 && id < rows[o + NEXT_ID]! && id >= rows[o + FIRST_ID]! && ts_ms <= rows[o + SEEN]!;
}

/**
 * Counts a trade whose price and size are in bounds, if it is a plain one: the next id, into the open bar, not late, and
 * nothing else due. False: it was not touched.
 */
export function countPlain(
  { rows, bits }: Hot,
  at: number,
  { late_ms, jump_ms, bin_ms }: BarsState["settings"],
  id: number,
  ts_ms: number,
  price: number,
  size: number,
  isBuy: boolean,
): boolean {
  const o = at * WIDTH;
  const start_ms = rows[o]!;
  const seen_ms = rows[o + SEEN]!;
  if (!(ts_ms >= start_ms && ts_ms < rows[o + END]!) || id !== rows[o + NEXT_ID]!) return false;
  const behind_ms = seen_ms - ts_ms;
  if (behind_ms > late_ms || (jump_ms > 0 && -behind_ms > jump_ms)) return false;
  if (behind_ms < 0) {
    if (ts_ms > rows[o + DUE]!) {
      if (ts_ms >= rows[o + LIMIT]!) return false;
      rows[o + DUE] = ts_ms;
    } else if (rows[o + DUE]! >= rows[o + LIMIT]!) return false;
    rows[o + SEEN] = ts_ms;
  } else {
    if (rows[o + DUE]! >= rows[o + LIMIT]!) return false;
    if (behind_ms > rows[o + LATE]!) rows[o + LATE] = behind_ms;
  }
  rows[o + NEXT_ID] = id + 1;
  if (price > rows[o + HIGH]!) rows[o + HIGH] = price;
  if (price < rows[o + LOW]!) rows[o + LOW] = price;
  const open_ms = rows[o + OPEN_TS]!;
  if (ts_ms < open_ms || (ts_ms === open_ms && id < rows[o + OPEN_SEQ]!)) {
    rows[o + OPEN] = price;
    rows[o + OPEN_TS] = ts_ms;
    rows[o + OPEN_SEQ] = id;
  }
  const close_ms = rows[o + CLOSE_TS]!;
  if (ts_ms > close_ms || (ts_ms === close_ms && id >= rows[o + CLOSE_SEQ]!)) {
    rows[o + CLOSE] = price;
    rows[o + CLOSE_TS] = ts_ms;
    rows[o + CLOSE_SEQ] = id;
  }
  if (ts_ms > rows[o + LAST]!) rows[o + LAST] = ts_ms;
  add(rows, o + VOLUME, size);
  add(rows, o + NOTIONAL, price * size);
  if (isBuy) add(rows, o + BUY, size);
  rows[o + TRADES] = rows[o + TRADES]! + 1;
  const bin = Math.floor((ts_ms - start_ms) / bin_ms);
  const word = at * WORDS + (bin >> 5);
  const bit = 1 << (bin & 31);
  if ((bits[word]! & bit) === 0) {
    bits[word] = bits[word]! | bit;
    rows[o + BINS] = rows[o + BINS]! + 1;
  }
  return true;
}
