import { TapebellError } from "../../errors.ts";
import { INTERVALS, intervalMs, type PriceSource } from "../../messages/bar.ts";

export interface BarsSettings {
  /** Intervals that come out; others may be kept inside to fold from. */
  readonly intervals: readonly string[];
  /** REPLAY_MAX_LATE_MS: how far behind its symbol's newest trade a trade may be. */
  readonly late_ms: number;
  /** A trade is late only if its window of this length has ended so far behind; 0: each trade by its own time. */
  readonly late_window_ms: number;
  /**
   * What bars are made of: trades, or one side of the quotes. "auto": trades, and the mid of the quotes for a symbol that
   * is quoted and never traded.
   */
  readonly price_source: "auto" | "trade" | PriceSource;
  /** "auto": for so much event time a symbol's quotes are only kept, in case it trades after all. */
  readonly quoted_ms: number;
  /** REPLAY_BIN_MS: `bin_count` counts the bins of this width that hold a trade. */
  readonly bin_ms: number;
  /** BAR_STALL_MS */
  readonly stall_ms: number;
  /** BAR_REVISE_MS */
  readonly revise_ms: number;
  /** CLOCK_SKEW_MAX_SEC: a trade further ahead of its receive time is refused. */
  readonly skew_max_ms: number;
  /** CLOCK_JUMP_CONFIRM_SEC, 0 = off: a longer step forward without a receive time needs a second record. */
  readonly jump_ms: number;
  /** Forming bars: at most one per symbol and interval in each such span of event time; 0 = none. */
  readonly forming_ms: number;
  /** Symbols of one partition, at most. Beyond it the trades of a new symbol are refused, never those of a known one. */
  readonly symbols_max: number;
  /** Bars of one interval and symbol kept open or revisable, at most. */
  readonly bars_max: number;
  /** Gaps remembered per symbol (and for all symbols together); beyond it the oldest lost ones become one wider gap. */
  readonly gaps_max: number;
}

export const BARS_DEFAULTS: BarsSettings = {
  intervals: INTERVALS,
  late_ms: 500,
  late_window_ms: 0,
  price_source: "auto",
  quoted_ms: 60_000,
  bin_ms: 10,
  stall_ms: 10_000,
  revise_ms: 900_000,
  skew_max_ms: 5_000,
  jump_ms: 60_000,
  forming_ms: 250,
  symbols_max: 4_096,
  bars_max: 20_000,
  gaps_max: 64,
};

export const MINUTE_MS = 60_000;
const SECOND_MS = 1_000;
const GRAIN_MS = 100;
const LONGEST_MS = 7 * 86_400_000;
const INTERVALS_MAX = 16;

export interface Level {
  readonly interval: string;
  readonly ms: number;
  /** The level it is folded from; -1 for the first, which is made of trades. */
  readonly child: number;
  /** The levels folded from it. */
  readonly parents: readonly number[];
  /** Asked for, so its statements go out. */
  readonly shown: boolean;
}

/** How the intervals hang together, shortest first. */
export interface Plan {
  readonly levels: readonly Level[];
  /** Where history bars enter. */
  readonly minute: number;
  /** The bars of this length decide what is too old to revise: those of the shortest interval asked for, or minutes. */
  readonly age_ms: number;
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

function lengthOf(interval: string): number {
  const ms = intervalMs(interval.trim());
  if (ms === null || ms % GRAIN_MS !== 0 || ms > LONGEST_MS) {
    throw new TapebellError("usage", "bad_interval", `INTERVAL: "${interval}" is no bar length`, {
      hint: `use a number with ms, s, m, h or d, a multiple of ${GRAIN_MS} ms, at most 7d, such as 1s, 7s or 1m`,
    });
  }
  return ms;
}

/** Two levels are always there: one of at most a second, so that bins can be counted, and the minute of the history. */
export function planOf(intervals: readonly string[]): Plan {
  if (intervals.length === 0 || intervals.length > INTERVALS_MAX) {
    throw new TapebellError("usage", "bad_interval", `INTERVAL names ${intervals.length} lengths`, {
      hint: `give 1 to ${INTERVALS_MAX}, separated by commas`,
    });
  }
  const served = new Map(INTERVALS.map((name) => [intervalMs(name) ?? 0, name as string]));
  const shown = new Map<number, string>();
  for (const interval of intervals) {
    const ms = lengthOf(interval);
    if (!shown.has(ms)) shown.set(ms, served.get(ms) ?? interval.trim());
  }
  const finest = [...shown.keys()].reduce(gcd, SECOND_MS);
  const lengths = [...new Set([finest, MINUTE_MS, ...shown.keys()])].sort((a, b) => a - b);
  const childOf = (ms: number): number => lengths.findLastIndex((shorter) => shorter < ms && ms % shorter === 0);
  const children = lengths.map(childOf);
  return {
    levels: lengths.map((ms, index) => ({
      interval: shown.get(ms) ?? `${ms}ms`,
      ms,
      child: children[index] ?? -1,
      parents: children.flatMap((child, parent) => (child === index ? [parent] : [])),
      shown: shown.has(ms),
    })),
    minute: lengths.indexOf(MINUTE_MS),
    age_ms: Math.min(MINUTE_MS, ...shown.keys()),
  };
}
