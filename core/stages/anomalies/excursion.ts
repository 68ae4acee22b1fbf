import { alertId } from "../../messages/index.ts";
import type { Minute } from "./closes.ts";
import { signOf } from "./direction.ts";
import { moveStart, ringOf } from "./price-ring.ts";
import type { Hit } from "./rules/rule.ts";
import { type AdaptiveSettings, longestWindow } from "./settings.ts";
import type { Excursion, SymbolState } from "./symbol.ts";

const ret = (x: Excursion, price: number): number => (price - x.from.price) / x.from.price;
const isFarther = (x: Excursion, price: number, than: number): boolean => signOf(x.direction) * (price - than) > 0;

function startOf(symbol: SymbolState, hit: Hit): number {
  if (hit.start_ms !== undefined) return hit.start_ms;
  const sign = signOf(hit.direction);
  const coarse = moveStart(ringOf(symbol.last, hit.window_ms), symbol.now_ms, hit.window_ms, hit.from, sign);
  const fine = symbol.last[0]!;
  const span_ms = fine.step_ms * 60;
  return symbol.now_ms - coarse > span_ms - fine.step_ms
    ? coarse
    : moveStart(fine, symbol.now_ms, Math.min(span_ms, hit.window_ms), hit.from, sign);
}

/** What a hit is seen in. */
export interface Seen {
  readonly now_ms: number;
  readonly price: number;
  /** From before anybody listened: what it raises is marked so, and never delivered. */
  readonly history: boolean;
  readonly by_minute: boolean;
}

/** Later statements of one symbol and direction never share an id with earlier ones. */
function open(name: string, symbol: SymbolState, hit: Hit, seen: Seen, before: Excursion | null): Excursion {
  const start_ms = Math.max(Math.floor(startOf(symbol, hit)), before === null ? 0 : Math.floor(before.last_hit_ms) + 1);
  return {
    id: alertId(name, hit.direction, start_ms),
    revision: 0,
    direction: hit.direction,
    state: "open",
    severity: hit.strong ? "alert" : "notice",
    said: null,
    time_ms: seen.now_ms,
    start_ms,
    rule: hit.rule,
    window: hit.window,
    window_ms: hit.window_ms,
    limit: hit.limit,
    rarity: hit.rarity,
    by_minute: seen.by_minute,
    rules: [hit.rule],
    from: { price: hit.from, ts_ms: start_ms },
    base_ret: Math.abs(hit.ret),
    peak: { price: seen.price, ts_ms: seen.now_ms },
    last_hit_ms: seen.now_ms,
    back_run: 0,
    back_ms: 0,
    trough: null,
    would_have: seen.history,
    ended: null,
  };
}

/**
 * A hit after the end is a new leg only if it goes the rule's whole way from where the price had fallen back to, and has
 * volume behind it where the first leg had: the echoes of a wild move are no news.
 */
function reopen(x: Excursion, hit: Hit, { price, now_ms, history }: Seen): boolean {
  if (x.severity !== "notice" && !hit.strong) return false;
  const base = x.trough ?? { price, ts_ms: now_ms };
  if (!(Math.abs((price - base.price) / base.price) >= hit.limit)) return false;
  x.state = x.severity === "critical" || x.said?.state === "escalated" ? "escalated" : "open";
  x.from = base;
  x.base_ret = Math.abs(ret(x, price));
  x.peak = { price, ts_ms: now_ms };
  x.back_run = 0;
  x.trough = null;
  x.would_have = history;
  x.ended = null;
  return true;
}

