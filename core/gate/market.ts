import {
  type AlertState,
  alertId,
  type Candidate,
  type Direction,
  type Ended,
  type MarketMember,
} from "../messages/index.ts";
import type { GateSettings } from "./settings.ts";

interface Member extends MarketMember {
  over: boolean;
  complete: boolean;
}

/** A move of many symbols at once, from the one that made it one until the last is over. */
export interface Market {
  id: string;
  direction: Direction;
  /** Of the next statement. */
  revision: number;
  state: AlertState;
  time_ms: number;
  start_ms: number;
  updated_ms: number;
  members: Member[];
  last_join_ms: number;
  open_ret: number;
  said: { state: AlertState; members: number; at_ms: number } | null;
  ended: Ended | null;
}

/** Lately opened moves of one direction: what a market-wide move is made of. */
export interface Opening {
  id: string;
  symbol: string;
  time_ms: number;
}
const OPENINGS_MAX = 5_000;
const MEMBERS_MAX = 2_000;

/** The openings that lie with the newest one inside one stretch and are enough; by event time, not by arrival. */
export function groupWith(openings: Opening[], newest: Opening, settings: GateSettings): Opening[] | null {
  const span = settings.market_window_ms;
  openings.push(newest);
  openings.sort((a, b) => a.time_ms - b.time_ms || (a.id < b.id ? -1 : 1));
  if (openings.length > OPENINGS_MAX) openings.splice(0, openings.length - OPENINGS_MAX);
  for (let i = 0; i < openings.length && openings[i]!.time_ms <= newest.time_ms; i++) {
    const first_ms = openings[i]!.time_ms;
    if (newest.time_ms - first_ms > span) continue;
    const group = openings.slice(i).filter((o) => o.time_ms - first_ms <= span);
    if (new Set(group.map((o) => o.symbol)).size >= settings.market_min_symbols) return group;
  }
  return null;
}

export function forgetOpenings(openings: Opening[], now_ms: number, settings: GateSettings): void {
  let old = 0;
  while (old < openings.length && openings[old]!.time_ms < now_ms - 2 * settings.market_window_ms) old++;
  if (old > 0) openings.splice(0, old);
}

/**
 * The id must not depend on which of several moves of the same moment reached the gate first: it is made of the minute the
 * earliest of them opened in.
 */
export function market(direction: Direction, earliest_ms: number, at_ms: number): Market {
  const start_ms = Math.floor(earliest_ms / 60_000) * 60_000;
  return {
    id: alertId("*", direction, start_ms),
    direction,
    revision: 0,
    state: "open",
    time_ms: at_ms,
    start_ms,
    updated_ms: at_ms,
    members: [],
    last_join_ms: at_ms,
    open_ret: 0,
    said: null,
    ended: null,
  };
}

/** Puts a symbol's newest statement into the list: its farthest return, and whether it is over. */
export function enter(m: Market, c: Candidate): void {
  const known = m.members.find((x) => x.id === c.id);
  const over = c.state === "over";
  m.updated_ms = Math.max(m.updated_ms, c.updated_ms);
  if (known !== undefined) {
    if (Math.abs(c.ret) > Math.abs(known.ret)) known.ret = c.ret;
    known.over = over;
    known.complete &&= c.evidence.data.complete;
    return;
  }
  if (m.members.length >= MEMBERS_MAX) return;
  const { id, symbol, ret, time_ms } = c;
  m.members.push({ id, symbol, ret, time_ms, over, complete: c.evidence.data.complete });
  m.members.sort((a, b) => Math.abs(b.ret) - Math.abs(a.ret) || (a.id < b.id ? -1 : 1));
  m.last_join_ms = Math.max(m.last_join_ms, time_ms);
}

export function medianReturn(m: Market): number {
  const sorted = m.members.map((x) => x.ret).sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** Twice as far is an escalation; when every symbol's move is over, so is the market's. */
export function settle(m: Market): void {
  const ret = medianReturn(m);
  if (m.members.every((x) => x.over)) {
    if (m.state === "over") return;
    m.state = "over";
    m.ended = { at_ms: m.updated_ms, reason: "members", peak: null, peak_ret: ret, given_back: null };
    return;
  }
  m.ended = null;
  if (m.state === "over") m.state = "open";
  if (Math.abs(ret) >= 2 * Math.abs(m.open_ret) && Math.abs(ret) >= 0.1) m.state = "escalated";
}

/** A longer list waits until the last statement is old enough; a changed state does not. */
export function marketHasNews(m: Market, now_ms: number, settings: GateSettings): boolean {
  if (m.said === null || m.said.state !== m.state) return true;
  return m.said.members !== m.members.length && now_ms - m.said.at_ms >= settings.market_restate_ms;
}
