import type { Gap } from "../../../core/messages/gap.ts";
import { MINUTE_MS } from "./market.ts";
import type { Disturbance } from "./overlay.ts";
import { SYMBOLS } from "./symbols.ts";

/** How far the log reaches for one symbol. */
export interface ResumePoint {
  /** Event time of its newest trade, or the start of its newest final 1 m bar where no trade is kept. */
  readonly newest_ts_ms: number;
  /** Price of that trade, or close of that bar. */
  readonly price: number;
}

/** What the logs of this DATA_DIR hold already; it stands, and only what is missing is made. */
export interface Resume {
  readonly symbols: Readonly<Record<string, ResumePoint>>;
  /** Gaps of this feed whose last statement is `open`: an earlier run was killed before it could fill them. */
  readonly open_gaps: readonly Gap[];
}

const HISTORY_MS = 1_440 * MINUTE_MS;
/** The newest part of history comes as trades, so that short windows are warm. */
export const TRADE_HISTORY_MS = 10 * MINUTE_MS;

export const minuteOf = (ts_ms: number): number => Math.floor(ts_ms / MINUTE_MS) * MINUTE_MS;

/** Per symbol, the event time from which records have to be made. */
export function startTimes(resume: Resume | null, now_ms: number): number[] {
  const oldest_ms = minuteOf(now_ms - HISTORY_MS);
  return SYMBOLS.map(({ symbol }) => Math.max(oldest_ms, resume?.symbols[symbol]?.newest_ts_ms ?? oldest_ms));
}

/** Smaller than any move a rule weighs: 1 % in five minutes. */
const FADE_PER_MS = 0.002 / MINUTE_MS;
/** What bid, ask and the time since explain by themselves. */
const UNREMARKABLE = 0.003;

/**
 * Where the recorded price is not the one this run would go on from (it was killed amid an act, or runs with another
 * seed), the difference is kept and faded out slowly: a restart is no move of the market.
 */
export function carriedOver(
  resume: Resume | null,
  priceAt: (index: number, ts_ms: number) => number,
): (Disturbance & { readonly from_ms: number; readonly to_ms: number })[] {
  if (resume === null) return [];
  return SYMBOLS.flatMap(({ symbol }, index) => {
    const point = resume.symbols[symbol];
    if (point === undefined) return [];
    const from_ms = point.newest_ts_ms;
    const log = Math.log(point.price / priceAt(index, from_ms));
    if (Math.abs(log) < UNREMARKABLE) return [];
    const to_ms = from_ms + Math.abs(log) / FADE_PER_MS;
    const points = [[from_ms, log] as const, [to_ms, 0] as const];
    return [{ from_ms, to_ms, curves: [{ symbol, points }], bursts: [], prints: [] }];
  });
}
