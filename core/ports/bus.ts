import type { TopicSpec } from "../topics.ts";
import type { StopSignal } from "./signal.ts";

/** The next record to read, counted from 0 per partition; only ever compared within one `log_id`. */
export type Position = number;

export interface Ack {
  readonly log_id: string;
  /** Position of the first record of the batch; the others follow without holes. */
  readonly first: Position;
  readonly count: number;
}

/** A run of records as they stand in the log. `first` above the position asked for means the log jumped: record a gap. */
export interface Batch {
  readonly log_id: string;
  readonly topic: string;
  readonly partition: number;
  readonly first: Position;
  /** Position after the last record. */
  readonly next: Position;
  /** One JSON text per record. */
  readonly values: readonly string[];
  /** When the bus took the newest record of the batch (epoch ms). */
  readonly time_ms: number;
}

export type StartAt = Position | "earliest" | "latest";

export interface FollowOptions {
  readonly signal?: StopSignal;
  /** Upper bound of records per batch (default 5,000). */
  readonly maxRecords?: number;
}

export interface WorkItem {
  readonly topic: string;
  readonly partition: number;
  readonly position: Position;
  readonly value: string;
  /** How often it has been handed out, this time included. */
  readonly attempt: number;
  /** Done with: never handed out again. */
  ack(): Promise<void>;
}

export interface WorkOptions {
  readonly signal?: StopSignal;
  /** Records handed out and not yet acked, at most (default 256). */
  readonly maxInFlight?: number;
  /** A record not acked for this long goes to another member (default 30,000). */
  readonly claimAfterMs?: number;
  readonly from?: "earliest" | "latest";
}

export interface PartitionInfo {
  readonly log_id: string;
  /** Oldest position that can still be read. */
  readonly start: Position;
  /** Position the next record will get. */
  readonly end: Position;
}

/**
 * The tape. `publish` resolves when the records are durable (for a topic that is not durable: when readers can see them)
 * and keeps order per partition and caller. Topic names are given without the prefix: that is a parameter of the bus.
 */
export interface Bus {
  readonly engine: string;
  ensureTopics(topics: readonly TopicSpec[]): Promise<void>;
  publish(topic: string, partition: number, values: readonly string[]): Promise<Ack>;
  /** Ordered, one owner, the caller keeps the position. Ends only by the signal or `close`. */
  follow(topic: string, partition: number, from: StartAt, options?: FollowOptions): AsyncIterable<Batch>;
  /** Any member of the group, ack per record, claimed by another after a crash. */
  work(topic: string, group: string, options?: WorkOptions): AsyncIterable<WorkItem>;
  info(topic: string, partition: number): Promise<PartitionInfo>;
  /** First position whose bus time is at or after `time_ms`; the end when there is none. */
  positionAt(topic: string, partition: number, time_ms: number): Promise<Position>;
  /** Records written and not yet read by a reader at `position` (or acked by `group`). */
  lag(topic: string, partition: number, reader: Position | { readonly group: string }): Promise<number>;
  /** The newest `limit` records over all partitions, oldest first. */
  tail(topic: string, limit: number): Promise<Batch[]>;
  close(): Promise<void>;
}
