import { Book } from "../../core/messages/index.ts";
import type { Position } from "../../core/ports/bus.ts";
import type { TopicKey } from "../../core/topics.ts";
import { epochMs } from "../../db/index.ts";
import type { CacheEvent } from "./events.ts";
import { type Json, oneLine } from "./read-record.ts";

/** Topics of which only a symbol's newest record matters. */
export const NEWEST_TOPICS = [
  "features",
  "rolling",
  "metrics",
  "latest",
  "book",
] as const satisfies readonly TopicKey[];
export type NewestTopic = (typeof NEWEST_TOPICS)[number];

export const isNewest = (topic: TopicKey): topic is NewestTopic => (NEWEST_TOPICS as readonly string[]).includes(topic);

export interface NewestRecord {
  readonly text: string;
  readonly time_ms: number;
  readonly position: Position;
}

/** A row that is older by less than this is one said again by a graph that started anew. */
const AGAIN_MS = 60_000;

/** Each symbol's newest features, rolling features, metrics, book, trade and quote. */
export class Newest {
  private readonly topics = new Map<NewestTopic, Map<string, NewestRecord>>();

  constructor(private readonly symbolsMax: number) {}

  get(topic: NewestTopic, symbol: string): NewestRecord | undefined {
    return this.topics.get(topic)?.get(symbol);
  }

  take(topic: NewestTopic, position: Position, text: string, record: Json): CacheEvent | null | "bad" {
    const { symbol } = record;
    const time_ms = timeOf(record);
    if (topic === "book" && !Book.safeParse(record).success) return "bad";
    if (record.kind !== topic || typeof symbol !== "string" || time_ms === null) return "bad";
    const held = this.of(topic);
    const known = held.get(symbol);
    if (known === undefined && held.size >= this.symbolsMax) return "bad";
    if (known !== undefined && time_ms < known.time_ms && known.time_ms - time_ms < AGAIN_MS) return null;
    const line = oneLine(text, record);
    held.set(symbol, { text: line, time_ms, position });
    if (topic === "latest") return null;
    return {
      topic,
      event: topic,
      text: line,
      symbols: [symbol],
      interval: null,
      start_ts_ms: 0,
      latestKey: `${topic}|${symbol}`,
    };
  }

  private of(topic: NewestTopic): Map<string, NewestRecord> {
    let held = this.topics.get(topic);
    if (held === undefined) {
      held = new Map();
      this.topics.set(topic, held);
    }
    return held;
  }
}

function timeOf({ ts_ms, time }: Json): number | null {
  if (typeof ts_ms === "number" && Number.isFinite(ts_ms)) return ts_ms;
  return typeof time === "string" && !Number.isNaN(Date.parse(time)) ? epochMs(time) : null;
}
