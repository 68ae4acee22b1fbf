import type { PartitionInfo, Position } from "../../core/ports/bus.ts";
import type { Block } from "./codec.ts";

/** A block with its place in the log. */
export interface Row extends Block {
  readonly first: Position;
  /** When the bus took it; never falls within a partition. */
  readonly time_ms: number;
}

export interface Append {
  readonly partition: number;
  readonly blocks: readonly Block[];
}

/**
 * Storage of one topic. Synchronous: it has a thread, or a test, of its own. Positions are dense but for jumps over what
 * was lost; `append` is one atomic, durable step over all its parts and answers the first position of each.
 */
export interface TopicLog {
  readonly logId: string;
  readonly partitions: number;
  append(parts: readonly Append[], now_ms: number): Position[];
  /** Rows from the one that holds `position` (or the next there is) on; the caller stops when it has enough. */
  rows(partition: number, position: Position): Iterable<Row>;
  /** The newest rows, newest first. */
  rowsBack(partition: number): Iterable<Row>;
  info(partition: number): PartitionInfo;
  positionAt(partition: number, time_ms: number): Position;
  /** Drops what lies before these positions, one per partition, as far as storage can do it in whole pieces. */
  trim(before: readonly Position[]): void;
  /** Drops what is past its retention. */
  retain(now_ms: number): void;
  stats(): { readonly bytes: number; readonly segments: number };
  setRetention(retentionMs: number, retentionBytes: number): void;
  close(): void;
}
