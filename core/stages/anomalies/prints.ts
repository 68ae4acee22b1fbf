import { isPrice } from "../../messages/common.ts";
import type { PriceRecord, Side, Trade } from "../../messages/index.ts";
import { parseIso } from "../../text/time.ts";
import { AHEAD_MS } from "../price.ts";
import type { AdaptiveSettings } from "./settings.ts";

export interface Print {
  ts_ms: number;
  price: number;
  size: number;
  side: Side;
  trade_id: string | null;
  /** Receive time − event time; null where nobody measured it. */
  lag_ms: number | null;
}

/**
 * Which prints may be believed. One that jumps is held until the next ones stand there too; if they do not, it was a bad
 * print and enters nothing.
 */
export interface PrintFilter {
  /** Last believed price per side (0 = none yet). */
  buy: number;
  sell: number;
  /** How many prints stand behind the present price level: one alone is no ground to call the next ones a move. */
  votes: number;
  /** A gap lies between the last believed print and the next. */
  gap: boolean;
  held: Print[];
}

export const printFilter = (): PrintFilter => ({
  buy: 0,
  sell: 0,
  votes: 0,
  gap: false,
  held: [],
});

/** Forgets prices, not what was held: another venue's level is no yardstick. */
export function forgetLevel(filter: PrintFilter): void {
  filter.buy = 0;
  filter.sell = 0;
  filter.votes = 0;
  filter.gap = false;
  filter.held = [];
}

export interface FilterOutcome {
  /** Prints to take in, oldest first. */
  readonly believed: readonly Print[];
  /** How many were refuted. */
  readonly refuted: number;
  /** The step from the last price to these is no move: the windows begin anew with them. */
  readonly restart: boolean;
}
const NONE: readonly Print[] = [];
const HELD: FilterOutcome = { believed: NONE, refuted: 0, restart: false };

/** 1 above, −1 below, 0 among the believed prices of late. */
function jump(filter: PrintFilter, price: number, size: number): 1 | -1 | 0 {
  const { buy, sell } = filter;
  if (buy === 0 && sell === 0) return 0;
  const high = Math.max(buy, sell);
  const low = buy === 0 || sell === 0 ? high : Math.min(buy, sell);
  if (price >= high * (1 + size)) return 1;
  return price <= low * (1 - size) ? -1 : 0;
}

export function believe(filter: PrintFilter, print: Print): void {
  if (print.side !== "sell") filter.buy = print.price;
  if (print.side !== "buy") filter.sell = print.price;
  if (filter.votes < 2) filter.votes++;
}

/** Nearly all prints: nothing is held, nothing is missing, and it stands among those before it. */
export const isOrdinary = (filter: PrintFilter, print: Print, settings: AdaptiveSettings): boolean =>
  filter.held.length === 0 && !filter.gap && jump(filter, print.price, settings.print_jump) === 0;

export function sift(filter: PrintFilter, print: Print, settings: AdaptiveSettings): FilterOutcome {
  const { held } = filter;
  const way = jump(filter, print.price, settings.print_jump);
  if (way === 0) {
    if (held.length === 0) return take(filter, print, NONE, 0, settings);
    filter.held = [];
    // A print is refuted by one that stands far from it, not by a neighbour just inside the limit.
    const near = held.filter((h) => Math.abs(print.price / h.price - 1) < settings.print_jump / 2);
    return take(filter, print, near, held.length - near.length, settings);
  }
  if (held.length > 0 && jump(filter, held[0]!.price, settings.print_jump) !== way) {
    filter.held = [print];
    return { ...HELD, refuted: held.length };
  }
  // A print on the way confirms those before it, not one that went far beyond it.
  const kept = held.filter((h) => way * (h.price / print.price - 1) < settings.print_jump);
  const overshot = held.length - kept.length;
  kept.push(print);
  if (kept.length < settings.confirm_trades) {
    filter.held = kept;
    return { ...HELD, refuted: overshot };
  }
  filter.held = [];
  const unfounded = filter.votes < 2;
  const restart = filter.gap || unfounded;
  if (restart) forgetOther(filter, print);
  filter.gap = false;
  for (const one of kept) believe(filter, one);
  return { believed: kept, refuted: overshot + (unfounded ? 1 : 0), restart };
}

function take(
  filter: PrintFilter,
  print: Print,
  before: readonly Print[],
  refuted: number,
  settings: AdaptiveSettings,
): FilterOutcome {
  const restart = filter.gap && jump(filter, print.price, settings.gap_jump) !== 0;
  if (restart) forgetOther(filter, print);
  filter.gap = false;
  for (const one of before) believe(filter, one);
  believe(filter, print);
  return { believed: before.length === 0 ? [print] : [...before, print], refuted, restart };
}

/** Behind a restart the other side's old price is no yardstick either. */
function forgetOther(filter: PrintFilter, print: Print): void {
  if (print.side !== "sell") filter.sell = 0;
  if (print.side !== "buy") filter.buy = 0;
}

/** A price no one could have paid. The schema refuses these; a stage that reads files must not depend on it. */
export const believable = ({ price, size, ts_ms }: Print): boolean =>
  isPrice(price) && size >= 0 && Number.isFinite(size) && Number.isFinite(ts_ms);

/** A trade of the log, or a sampled price where a file has nothing better: a print without side and size. */
export function printOf(record: Trade | PriceRecord): Print {
  if (record.kind === "price")
    return { ts_ms: parseIso(record.time), price: record.price, size: 0, side: null, trade_id: null, lag_ms: null };
  const { recv_ms } = record;
  return {
    ts_ms: recv_ms === undefined ? record.ts_ms : Math.min(record.ts_ms, recv_ms + AHEAD_MS),
    price: record.price,
    size: record.size,
    side: record.side ?? null,
    trade_id: record.trade_id ?? null,
    lag_ms: recv_ms === undefined ? null : Math.max(0, recv_ms - record.ts_ms),
  };
}
