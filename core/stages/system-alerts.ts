import type { Gap, PartStatus, SystemAlert } from "../messages/index.ts";
import type { Stage } from "../stage.ts";
import { admit, type BySymbol, bySymbol, find } from "./symbols.ts";

export interface SystemAlertsSettings {
  /** SYSTEM_ALERT_LATENCY_MS: 95 % of a feed's trades must come sooner. */
  readonly latency_ms: number;
  /** SYSTEM_ALERT_LAG_RECORDS: a part may be so far behind. */
  readonly lag_records: number;
  /** SYSTEM_ALERT_HOLD_SEC: what does not last so long is not said; nor is the end of what comes back sooner. */
  readonly hold_ms: number;
  /** SYSTEM_ALERT_COOLDOWN_SEC: of a reason and part one beginning in so long, at most. */
  readonly cooldown_ms: number;
  readonly subjects_max: number;
}

export const SYSTEM_ALERTS_SETTINGS: SystemAlertsSettings = {
  latency_ms: 2_000,
  lag_records: 50_000,
  hold_ms: 5_000,
  cooldown_ms: 60_000,
  subjects_max: 1_024,
};

/** What is bad is well again only below this share of its limit. */
const WELL_SHARE = 0.5;

interface Watched {
  /** Since when it has been bad, or, while it is said to be bad, well again; null: it has not. */
  since_ms: number | null;
  /** The statement that stands; null: all is well as far as anybody was told. */
  open: { readonly id: string; readonly since_ms: number } | null;
  /** When a beginning was last said. */
  said_ms: number;
  seen_ms: number;
}

interface GapCount {
  said_ms: number;
  seen_ms: number;
  /** Gaps not told of one by one since then. */
  unsaid: number;
  /** Heard last: each partition says the same of a gap of every symbol. */
  ids: string[];
}

const IDS_KEPT = 64;

export interface SystemAlertsState {
  settings: SystemAlertsSettings;
  watched: BySymbol<Watched>;
  gaps: BySymbol<GapCount>;
  /** Newest time a part has said: gaps are dated by their market. */
  now_ms: number;
}

type Reason = SystemAlert["reason"];
type Emit = (out: SystemAlert) => void;

/** How a part is doing in one respect. Between bad and well nothing changes. */
interface Finding {
  readonly reason: Reason;
  readonly bad: boolean;
  readonly well: boolean;
  readonly text: string;
}

const over = (value: number, limit: number): Pick<Finding, "bad" | "well"> => ({
  bad: value > limit,
  well: value <= limit * WELL_SHARE,
});

const FEED = "feed:";
const isDown = ({ state }: PartStatus): boolean => state === "stale" || state === "offline" || state === "failed";

function findings(status: PartStatus, { latency_ms, lag_records }: SystemAlertsSettings): Finding[] {
  const { part, counters, lag = 0, latency_ms_p95: p95, symbols, text, state } = status;
  const found: Finding[] = [];
  // A venue that stands by names no symbols: that it is away harms nobody yet.
  if (part.startsWith(FEED) && symbols !== undefined) {
    found.push({ reason: "feed", bad: isDown(status), well: state === "live", text });
    if (typeof p95 === "number") {
      found.push({
        reason: "latency",
        ...over(p95, latency_ms),
        text: `95 % of its trades come within ${Math.round(p95)} ms`,
      });
    }
  }
  const behind = Math.max(lag, counters?.unwritten ?? 0);
  found.push({ reason: "backpressure", ...over(behind, lag_records), text: `${behind} records behind` });
  return found;
}

function watchedOf(state: SystemAlertsState, key: string): Watched {
  const known = find(state.watched, key);
  if (known !== undefined) return known;
  return admit(
    state.watched,
    key,
    { since_ms: null, open: null, said_ms: -1, seen_ms: 0 },
    state.settings.subjects_max,
    (one) => one.seen_ms,
    (one) => one.open !== null,
  );
}

