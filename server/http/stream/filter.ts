import { READ_INTERVALS, type ReadInterval } from "../../../core/messages/index.ts";
import { type CacheEvent, STREAM_TOPICS, type StreamTopic, USUAL_TOPICS } from "../../cache/events.ts";
import { badParameter, shown } from "../problem.ts";

/** What one client asked for, ready to be looked up. */
export interface Filter {
  readonly topics: ReadonlySet<string>;
  /** Null: all, also those that come later. */
  readonly symbols: ReadonlySet<string> | null;
  readonly intervals: ReadonlySet<string>;
}

const LIST_MAX = 1_000;

export interface StreamQuery {
  readonly topics?: string | undefined;
  readonly symbols?: string | undefined;
  readonly intervals?: string | undefined;
}

export function readFilter(query: StreamQuery, mustKnow: (symbol: string) => void): Filter {
  const topics = listOf("topics", query.topics, STREAM_TOPICS) ?? USUAL_TOPICS;
  const intervals = listOf("intervals", query.intervals, READ_INTERVALS) ?? (["1m"] satisfies ReadInterval[]);
  const symbols = entries("symbols", query.symbols);
  for (const symbol of symbols ?? []) mustKnow(symbol);
  return {
    topics: new Set<StreamTopic>(topics),
    symbols: symbols === null ? null : new Set(symbols),
    intervals: new Set(intervals),
  };
}

export function wants(filter: Filter, event: CacheEvent): boolean {
  if (!filter.topics.has(event.topic)) return false;
  if (event.interval !== null && !filter.intervals.has(event.interval)) return false;
  const wanted = filter.symbols;
  return wanted === null || event.symbols === null || event.symbols.some((symbol) => wanted.has(symbol));
}

function listOf<T extends string>(param: string, text: string | undefined, allowed: readonly T[]): T[] | null {
  const found = entries(param, text);
  if (found === null) return null;
  return found.map((entry) => {
    const known = allowed.find((one) => one === entry);
    if (known === undefined) throw badParameter(param, `${shown(entry)} is not one of ${allowed.join(", ")}`);
    return known;
  });
}

/** Null when nothing is named. */
function entries(param: string, text: string | undefined): string[] | null {
  const found = (text ?? "")
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
  if (found.length > LIST_MAX) throw badParameter(param, `at most ${LIST_MAX} entries, not ${found.length}`);
  return found.length === 0 ? null : found;
}
