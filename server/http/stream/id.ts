import type { Cursor } from "../../cache/events.ts";
import { KEPT_TOPICS } from "../../cache/events.ts";

/** Where a client stands: what an event's `id:` says and `Last-Event-ID` brings back. */
export interface StreamId {
  readonly time_ms: number;
  /** Which logs the positions belong to. */
  readonly logs: string;
  /** In the order of KEPT_TOPICS. */
  readonly positions: readonly number[];
}

const VERSION = "1";
const ID_MAX = 512;

/** Short for the ids of the logs together (FNV-1a, 2 × 32 bits): one log made anew gives another. */
export function logsMark(log_ids: readonly string[]): string {
  let low = 0x811c9dc5;
  let high = 0x9747b28c;
  const text = log_ids.join("\n");
  for (let i = 0; i < text.length; i++) {
    low = Math.imul(low ^ text.charCodeAt(i), 0x01000193);
    high = Math.imul(high ^ text.charCodeAt(text.length - 1 - i), 0x01000193);
  }
  return `${(low >>> 0).toString(36)}-${(high >>> 0).toString(36)}`;
}

export const streamId = (cursor: Cursor): StreamId => ({
  time_ms: cursor.time_ms,
  logs: logsMark(cursor.log_ids),
  positions: cursor.positions,
});

export function encodeId({ time_ms, logs, positions }: StreamId): string {
  const numbers = [Math.floor(time_ms), ...positions].map((number) => number.toString(36));
  return Buffer.from([VERSION, logs, ...numbers].join("."), "latin1").toString("base64url");
}

/** Null when it is no id of ours. */
export function decodeId(text: string): StreamId | null {
  if (text.length > ID_MAX || !/^[A-Za-z0-9_-]+$/.test(text)) return null;
  const [version, logs, ...rest] = Buffer.from(text, "base64url").toString("latin1").split(".");
  if (version !== VERSION || logs === undefined || !/^[a-z0-9]{1,7}-[a-z0-9]{1,7}$/.test(logs)) return null;
  const numbers = rest.map((part) => (/^[a-z0-9]{1,11}$/.test(part) ? Number.parseInt(part, 36) : Number.NaN));
  if (numbers.length !== KEPT_TOPICS.length + 1 || !numbers.every(Number.isSafeInteger)) return null;
  const [time_ms, ...positions] = numbers as [number, ...number[]];
  return { time_ms, logs, positions };
}
