import { TapebellError } from "../../../core/errors.ts";
import type { Bin } from "../../../core/messages/bin.ts";
import { BadLine } from "../../ndjson/market-line.ts";

export const BAR_MS = 1_000;
const SECONDS_MAX = 1_000_000;
const BITS = 32;

/** What the bins say about one second. */
export interface Second {
  readonly symbol: string;
  readonly start_ms: number;
  first_ms: number;
  last_ms: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
  notional: number;
  bins: number;
  /** How many of them carry sums as they are; others were rounded by their writer, as its bars are. */
  exact: number;
  max_late_ms: number;
  /** Which of its milliseconds a bin begins at. */
  readonly known: Uint32Array;
}

/** A bar's id without the zeros that some write before its time. */
export const plainId = (id: string): string => id.replace(/-0+(\d+)$/, "-$1");

export const keyOf = (symbol: string, start_ms: number): string => `${symbol}-${start_ms}`;

/** Files hold what memory holds: a million seconds, twelve days of one symbol. */
export function boundSeconds(count: number, file: string): void {
  if (count < SECONDS_MAX) return;
  throw new TapebellError("outside", "too_many_bars", `${file} speaks of more than ${SECONDS_MAX} bars`, {
    hint: "compare days or symbols one by one",
  });
}

/** Adds bins up to seconds, plainly and by themselves: nothing of the stage that made the bars is used. */
export class Seconds {
  readonly of = new Map<string, Second>();
  bins = 0;
  again = 0;
  empty = 0;

  add(bin: Bin, isExact: boolean): void {
    const start_ms = Math.floor(bin.start_ts_ms / BAR_MS) * BAR_MS;
    const offset = bin.start_ts_ms - start_ms;
    if (!Number.isInteger(offset)) throw new BadLine("start_ts_ms: a bin begins at a whole millisecond");
    if (bin.trade_count === 0) {
      this.empty++;
      return;
    }
    const key = keyOf(bin.symbol, start_ms);
    let second = this.of.get(key);
    if (second === undefined) {
      boundSeconds(this.of.size, "the file of bins");
      second = emptySecond(bin, start_ms);
      this.of.set(key, second);
    }
    const word = Math.floor(offset / BITS);
    const bit = 1 << (offset % BITS);
    if ((second.known[word]! & bit) !== 0) {
      this.again++;
      return;
    }
    second.known[word]! |= bit;
    this.bins++;
    if (isExact) second.exact++;
    fold(second, bin);
  }
}

function emptySecond({ symbol }: Bin, start_ms: number): Second {
  return {
    symbol,
    start_ms,
    first_ms: Number.POSITIVE_INFINITY,
    last_ms: Number.NEGATIVE_INFINITY,
    open: 0,
    high: 0,
    low: Number.POSITIVE_INFINITY,
    close: 0,
    volume: 0,
    notional: 0,
    bins: 0,
    exact: 0,
    max_late_ms: 0,
    known: new Uint32Array(Math.ceil(BAR_MS / BITS)),
  };
}

function fold(second: Second, bin: Bin): void {
  const { start_ts_ms } = bin;
  if (start_ts_ms < second.first_ms) {
    second.first_ms = start_ts_ms;
    second.open = bin.open;
  }
  if (start_ts_ms > second.last_ms) {
    second.last_ms = start_ts_ms;
    second.close = bin.close;
  }
  second.high = Math.max(second.high, bin.high);
  second.low = Math.min(second.low, bin.low);
  second.volume += bin.volume;
  second.notional += bin.notional;
  second.max_late_ms = Math.max(second.max_late_ms, bin.max_late_ms);
  second.bins++;
}
