import type { Bus, Position } from "../../../core/ports/bus.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import { TOPICS } from "../../../core/topics.ts";
import type { Cache } from "../../cache/cache.ts";
import { type CacheEvent, KEPT_TOPICS, type KeptTopic } from "../../cache/events.ts";
import type { HeldBar } from "../../cache/held-bar.ts";
import { identity, oneLine, readRecord, symbolsOf } from "../../cache/read-record.ts";
import { type Filter, wants } from "./filter.ts";
import { frameBytes } from "./frame.ts";
import { encodeId, type StreamId, streamId } from "./id.ts";

/** Why a client has to load its history anew. */
export type ResetReason = "unreadable_id" | "future_id" | "log_changed" | "too_far_back";

/** Ids made by another machine's clock may run this far ahead. */
const FUTURE_MS = 60_000;
/** Records of one topic that a resume reads from the log, beyond what the cache holds. */
const LOG_RECORDS_MAX = 5_000;
const LOG_DEADLINE_MS = 3_000;

const EVENTS = {
  alerts: "alert",
  headlines: "headline",
  signals: "signal",
  gaps: "gap",
  system: "system_alert",
} as const;
const RARE = KEPT_TOPICS.filter((topic) => topic !== "bars");

/** Whether the id can be gone on from; positions are looked up where they lie beyond what this server has read. */
export async function checkId(cache: Cache, clock: Clock, id: StreamId | null): Promise<ResetReason | null> {
  if (id === null) return "unreadable_id";
  const here = streamId(cache.cursor());
  if (id.logs !== here.logs) return "log_changed";
  if (id.time_ms > clock.now() + FUTURE_MS) return "future_id";
  for (const [i, topic] of KEPT_TOPICS.entries()) {
    if (id.positions[i]! <= here.positions[i]!) continue;
    const { end } = await cache.bus.info(TOPICS[topic].name, 0);
    if (id.positions[i]! > end) return "future_id";
  }
  return null;
}

/** What only the log still held, up to the position `to`. */
interface Read {
  readonly to: Position;
  readonly events: readonly CacheEvent[];
}
export type Missed = ReadonlyMap<KeptTopic, Read>;

/** Records of the rare topics that the cache no longer holds; null when there are more than a resume may read. */
export async function readMissed(cache: Cache, filter: Filter, id: StreamId): Promise<Missed | null> {
  const missed = new Map<KeptTopic, Read>();
  for (const topic of RARE) {
    const from = id.positions[KEPT_TOPICS.indexOf(topic)]!;
    if (!filter.topics.has(topic) || cache.state.ledgers[topic].since(from) !== null) continue;
    const to = cache.cursor().positions[KEPT_TOPICS.indexOf(topic)]!;
    const events = await readLog(cache.bus, topic, from, to);
    if (events === null) return null;
    missed.set(topic, { to, events });
  }
  return missed;
}

async function readLog(
  bus: Bus,
  topic: Exclude<KeptTopic, "bars">,
  from: number,
  to: number,
): Promise<CacheEvent[] | null> {
  const { name } = TOPICS[topic];
  const events: CacheEvent[] = [];
  if (to - from > LOG_RECORDS_MAX || (await bus.info(name, 0)).start > from) return null;
  const signal = AbortSignal.timeout(LOG_DEADLINE_MS);
  for await (const batch of bus.follow(name, 0, from, { signal })) {
    if (batch.first > from) return null;
    for (const text of batch.values) {
      const record = readRecord(text);
      if (record === null || identity(record) === null) continue;
      const line = oneLine(text, record);
      const symbols = symbolsOf(record);
      events.push({
        topic,
        event: EVENTS[topic],
        text: line,
        symbols,
        interval: null,
        start_ts_ms: 0,
        latestKey: null,
      });
    }
    if (batch.next >= to) return events;
    from = batch.next;
  }
  return null;
}

export interface Opening {
  /** Bytes to send before anything live; made as they are read. */
  readonly bytes: Iterator<Uint8Array>;
  readonly reset: ResetReason | null;
}

/**
 * What a client gets first. Runs without a pause together with its registration, so that nothing falls between this and
 * the live events. Until all of it is sent, the ids a resuming client sees are the one it came with.
 */
export function opening(
  cache: Cache,
  filter: Filter,
  statusJson: string,
  came: { readonly id: StreamId; readonly missed: Missed } | ResetReason | null,
): Opening {
  const here = encodeId(streamId(cache.cursor()));
  if (typeof came === "object" && came !== null) {
    const missed = missedSince(cache, filter, came.id, came.missed);
    if (missed !== null)
      return { reset: null, bytes: resumed(encodeId(came.id), here, statusJson, missed, newest(cache, filter)) };
  }
  const reset = typeof came === "string" ? came : came === null ? null : "too_far_back";
  return { reset, bytes: fresh(here, reset, statusJson, newest(cache, filter)) };
}

function* fresh(
  id: string,
  reset: ResetReason | null,
  status: string,
  bars: readonly HeldBar[],
): Generator<Uint8Array> {
  if (reset !== null) yield frameBytes(id, "reset", JSON.stringify({ reason: reset }));
  yield frameBytes(id, "status", status);
  for (const bar of bars) yield frameBytes(id, "bar", bar.text);
}

function* resumed(
  id: string,
  here: string,
  status: string,
  missed: readonly { event: string; text: string }[],
  bars: readonly HeldBar[],
): Generator<Uint8Array> {
  yield frameBytes(id, "status", status);
  for (const { event, text } of missed) yield frameBytes(id, event, text);
  for (const bar of bars) if (bar.position < 0) yield frameBytes(here, "bar", bar.text);
}

function missedSince(
  cache: Cache,
  filter: Filter,
  id: StreamId,
  fromLog: Missed,
): { event: string; text: string }[] | null {
  const missed: { event: string; text: string }[] = [];
  if (filter.topics.has("bars")) {
    const from = id.positions[KEPT_TOPICS.indexOf("bars")]!;
    for (const interval of filter.intervals) if (from < cache.state.barsKnownFrom(interval)) return null;
    const bars: HeldBar[] = [];
    for (const series of subscribed(cache, filter)) {
      const since = series.since(from);
      if (since === null) return null;
      bars.push(...since);
    }
    bars.sort((a, b) => a.position - b.position);
    missed.push(...bars.map(({ text }) => ({ event: "bar", text })));
  }
  for (const topic of RARE) {
    if (!filter.topics.has(topic)) continue;
    const read = fromLog.get(topic);
    const held = cache.state.ledgers[topic].since(read?.to ?? id.positions[KEPT_TOPICS.indexOf(topic)]!);
    if (held === null) return null;
    const events = [...(read?.events ?? []), ...held.map((entry) => entry.event)];
    missed.push(...events.filter((event) => wants(filter, event)));
  }
  return missed;
}

const newest = (cache: Cache, filter: Filter): HeldBar[] =>
  filter.topics.has("bars") ? subscribed(cache, filter).flatMap((series) => series.newest ?? []) : [];

const subscribed = (cache: Cache, { symbols, intervals }: Filter) =>
  [...cache.state.series.values()].filter(
    (series) => intervals.has(series.interval) && (symbols === null || symbols.has(series.symbol)),
  );
