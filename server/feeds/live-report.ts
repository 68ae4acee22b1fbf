import type { PartState, PartStatus } from "../../core/messages/status.ts";
import type { Said } from "./failover/manager.ts";

export interface Served {
  readonly symbol: string;
  readonly decimals: number;
}

const STATE: Record<Said, PartState> = { live: "live", trying: "starting", broken: "offline", mute: "stale" };

/** How it is used just now. */
export interface Shown {
  readonly isPrimary: boolean;
  readonly isLoading: boolean;
  /** Why this one is shown and not another. */
  readonly why: string;
  /** What it serves now: the symbols whose series it tells. */
  readonly served: readonly Served[];
}

interface VenueReport extends Shown {
  readonly id: string;
  readonly title: string;
  readonly said: Said;
  readonly reason: string;
  readonly refused: readonly string[];
  readonly gaps_filling: number;
  readonly latency: { readonly p50: number | null; readonly p95: number | null };
  readonly newest_ts_ms: number | null;
  readonly counters: Readonly<Record<string, number>>;
}

/** What a venue's part says of itself; only the one that is shown names what it serves. */
export function partStatus(report: VenueReport, now_ms: number): PartStatus {
  const { id, served, isPrimary, isLoading, said, latency, newest_ts_ms, counters } = report;
  const state = STATE[said];
  return {
    kind: "part_status",
    origin: "live",
    part: `feed:${id}`,
    ts_ms: now_ms,
    state: isPrimary && isLoading && state === "live" ? "catching_up" : state,
    text: textOf(report).slice(0, 500),
    newest_ts_ms,
    counters: { ...counters },
    ...(isPrimary && { latency_ms_p50: latency.p50, latency_ms_p95: latency.p95, symbols: [...served] }),
  };
}

const SYMBOLS_NAMED = 5;

function textOf({
  title,
  said,
  reason,
  isPrimary,
  isLoading,
  why,
  served,
  refused,
  gaps_filling,
}: VenueReport): string {
  const parts: string[] = [];
  if (said !== "live") parts.push(reason === "" ? `${title} is being asked` : reason);
  else if (!isPrimary) parts.push(`${title} stands by`);
  else {
    parts.push(`${title}, ${served.length} symbol${served.length === 1 ? "" : "s"}`);
    if (why !== "") parts.push(why);
    if (isLoading) parts.push("recent candles are loading");
    if (gaps_filling > 0) parts.push(`${gaps_filling} gap${gaps_filling === 1 ? " is" : "s are"} being filled`);
  }
  if (refused.length > 0) {
    const named = refused.slice(0, SYMBOLS_NAMED).join(", ");
    parts.push(`not served: ${named}${refused.length > SYMBOLS_NAMED ? " and others" : ""}`);
  }
  return parts.join("; ");
}
