import type { CacheEvent, StreamTopic } from "../../cache/events.ts";
import { type Filter, wants } from "./filter.ts";
import type { Frame } from "./frame.ts";

export interface ClientBounds {
  /** Events that each matter, waiting for the client to read. */
  readonly framesMax: number;
  readonly bytesMax: number;
  /** Bytes handed to the socket at a time. */
  readonly chunkBytes: number;
}

export const CLIENT_BOUNDS: ClientBounds = { framesMax: 20_000, bytesMax: 4 * 1024 * 1024, chunkBytes: 64 * 1024 };

export type Offer = "taken" | "unwanted" | "coalesced" | "overflow";

/**
 * What waits for one client. Events that each matter go first and in order; of latest-wins events only the newest of a key
 * waits. Because those come last, no id ever runs ahead of an event that has not been sent.
 */
export class ClientQueue {
  private readonly filter: Filter;
  private readonly bounds: ClientBounds;
  /** What a client that comes or comes back gets first. */
  private opening: Iterator<Uint8Array> | null;
  private readonly must: Frame[] = [];
  private mustHead = 0;
  private mustBytes = 0;
  private readonly latest = new Map<string, Frame>();

  constructor(filter: Filter, opening: Iterator<Uint8Array> | null, bounds: ClientBounds) {
    this.filter = filter;
    this.opening = opening;
    this.bounds = bounds;
  }

  get isEmpty(): boolean {
    return this.opening === null && this.mustHead === this.must.length && this.latest.size === 0;
  }

  get waitingBytes(): number {
    let bytes = this.mustBytes;
    for (const frame of this.latest.values()) bytes += frame.bytes.byteLength;
    return bytes;
  }

  wants(event: CacheEvent): boolean {
    return wants(this.filter, event);
  }

  follows(topic: StreamTopic): boolean {
    return this.filter.topics.has(topic);
  }

  offer(frame: Frame): Offer {
    const { latestKey, overtakes, bytes } = frame;
    if (latestKey !== null) {
      const isReplaced = this.latest.has(latestKey);
      // Keeps its place: a busy key must not make itself wait for ever.
      this.latest.set(latestKey, frame);
      return isReplaced ? "coalesced" : "taken";
    }
    const waiting = this.must.length - this.mustHead;
    if (waiting >= this.bounds.framesMax || this.mustBytes + bytes.byteLength > this.bounds.bytesMax) return "overflow";
    const forming = overtakes === null ? undefined : this.latest.get(overtakes);
    if (overtakes !== null && forming && forming.start_ts_ms <= frame.start_ts_ms) this.latest.delete(overtakes);
    this.must.push(frame);
    this.mustBytes += bytes.byteLength;
    return "taken";
  }

  /** The next bytes to send, whole events only; null when nothing waits. */
  take(): Uint8Array | null {
    const parts: Uint8Array[] = [];
    let size = 0;
    while (size < this.bounds.chunkBytes) {
      const part = this.nextPart();
      if (part === null) break;
      parts.push(part);
      size += part.byteLength;
    }
    if (parts.length <= 1) return parts[0] ?? null;
    const joined = new Uint8Array(size);
    let at = 0;
    for (const part of parts) {
      joined.set(part, at);
      at += part.byteLength;
    }
    return joined;
  }

  clear(): void {
    this.opening = null;
    this.must.length = 0;
    this.mustHead = 0;
    this.mustBytes = 0;
    this.latest.clear();
  }

  private nextPart(): Uint8Array | null {
    if (this.opening !== null) {
      const { value, done } = this.opening.next();
      if (done !== true) return value;
      this.opening = null;
    }
    const frame = this.must[this.mustHead];
    if (frame !== undefined) {
      this.mustHead++;
      this.mustBytes -= frame.bytes.byteLength;
      if (this.mustHead === this.must.length || this.mustHead > 1_024) {
        this.must.splice(0, this.mustHead);
        this.mustHead = 0;
      }
      return frame.bytes;
    }
    for (const [key, newest] of this.latest) {
      this.latest.delete(key);
      return newest.bytes;
    }
    return null;
  }
}
