/** What /api/stream can be asked for. */
export const STREAM_TOPICS = [
  "bars",
  "alerts",
  "headlines",
  "features",
  "rolling",
  "metrics",
  "signals",
  "gaps",
  "system",
  "status",
  "book",
] as const;
export type StreamTopic = (typeof STREAM_TOPICS)[number];

/** Most of all bytes, and wanted by few: only who asks gets them. */
const ASKED_FOR: readonly StreamTopic[] = ["rolling", "metrics", "book"];
/** What a client gets that names none. */
export const USUAL_TOPICS: readonly StreamTopic[] = STREAM_TOPICS.filter((topic) => !ASKED_FOR.includes(topic));

/** Topics whose every record must reach a client: a stream id holds a position of each. */
export const KEPT_TOPICS = ["bars", "alerts", "headlines", "signals", "gaps", "system"] as const;
export type KeptTopic = (typeof KEPT_TOPICS)[number];

export type EventName =
  | "bar"
  | "alert"
  | "headline"
  | "signal"
  | "gap"
  | "system_alert"
  | "features"
  | "rolling"
  | "metrics"
  | "book";

/** One thing that changed, with the JSON text it travelled in: whoever sends it on encodes nothing. */
export interface CacheEvent {
  readonly topic: StreamTopic;
  readonly event: EventName;
  readonly text: string;
  /** Null concerns every symbol. */
  readonly symbols: readonly string[] | null;
  readonly interval: string | null;
  /** Of a bar: lets a final one overtake the forming one it replaces. */
  readonly start_ts_ms: number;
  /** Only the newest of a key matters; null: each one does. */
  readonly latestKey: string | null;
}

/** Where a reader of the kept topics stands. */
export interface Cursor {
  /** Counts up with every change, so that an encoding of it can be kept. */
  readonly version: number;
  readonly time_ms: number;
  readonly log_ids: readonly string[];
  /** In the order of KEPT_TOPICS; the next position to read. */
  readonly positions: readonly number[];
}

export interface CacheListener {
  event(event: CacheEvent): void;
  /** Records of a kept topic were lost to this reader, or its log was made anew: what follows has a hole before it. */
  broken(topic: KeptTopic, why: string): void;
}
