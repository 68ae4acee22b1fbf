import type { Alert, Benchmark, Candidate, Direction, Headline, Heartbeat } from "../messages/index.ts";
import type { Stage } from "../stage.ts";
import { type BySymbol, bySymbol, find, makeRoomAnyway, put } from "../stages/symbols.ts";
import { admit, type Budget } from "./budget.ts";
import { type Context, context, hear, hearBenchmark } from "./context.ts";
import {
  enter,
  forgetOpenings,
  groupWith,
  type Market,
  market,
  marketHasNews,
  medianReturn,
  type Opening,
  settle,
} from "./market.ts";
import type { GateSettings } from "./settings.ts";
import { marketAlert, moveAlert } from "./statements.ts";

/** What the gate remembers of one alert. */
interface Gated {
  candidate: Candidate;
  /** Of the next statement; even. */
  revision: number;
  suppressed: "market" | "storm" | null;
  /** Counted in the budget, as a notice and as a push. */
  noticed: boolean;
  pushed: boolean;
}
interface Side {
  openings: Opening[];
  /** Newest last; those long over are forgotten. */
  markets: Market[];
}
export interface GateState {
  settings: GateSettings;
  now_ms: number;
  swept_ms: number;
  /** By alert id. */
  alerts: BySymbol<Gated>;
  up: Side;
  down: Side;
  context: Context;
  pushes: Budget;
  notices: Budget;
  /** What came twice, and what was marked, since the beginning. */
  counts: { repeats: number; market: number; storm: number };
}
export type GateIn = Candidate | Benchmark | Heartbeat | Headline;
type Emit = (out: Alert) => void;

const isOver = (a: Gated): boolean => a.candidate.state === "over";

function say(state: GateState, a: Gated, emit: Emit): void {
  emit(moveAlert(a.candidate, a.revision, a.suppressed, state.context, state.settings));
  a.revision += 2;
}

function sayMarket(state: GateState, m: Market, origin: Candidate["origin"], emit: Emit): void {
  emit(marketAlert(m, origin, state.context, state.settings));
  m.said = { state: m.state, members: m.members.length, at_ms: state.now_ms };
  m.revision += 2;
}

function mark(state: GateState, a: Gated, why: "market" | "storm" | null): void {
  if (why !== null && a.suppressed !== why) state.counts[why]++;
  a.suppressed = why;
}

/** The market alert this move belongs to, made or joined now; null when it stands alone. */
function marketOf(state: GateState, c: Candidate, emit: Emit): Market | null {
  const { settings } = state;
  const side = state[c.direction];
  const running = side.markets.find(
    (m) =>
      m.members.some((x) => x.id === c.id) ||
      (m.state !== "over" && c.time_ms <= m.last_join_ms + settings.market_window_ms),
  );
  if (running !== undefined) return running;
  const group = groupWith(side.openings, { id: c.id, symbol: c.symbol, time_ms: c.time_ms }, settings);
  if (group === null) return null;
  const fresh = market(c.direction, group[0]!.time_ms, state.now_ms);
  // The same minute again: the one that was over goes on.
  const before = side.markets.find((x) => x.id === fresh.id);
  const m = before ?? fresh;
  const others = group
    .map((o) => find(state.alerts, o.id))
    .filter((a): a is Gated => a !== undefined && a.candidate.id !== c.id);
  for (const a of others) enter(m, a.candidate);
  enter(m, c);
  m.open_ret = medianReturn(m);
  settle(m);
  if (before === undefined) side.markets.push(m);
  sayMarket(state, m, c.origin, emit);
  for (const a of others) {
    if (a.suppressed === "market") continue;
    mark(state, a, "market");
    say(state, a, emit);
  }
  return m;
}

/** Room in the budget? What is told beside others (market) or comes from history takes none. */
function fits(state: GateState, a: Gated): boolean {
  const { settings, pushes, notices } = state;
  const { severity, updated_ms } = a.candidate;
  if (severity === "notice") {
    a.noticed ||= admit(notices, updated_ms, settings.notice_budget);
    return a.noticed;
  }
  a.pushed ||= admit(pushes, updated_ms, settings.push_budget);
  return a.pushed;
}

function onCandidate(state: GateState, c: Candidate, emit: Emit): void {
  const { settings, alerts } = state;
  let a = find(alerts, c.id);
  if (a !== undefined && c.revision <= a.candidate.revision) {
    state.counts.repeats++;
    return;
  }
  const isNew = a === undefined;
  if (a === undefined) {
    makeRoomAnyway(
      alerts,
      settings.max_alerts,
      (x) => x.candidate.updated_ms,
      (x) => !isOver(x),
    );
    // First heard of in mid-life (its beginning left the log): never below what was said before.
    const revision = 2 * c.revision;
    a = put(alerts, c.id, { candidate: c, revision, suppressed: null, noticed: false, pushed: false });
  }
  a.candidate = c;
  onTime(state, c.updated_ms, emit);
  const m = c.would_have === true || (!isNew && a.suppressed !== "market") ? null : marketOf(state, c, emit);
  if (m !== null) {
    enter(m, c);
    mark(state, a, "market");
  } else if (a.suppressed !== "market" && c.would_have !== true && c.state !== "over")
    mark(state, a, fits(state, a) ? null : "storm");
  say(state, a, emit);
  if (m !== null) speakMarket(state, m, c.origin, emit);
}

function speakMarket(state: GateState, m: Market, origin: Candidate["origin"], emit: Emit): void {
  settle(m);
  if (marketHasNews(m, state.now_ms, state.settings)) sayMarket(state, m, origin, emit);
}

/** Event time moves on: a grown market alert is said again, what is long over is forgotten. */
function onTime(state: GateState, ts_ms: number, emit: Emit): void {
  if (ts_ms <= state.now_ms) return;
  state.now_ms = ts_ms;
  const { settings } = state;
  for (const direction of ["up", "down"] as const satisfies readonly Direction[]) {
    const { markets, openings } = state[direction];
    forgetOpenings(openings, ts_ms, settings);
    for (const m of markets) {
      if (!marketHasNews(m, ts_ms, settings)) continue;
      sayMarket(state, m, find(state.alerts, m.members[0]!.id)?.candidate.origin, emit);
    }
    while (markets.length > 0 && markets[0]!.state === "over" && ts_ms - markets[0]!.updated_ms >= settings.keep_ms)
      markets.shift();
  }
  if (ts_ms - state.swept_ms < 60_000) return;
  state.swept_ms = ts_ms;
  for (const [id, a] of Object.entries(state.alerts.of)) {
    if (!isOver(a) || ts_ms - a.candidate.updated_ms < settings.keep_ms) continue;
    delete state.alerts.of[id];
    state.alerts.count--;
  }
}

const side = (): Side => ({ openings: [], markets: [] });

/** Candidates of all partitions in, alerts out: each said once, grouped, within a budget, in words. */
export const gate: Stage<GateState, GateIn, Alert, GateSettings> = {
  version: 2,
  init: (settings) => ({
    settings,
    now_ms: 0,
    swept_ms: 0,
    alerts: bySymbol(),
    up: side(),
    down: side(),
    context: context(),
    pushes: [],
    notices: [],
    counts: { repeats: 0, market: 0, storm: 0 },
  }),
  step(state, record, emit) {
    switch (record.kind) {
      case "candidate":
        return onCandidate(state, record, emit);
      case "benchmark":
        hearBenchmark(state.context, record);
        return;
      case "headline":
        return hear(state.context, record);
      case "heartbeat":
        if (record.reason !== "silence") onTime(state, record.ts_ms, emit);
        return;
    }
  },
};
