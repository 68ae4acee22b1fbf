import type { AlertState, Direction, Ended, Evidence } from "../messages/index.ts";
import { assetOf, percent, signedPercent, times } from "./numbers.ts";
import { plainNumber } from "./rounding.ts";
import { sentimentWord } from "./stub-summary.ts";
import { clockTime, duration } from "./time.ts";

/** What the template needs of an alert. It says what happened beside the move, never why. */
export interface Told {
  readonly symbol: string;
  readonly direction: Direction;
  readonly state: AlertState;
  readonly window: string;
  readonly ret: number;
  readonly evidence: Evidence;
  readonly ended: Ended | undefined;
  readonly headline_max_age_ms: number;
}

const arrow = (direction: Direction): string => (direction === "up" ? "▲" : "▼");
const atUtc = (ts_ms: number): string => `${clockTime(ts_ms)} UTC`;

export function moveTitle(told: Told): string {
  const { evidence, ended } = told;
  const start = evidence.from?.ts_ms;
  const end = ended === undefined ? evidence.to?.ts_ms : ended.peak?.ts_ms;
  const span = start === undefined || end === undefined ? `within ${told.window}` : `in ${duration(end - start)}`;
  const head = `${arrow(told.direction)} ${told.symbol} ${signedPercent(told.ret)} ${span}`;
  if (ended !== undefined) return `${head}, over`;
  const factor = evidence.volume?.factor ?? null;
  return factor === null ? head : `${head}, volume ${times(factor)} normal`;
}

function path({ evidence, ended, window }: Told): string {
  const { from, limit, provider } = evidence;
  const to = ended === undefined ? evidence.to : ended.peak;
  const where = provider === null || provider === "" ? "" : ` on ${provider}`;
  const way =
    from === null || to === null
      ? `Moved${where}`
      : `From ${plainNumber(from.price)} (${atUtc(from.ts_ms)}) to ${plainNumber(to.price)} (${atUtc(to.ts_ms)})${where}`;
  const rare = evidence.rarity === null ? "" : `, ${evidence.rarity}`;
  return limit === null ? `${way}${rare}.` : `${way}, beyond the limit of ${percent(limit)} in ${window}${rare}.`;
}

function trading({ evidence, direction }: Told): string | null {
  const parts = evidence.resolution === "1m" ? [] : [`${evidence.trades_10s} trades in 10 s`];
  const share = evidence.side_share;
  if (share !== null)
    parts.push(`${Math.round(share * 100)} % of the volume ${direction === "up" ? "bought" : "sold"}`);
  const factor = evidence.volume?.factor ?? null;
  if (factor !== null) parts.push(`${times(factor)} the normal ${direction === "up" ? "buy" : "sell"} volume`);
  if (evidence.spread_bps !== null) parts.push(`spread ${plainNumber(Math.round(evidence.spread_bps * 10) / 10)} bps`);
  return parts.length === 0 ? null : `${parts.join(", ")}.`;
}

function news(evidence: Evidence, about: string, max_age_ms: number): string {
  const [first] = evidence.headlines ?? [];
  if (first === undefined) return `No headline about ${about} in the last ${duration(max_age_ms)}.`;
  const age = first.age_s >= 0 ? `${duration(first.age_s * 1_000)} before` : `${duration(-first.age_s * 1_000)} after`;
  const mood = first.sentiment === null ? "" : `, ${sentimentWord(first.sentiment)}`;
  return `Headline ${age}${mood}: “${first.title}” (${first.source}).`;
}

function benchmark({ benchmark }: Evidence): string | null {
  return benchmark === null
    ? null
    : `${benchmark.symbol} ${signedPercent(benchmark.ret)} in the same ${benchmark.window}.`;
}

function data(evidence: Evidence): string {
  const { complete, latency_ms, missing } = evidence.data;
  const delay = latency_ms === null ? "" : `, ${duration(latency_ms)}`;
  const seen = evidence.resolution === "1m" ? "Seen in 1-minute candles, not in trades." : `Data complete${delay}.`;
  const state = complete ? seen : `Data incomplete: ${missing ?? "something is missing"}.`;
  const prints = evidence.bad_prints;
  const ignored = prints === 0 ? "" : ` ${prints} bad print${prints === 1 ? "" : "s"} ignored today.`;
  const learning =
    evidence.baseline === "learning"
      ? " The normal range is not known yet (under 12 h of history)."
      : evidence.baseline_source === "candles"
        ? " The normal range comes from the venue's candles."
        : "";
  return `${state}${ignored}${learning}`;
}

function ending(ended: Ended | undefined): string | null {
  if (ended === undefined) return null;
  const back = ended.given_back === null ? "" : `, ${Math.round(ended.given_back * 100)} % of the way given back`;
  const why = ended.reason === "quiet" ? " after 15 min without another hit" : "";
  return `Over at ${atUtc(ended.at_ms)}${why}${back}.`;
}

const sentences = (parts: readonly (string | null)[]): string => parts.filter((p) => p !== null).join(" ");

export function moveSummary(told: Told): string {
  const { evidence } = told;
  return sentences([
    path(told),
    trading(told),
    benchmark(evidence),
    news(evidence, assetOf(told.symbol), told.headline_max_age_ms),
    data(evidence),
    ending(told.ended),
  ]);
}

export function marketTitle(direction: Direction, members: readonly { time_ms: number }[], ret: number): string {
  const times_ms = members.map((m) => m.time_ms);
  const span = Math.max(...times_ms) - Math.min(...times_ms);
  return `${arrow(direction)} ${members.length} symbols ${signedPercent(ret)} within ${duration(Math.max(1_000, span))}`;
}

/** Names the largest moves; the evidence holds all of them. */
const NAMED = 12;

export function marketSummary(evidence: Evidence, ended: Ended | undefined, headline_max_age_ms: number): string {
  const members = evidence.members ?? [];
  const named = members.slice(0, NAMED).map((m) => `${m.symbol} ${signedPercent(m.ret)}`);
  const rest = members.length > NAMED ? ` and ${members.length - NAMED} more` : "";
  return sentences([
    `${named.join(", ")}${rest}.`,
    benchmark(evidence),
    news(evidence, "the market", headline_max_age_ms),
    data(evidence),
    ending(ended),
  ]);
}