export function onHit(
  name: string,
  symbol: SymbolState,
  hit: Hit,
  seen: Seen,
  settings: AdaptiveSettings,
): "opened" | "touched" | "ignored" {
  const x = symbol.excursions[hit.direction];
  const { now_ms } = seen;
  if (x === null || (x.state === "over" && now_ms - x.last_hit_ms > settings.quiet_ms)) {
    if (now_ms < symbol.guard_until_ms) return "ignored";
    symbol.excursions[hit.direction] = open(name, symbol, hit, seen, x);
    return "opened";
  }
  if (x.state === "over" && !reopen(x, hit, seen)) return "ignored";
  x.last_hit_ms = now_ms;
  x.by_minute = seen.by_minute;
  if (!seen.history) x.would_have = false;
  if (!x.rules.includes(hit.rule)) x.rules.push(hit.rule);
  x.rarity ??= hit.rarity;
  if (hit.strong && x.severity === "notice") {
    x.severity = "alert";
    x.base_ret = Math.abs(ret(x, seen.price));
  }
  return "touched";
}

/** Moves the peak, or the trough of what is over; false when there is no more to it. */
function stretch(x: Excursion, far: number, near: number, now_ms: number, settings: AdaptiveSettings): boolean {
  if (x.state === "over") {
    const trough = x.trough;
    if (trough === null || isFarther(x, trough.price, near)) x.trough = { price: near, ts_ms: now_ms };
    return false;
  }
  if (isFarther(x, far, x.peak.price)) x.peak = { price: far, ts_ms: now_ms };
  const size = Math.abs(ret(x, x.peak.price));
  if (size >= settings.escalate_min && size >= settings.escalate_factor * x.base_ret) {
    x.state = "escalated";
    if (x.severity === "alert") x.severity = "critical";
  }
  return true;
}

/** The share of the way from start to peak that lies before `price` again. */
const givenBack = (x: Excursion, price: number): number => (x.peak.price - price) / (x.peak.price - x.from.price);

/** Every believed print moves the excursion it belongs to, hit or not. */
export function follow(x: Excursion, price: number, now_ms: number, settings: AdaptiveSettings): void {
  if (!stretch(x, price, price, now_ms, settings)) return;
  const back = givenBack(x, price);
  if (back < settings.give_back) x.back_run = 0;
  else if (x.back_run++ === 0) x.back_ms = now_ms;
  const lasting = now_ms - x.back_ms >= settings.give_back_ms;
  if (x.back_run >= settings.confirm_trades && lasting) end(x, "given_back", now_ms, price);
}

/** A minute of history does the same: its farthest price is a peak, its close says what is left of the way. */
export function followMinute(x: Excursion, minute: Minute, settings: AdaptiveSettings): void {
  const { high, low, close, end_ts_ms } = minute;
  const [far, near] = x.direction === "up" ? [high, low] : [low, high];
  if (!stretch(x, far, near, end_ts_ms, settings)) return;
  if (givenBack(x, close) >= settings.give_back) end(x, "given_back", end_ts_ms, close);
  else expire(x, end_ts_ms, close, settings);
}

function end(x: Excursion, reason: "given_back" | "quiet", at_ms: number, price: number): void {
  x.state = "over";
  x.trough = { price, ts_ms: at_ms };
  x.ended = {
    at_ms,
    reason,
    peak: x.peak,
    peak_ret: ret(x, x.peak.price),
    given_back: givenBack(x, price),
  };
}

/** Nothing hit for long: over, at the moment that was due, whenever it is noticed. */
export function expire(x: Excursion, now_ms: number, price: number, settings: AdaptiveSettings): boolean {
  if (x.state === "over" || now_ms - x.last_hit_ms < settings.quiet_ms) return false;
  end(x, "quiet", x.last_hit_ms + settings.quiet_ms, price);
  return true;
}

export function hasNews(x: Excursion): boolean {
  const { said } = x;
  return said === null || said.state !== x.state || said.severity !== x.severity || said.would_have !== x.would_have;
}

/** No later move can begin as far back as the last hit of this one: nothing of it is needed any more. */
export const isForgotten = (x: Excursion, now_ms: number, settings: AdaptiveSettings): boolean =>
  x.state === "over" && now_ms - x.last_hit_ms > settings.quiet_ms + longestWindow(settings);
