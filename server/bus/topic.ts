import type { Position } from "../../core/ports/bus.ts";
import type { TopicSpec } from "../../core/topics.ts";
import { decodeBlock } from "./codec.ts";
import { READ_BYTES_MAX } from "./limits.ts";
import type { Reply, Run, TakenItem } from "./protocol.ts";
import type { Row, TopicLog } from "./topic-log.ts";
import { type GroupLog, type GroupState, type TakeLimits, WorkGroup } from "./work-group.ts";

/** Where groups of one topic outlive the process. */
export interface GroupStore {
  /** Null when the group is new. */
  load(group: string, partitions: number): GroupState | null;
  /** True when what was stored could not be read: then a group starts at the oldest record, whatever it asks for. */
  readonly startedOver: boolean;
  /** One durable step. */
  save(group: string, unsaved: ReturnType<WorkGroup["unsaved"]>): void;
  close(): void;
}

export interface Parked {
  readonly connection: number;
  readonly id: number;
  readonly reply: (reply: Reply) => void;
}
export interface ParkedRead extends Parked {
  readonly from: Position;
}
export interface ParkedTake extends Parked {
  readonly member: number;
  readonly limits: TakeLimits;
}

export interface Group {
  readonly name: string;
  readonly state: WorkGroup;
  takers: ParkedTake[];
  cancelTimer: (() => void) | null;
  expiredSaid: number;
}

/** A topic as the broker holds it: its log, who waits for it, its groups. */
export class Topic {
  readonly reads: ParkedRead[][];
  readonly groups = new Map<string, Group>();

  constructor(
    readonly name: string,
    public spec: TopicSpec,
    readonly log: TopicLog,
    private readonly store: GroupStore | null,
  ) {
    this.reads = Array.from({ length: spec.partitions }, () => []);
  }

  /** What a follower at `from` is sent next; null when it is at the end. */
  run(partition: number, from: Position): Run | null {
    const rows: Row[] = [];
    let bytes = 0;
    let next = -1;
    for (const row of this.log.rows(partition, from)) {
      if (rows.length > 0 && (row.first !== next || bytes + row.bytes.length > READ_BYTES_MAX)) break;
      rows.push(row);
      bytes += row.bytes.length;
      next = row.first + row.count;
    }
    return rows.length === 0 ? null : this.pack(partition, rows);
  }

  tail(limit: number): Run[] {
    const newest: { partition: number; row: Row }[] = [];
    for (let partition = 0; partition < this.spec.partitions; partition++) {
      let records = 0;
      for (const row of this.log.rowsBack(partition)) {
        if (records >= limit) break;
        newest.push({ partition, row });
        records += row.count;
      }
    }
    newest.sort((a, b) => b.row.time_ms - a.row.time_ms || b.partition - a.partition || b.row.first - a.row.first);
    const kept: Run[] = [];
    let records = 0;
    for (const { partition, row } of newest) {
      if (records >= limit) break;
      kept.push(this.pack(partition, [row]));
      records += row.count;
    }
    return kept.reverse();
  }

  group(name: string, from: "earliest" | "latest"): Group {
    const known = this.groups.get(name);
    if (known !== undefined) return known;
    const stored = this.store?.load(name, this.spec.partitions) ?? null;
    const state = stored ?? this.freshGroup(this.store?.startedOver ? "earliest" : from);
    const group: Group = { name, state: new WorkGroup(state), takers: [], cancelTimer: null, expiredSaid: 0 };
    if (stored === null) this.store?.save(name, { changes: [], cursors: state.cursors });
    this.groups.set(name, group);
    return group;
  }

  /** Hands out what there is to hand out, already on disk when it returns. */
  take(group: Group, member: number, limits: TakeLimits, now_ms: number): TakenItem[] {
    const items = group.state.take(member, limits, now_ms, this.groupLog());
    if (items.length > 0) this.save(group);
    return items;
  }

  lag(partition: number, reader: Position | { readonly group: string }): number {
    if (typeof reader !== "number") return this.group(reader.group, "earliest").state.lag(partition, this.groupLog());
    const { start, end } = this.log.info(partition);
    return Math.max(0, end - Math.max(reader, start));
  }

  save(group: Group): void {
    this.store?.save(group.name, group.state.unsaved());
    group.state.saved();
  }

  close(): void {
    for (const group of this.groups.values()) group.cancelTimer?.();
    this.store?.close();
    this.log.close();
  }

  private freshGroup(from: "earliest" | "latest"): GroupState {
    const cursors = this.reads.map((_, p) => {
      const { start, end } = this.log.info(p);
      return from === "earliest" ? start : end;
    });
    return { cursors, pending: [] };
  }

  private groupLog(): GroupLog {
    let cached: { row: Row; partition: number; values: string[] } | null = null;
    return {
      start: (partition) => this.log.info(partition).start,
      end: (partition) => this.log.info(partition).end,
      at: (partition, position) => {
        const inCache =
          cached !== null &&
          cached.partition === partition &&
          position >= cached.row.first &&
          position < cached.row.first + cached.row.count;
        if (!inCache) {
          const [row] = firstOf(this.log.rows(partition, position));
          if (row === undefined) return null;
          const values: string[] = [];
          decodeBlock(row.bytes, 0, values);
          cached = { row, partition, values };
        }
        const { row, values } = cached!;
        const found = Math.max(position, row.first);
        return { position: found, value: values[found - row.first]! };
      },
    };
  }

  private pack(partition: number, rows: readonly Row[]): Run {
    const bytes = new Uint8Array(rows.reduce((sum, row) => sum + row.bytes.length, 0));
    let at = 0;
    for (const row of rows) {
      bytes.set(row.bytes, at);
      at += row.bytes.length;
    }
    return {
      partition,
      log_id: this.log.logId,
      first: rows[0]!.first,
      bytes,
      counts: rows.map((row) => row.count),
      times_ms: rows.map((row) => row.time_ms),
    };
  }
}

function firstOf<T>(items: Iterable<T>): T[] {
  for (const item of items) return [item];
  return [];
}
