import type { Position } from "../../../core/ports/bus.ts";
import type { Row } from "../topic-log.ts";
import type { Segment } from "./segment.ts";
import type { SegmentChain } from "./segment-chain.ts";
import { isDamage } from "./storage-error.ts";

/** Reads over the whole chain. A segment that turns out bad on the way is discarded, and the reader goes on behind it. */
export class SegmentReader {
  constructor(
    private readonly chain: SegmentChain,
    private readonly discard: (segment: Segment, error: unknown) => void,
  ) {}

  /** The row that holds `position`, or the next there is. */
  rowAt(partition: number, position: Position): Row | null {
    for (const segment of [...this.chain.segments]) {
      if (segment.content.first[partition]! < 0 || segment.content.next[partition]! <= position) continue;
      const row = this.guarded(segment, () => this.chain.use(segment).rowAt(partition, position));
      if (row !== null) return row;
    }
    return null;
  }

  rowBefore(partition: number, position: Position): Row | null {
    for (const segment of [...this.chain.segments].reverse()) {
      const first = segment.content.first[partition]!;
      if (first < 0 || first >= position) continue;
      const row = this.guarded(segment, () => this.chain.use(segment).rowBefore(partition, position));
      if (row !== null) return row;
    }
    return null;
  }

  firstAt(partition: number, time_ms: number): Position | null {
    for (const segment of [...this.chain.segments]) {
      if (segment.content.first[partition]! < 0 || segment.content.last_ms[partition]! < time_ms) continue;
      const found = this.guarded(segment, () => this.chain.use(segment).firstAt(partition, time_ms));
      if (found !== null) return found;
    }
    return null;
  }

  private guarded<T>(segment: Segment, read: () => T): T | null {
    try {
      return read();
    } catch (error) {
      if (!isDamage(error)) throw error;
      this.discard(segment, error);
      return null;
    }
  }
}
