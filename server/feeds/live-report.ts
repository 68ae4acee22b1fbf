import type { Flow, PartState, PartStatus } from "../../core/messages/status.ts";
import { duration } from "../../core/text/time.ts";
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
  /** How many series it tells now. */
  readonly tells: number;
  /** How many are told by others while it is shown: it does not have them. */
  readonly elsewhere: number;
  /** All that are told now, by whomever, or will be as soon as their candles are there. */
  readonly served: readonly Served[];
}

interface VenueReport extends Shown {
  readonly id: string;
  readonly title: string;
  readonly said: Said;
  readonly reason: string;
  readonly refused: readonly string[];
  readonly delisted: readonly string[];
  /** Why there are no order books; empty when there are. */
  readonly books: string;
  /** By how much this machine's clock is behind the venue's. */
  readonly early_ms: number;
  readonly gaps_filling: number;
  readonly latency: { readonly p50: number | null; readonly p95: number | null };
  readonly newest_ts_ms: number | null;
  readonly counters: Readonly<Record<string, number>>;
  readonly flow: Flow | null;
}

/** What a venue's part says of itself; only the one that is shown names the symbols that are watched. */
export function partStatus(report: VenueReport, now_ms: number): PartStatus {
  const { id, served, isPrimary, isLoading, said, latency, newest_ts_ms, counters, flow } = report;
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
    ...(flow !== null && { flow }),
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
  tells,
  elsewhere,
  refused,
  delisted,
  books,
  early_ms,
  gaps_filling,
}: VenueReport): string {
  const parts: string[] = [];
  if (said !== "live") parts.push(reason === "" ? `${title} is being asked` : reason);
  else if (!isPrimary) parts.push(`${title} stands by`);
  else {
    parts.push(`${title}, ${tells} symbol${tells === 1 ? "" : "s"}`);
    if (elsewhere > 0) parts.push(`${elsewhere} stay with another venue`);
    if (why !== "") parts.push(why);
    if (isLoading) parts.push("recent candles are loading");
    if (books !== "") parts.push(`no order books: ${books}`);
    if (early_ms > 0) parts.push(`this machine's clock is ${duration(early_ms)} behind; set it right`);
    if (gaps_filling > 0) parts.push(`${gaps_filling} gap${gaps_filling === 1 ? " is" : "s are"} being filled`);
  }
  if (refused.length > 0) parts.push(`not served: ${named(refused)}`);
  if (delisted.length > 0) parts.push(`no longer traded here: ${named(delisted)}`);
  return parts.join("; ");
}

const named = (symbols: readonly string[]): string =>
  symbols.slice(0, SYMBOLS_NAMED).join(", ") + (symbols.length > SYMBOLS_NAMED ? " and others" : "");