function judge(state: SystemAlertsState, status: PartStatus, finding: Finding, emit: Emit): void {
  const { hold_ms, cooldown_ms } = state.settings;
  const { part, ts_ms, origin } = status;
  const { reason } = finding;
  const one = watchedOf(state, `${reason}|${part}`);
  one.seen_ms = ts_ms;
  const turns = one.open === null ? finding.bad : finding.well;
  if (!turns) {
    // Between its limits it stays what it is said to be, and what it was about to become is not it yet.
    if (one.open === null ? finding.well : finding.bad) one.since_ms = null;
    return;
  }
  one.since_ms ??= ts_ms;
  if (ts_ms - one.since_ms < hold_ms) return;
  const say = (more: Pick<SystemAlert, "id" | "revision" | "state" | "since_ms" | "text">): void =>
    emit({ kind: "system_alert", ...(origin !== undefined && { origin }), ts_ms, reason, subject: part, ...more });
  if (one.open !== null) {
    const seconds = Math.round((one.since_ms - one.open.since_ms) / 1_000);
    const text = `${part} is well again after ${seconds} s: ${finding.text}`.slice(0, 1_000);
    say({ id: one.open.id, revision: 1, state: "over", since_ms: one.open.since_ms, text });
    one.open = null;
  } else {
    if (one.said_ms >= 0 && ts_ms - one.said_ms < cooldown_ms) return;
    one.open = { id: `${part}|${reason}|${one.since_ms}`, since_ms: one.since_ms };
    one.said_ms = ts_ms;
    say({ ...one.open, revision: 0, state: "open", text: `${part}: ${finding.text}`.slice(0, 1_000) });
  }
  one.since_ms = null;
}

function gapsOf(state: SystemAlertsState, subject: string): GapCount {
  const known = find(state.gaps, subject);
  if (known !== undefined) return known;
  const none = { said_ms: -1, seen_ms: 0, unsaid: 0, ids: [] };
  return admit(state.gaps, subject, none, state.settings.subjects_max, ({ seen_ms }) => seen_ms);
}

function takeGap(state: SystemAlertsState, gap: Gap, emit: Emit): void {
  // That it was filled is on the list of gaps; an even revision is the feed's, and each partition says the same.
  if (gap.status === "filled") return;
  const { cooldown_ms } = state.settings;
  const subject = `${gap.provider}|${gap.stream}|${gap.status}`.slice(0, 128);
  const one = gapsOf(state, subject);
  if (one.ids.includes(gap.id)) return;
  one.ids.push(gap.id);
  if (one.ids.length > IDS_KEPT) one.ids.shift();
  const now_ms = Math.max(state.now_ms, gap.to_ms);
  one.seen_ms = now_ms;
  if (one.said_ms >= 0 && now_ms - one.said_ms < cooldown_ms) {
    one.unsaid++;
    return;
  }
  one.said_ms = now_ms;
  const before = one.unsaid === 0 ? "" : `; ${one.unsaid} more since the last word of this`;
  one.unsaid = 0;
  const whose = gap.symbol === "*" ? "every symbol" : gap.symbol;
  const span = `${new Date(gap.from_ms).toISOString()} to ${new Date(gap.to_ms).toISOString()}`;
  const fate = gap.status === "lost" ? "is lost" : "is missing";
  emit({
    kind: "system_alert",
    ...(gap.origin !== undefined && { origin: gap.origin }),
    id: `gap|${gap.status}|${gap.id}`.slice(0, 300),
    ts_ms: now_ms,
    reason: "gap",
    subject,
    text: `${gap.provider} ${gap.stream}: what ${whose} did from ${span} ${fate}${before}`.slice(0, 1_000),
  });
}

/**
 * What parts and gaps say → alerts of the watcher about itself, when something lasts, at most one beginning of a kind in
 * so long, and its end. Its own earlier statements, read first, tell it what stands.
 */
export const systemAlerts: Stage<SystemAlertsState, PartStatus | Gap | SystemAlert, SystemAlert, SystemAlertsSettings> =
  {
    version: 1,
    init: (settings) => ({ settings, watched: bySymbol(), gaps: bySymbol(), now_ms: 0 }),
    step(state, record, emit) {
      if (record.kind === "gap") return takeGap(state, record, emit);
      if (record.kind === "system_alert") {
        const { subject, since_ms, reason, id } = record;
        if (subject === undefined) return;
        if (record.state === undefined) {
          if (reason !== "gap") return;
          const known = gapsOf(state, subject);
          known.said_ms = known.seen_ms = record.ts_ms;
          return;
        }
        const one = watchedOf(state, `${reason}|${subject}`);
        one.open = record.state === "open" && since_ms !== undefined ? { id, since_ms } : null;
        if (record.state === "open") one.said_ms = record.ts_ms;
        one.seen_ms = record.ts_ms;
        return;
      }
      state.now_ms = Math.max(state.now_ms, record.ts_ms);
      for (const finding of findings(record, state.settings)) judge(state, record, finding, emit);
    },
  };
