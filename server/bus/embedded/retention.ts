import type { Segment } from "./segment.ts";

const SEGMENT_BYTES_MAX = 64 * 1024 * 1024;
const SEGMENT_MS_MAX = 86_400_000;
/** Retention drops whole segments, so what is kept is at least 7/8 of what was asked for. */
const SEGMENTS_PER_RETENTION = 8;

/** When a segment is full, when it is old, when it may go. */
export class Retention {
  constructor(
    readonly ms: number,
    readonly bytes: number,
  ) {}

  /** Nothing more should be written to it. */
  isDone(segment: Segment, now_ms: number): boolean {
    return (
      segment.content.bytes >= Math.min(SEGMENT_BYTES_MAX, this.bytes / SEGMENTS_PER_RETENTION) ||
      this.isOld(segment, now_ms)
    );
  }

  isOld({ isEmpty, about }: Segment, now_ms: number): boolean {
    return !isEmpty && now_ms - about.created_ms > Math.min(SEGMENT_MS_MAX, this.ms / SEGMENTS_PER_RETENTION);
  }

  /** The oldest of a log of so many bytes is no longer wanted. */
  isOver(oldest: Segment, bytes: number, now_ms: number): boolean {
    return oldest.last_ms < now_ms - this.ms || bytes > this.bytes;
  }
}
