import type { CacheEvent } from "../../cache/events.ts";

const encoder = new TextEncoder();

/** The bytes of one event, the same for every client it goes to. */
export interface Frame {
  readonly bytes: Uint8Array;
  readonly latestKey: string | null;
  readonly start_ts_ms: number;
  /** A final bar: the forming bar waiting under this key is obsolete if it is not newer. */
  readonly overtakes: string | null;
}

const frameText = (id: string, event: string, json: string): string => `id: ${id}\nevent: ${event}\ndata: ${json}\n\n`;

export const frameBytes = (id: string, event: string, json: string): Uint8Array =>
  encoder.encode(frameText(id, event, json));

export function frameOf(event: CacheEvent, id: string): Frame {
  const isFinalBar = event.event === "bar" && event.latestKey === null;
  return {
    bytes: frameBytes(id, event.event, event.text),
    latestKey: event.latestKey,
    start_ts_ms: event.start_ts_ms,
    overtakes: isFinalBar ? `${event.symbols?.[0]}|${event.interval}` : null,
  };
}

export const statusFrame = (id: string, json: string): Frame => ({
  bytes: frameBytes(id, "status", json),
  latestKey: "status",
  start_ts_ms: 0,
  overtakes: null,
});
