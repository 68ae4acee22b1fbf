import type { Alert, Candidate, Evidence } from "../messages/index.ts";
import { marketSummary, marketTitle, moveSummary, moveTitle, type Told } from "../text/alert-text.ts";
import { type Context, complete } from "./context.ts";
import { type Market, medianReturn } from "./market.ts";
import type { GateSettings } from "./settings.ts";

const iso = (ts_ms: number): string => new Date(ts_ms).toISOString();

/** The alert a candidate becomes. */
export function moveAlert(
  c: Candidate,
  revision: number,
  suppressed: "market" | "storm" | null,
  all: Context,
  settings: GateSettings,
): Alert {
  const evidence = complete(all, c.evidence, c, settings);
  const [headline] = evidence.headlines ?? [];
  const told: Told = {
    symbol: c.symbol,
    direction: c.direction,
    state: c.state,
    window: c.window,
    ret: c.ret,
    evidence,
    ended: c.ended,
    headline_max_age_ms: settings.headline_max_age_ms,
  };
  return {
    kind: "move",
    ...(c.origin === undefined ? {} : { origin: c.origin }),
    id: c.id,
    revision,
    severity: c.severity,
    state: c.state,
    time: iso(c.time_ms),
    start_ms: c.start_ms,
    updated_ms: c.updated_ms,
    symbol: c.symbol,
    window: c.window,
    direction: c.direction,
    ret: c.ret,
    threshold: c.threshold,
    title: moveTitle(told),
    summary: moveSummary(told),
    summary_source: "template",
    headline: headline?.title ?? null,
    sentiment: headline?.sentiment ?? null,
    evidence,
    ...(suppressed === null ? {} : { suppressed }),
    ...(c.would_have === undefined ? {} : { would_have: c.would_have }),
    ...(c.ended === undefined ? {} : { ended: c.ended }),
  };
}

const WINDOW = "1m";

/** The next statement of a market-wide move. */
export function marketAlert(m: Market, origin: Candidate["origin"], all: Context, settings: GateSettings): Alert {
  const ret = medianReturn(m);
  const whole = m.members.every((x) => x.complete);
  const bare: Evidence = {
    rule: "market",
    rules: ["market"],
    provider: null,
    from: null,
    to: null,
    peak: null,
    window_ms: settings.market_window_ms,
    limit: null,
    rarity: null,
    z: null,
    crossing: [],
    trades_10s: 0,
    orders_10s: 0,
    side_share: null,
    volume: null,
    spread_bps: null,
    benchmark: null,
    headlines: null,
    baseline: "known",
    data: { complete: whole, latency_ms: null, missing: whole ? null : "trades of some symbols" },
    bad_prints: 0,
    members: m.members.map(({ id, symbol, ret: own, time_ms }) => ({ id, symbol, ret: own, time_ms })),
  };
  const of = { symbol: "*", window: WINDOW, time_ms: m.time_ms, updated_ms: m.updated_ms };
  const evidence = complete(all, bare, of, settings);
  const [headline] = evidence.headlines ?? [];
  const ended = m.ended ?? undefined;
  return {
    kind: "market",
    ...(origin === undefined ? {} : { origin }),
    id: m.id,
    revision: m.revision,
    severity: "critical",
    state: m.state,
    time: iso(m.time_ms),
    start_ms: m.start_ms,
    updated_ms: m.updated_ms,
    symbol: "*",
    symbols: m.members.map((x) => x.symbol),
    window: WINDOW,
    direction: m.direction,
    ret,
    threshold: null,
    title: marketTitle(m.direction, m.members, ret),
    summary: marketSummary(evidence, ended, settings.headline_max_age_ms),
    summary_source: "template",
    headline: headline?.title ?? null,
    sentiment: headline?.sentiment ?? null,
    evidence,
    ...(ended === undefined ? {} : { ended }),
  };
}
