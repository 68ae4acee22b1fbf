import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { PartitionInfo, Position } from "../../../core/ports/bus.ts";
import { release } from "../codec.ts";
import type { Report } from "../problems.ts";
import type { Append, Row, TopicLog } from "../topic-log.ts";
import { sameBoot } from "./boot.ts";
import type { Caretaker } from "./caretaker.ts";
import { HeadFile } from "./head-file.ts";
import { Losses } from "./losses.ts";
import { Retention } from "./retention.ts";
import type { Segment } from "./segment.ts";
import { SegmentCare } from "./segment-care.ts";
import { SegmentChain } from "./segment-chain.ts";
import { SegmentReader } from "./segment-reader.ts";
import type { Fsync } from "./sqlite.ts";
import { isDamage, storageError } from "./storage-error.ts";

/** Above anything one machine can have written and lost at once. */
const JUMP = 2 ** 30;

export interface SegmentLogOptions {
  readonly folder: string;
  /** Full name, prefix included. */
  readonly topic: string;
  readonly partitions: number;
  readonly retentionMs: number;
  readonly retentionBytes: number;
  readonly fsync: Fsync;
  readonly boot: string;
  readonly now: () => number;
  readonly report: Report;
  readonly caretaker: Caretaker;
}

/** A durable topic: a chain of SQLite files, the newest written, whole old ones dropped. */
export class SegmentLog implements TopicLog {
  readonly logId: string;
  readonly partitions: number;
  private readonly chain: SegmentChain;
  private readonly head: HeadFile;
  private readonly next: Position[];
  private retention: Retention;
  private headFailed = false;
  private gone: number[];
  private readonly losses: Losses;
  private readonly reader: SegmentReader;
  private readonly care: SegmentCare;

  constructor(private readonly options: SegmentLogOptions) {
    const { folder, topic, partitions, fsync, now } = options;
    this.partitions = partitions;
    this.retention = new Retention(options.retentionMs, options.retentionBytes);
    mkdirSync(folder, { recursive: true });
    this.head = new HeadFile(join(folder, "head"), partitions);
    this.chain = new SegmentChain(folder, topic, partitions, fsync, now);
    const head = this.head.read();
    const absent = this.chain.load(head);
    const { last } = this.chain;
    this.logId = head?.log_id ?? last?.about.log_id ?? crypto.randomUUID();
    this.gone = [...(head?.gone ?? []), ...absent.map(({ number }) => number)];
    const found = last?.content.next ?? head?.start ?? new Array<Position>(partitions).fill(0);
    const tailAbsent = absent.some(({ number }) => number > (last?.number ?? 0));
    const powerLoss = head !== null && !head.clean && fsync !== "always" && !sameBoot(head.boot, options.boot);
    const unsure = powerLoss || (head === null && tailAbsent);
    this.next = found.map((next, p) => Math.max(next, head?.next[p] ?? 0) + (unsure ? JUMP : 0));
    this.losses = new Losses(topic, now, options.report);
    this.losses.absent(absent, this.chain.segments, head?.start ?? [], this.next);
    if (!tailAbsent) this.losses.short(found, this.next, powerLoss);
    this.reader = new SegmentReader(this.chain, (segment, error) => this.discard(segment, error));
    this.care = new SegmentCare(options.caretaker, this.chain, (what, error) => this.sayDisk(what, error));
    for (const segment of [...this.chain.segments]) if (segment !== last && !segment.isPlain) this.retire(segment);
    if (this.chain.writable === null || tailAbsent) this.startSegment();
    this.writeHead(false);
  }

  append(parts: readonly Append[], now_ms: number): Position[] {
    const step = () => this.appendTo(this.roomy(now_ms), parts, now_ms);
    try {
      try {
        return step();
      } catch (error) {
        if (!isDamage(error) || this.chain.writable === null) throw error;
        this.discard(this.chain.writable, error);
        return step();
      }
    } catch (error) {
      throw storageError(this.options.topic, this.options.folder, error);
    }
  }

  *rows(partition: number, position: Position): Iterable<Row> {
    for (let at = position; ; ) {
      const row = this.reader.rowAt(partition, at);
      if (row === null) return;
      yield row;
      at = row.first + row.count;
    }
  }

  *rowsBack(partition: number): Iterable<Row> {
    for (let at = this.next[partition]!; ; ) {
      const row = this.reader.rowBefore(partition, at);
      if (row === null) return;
      yield row;
      at = row.first;
    }
  }

  info(partition: number): PartitionInfo {
    const end = this.next[partition]!;
    const holder = this.chain.segments.find((segment) => segment.content.first[partition]! >= 0);
    return { log_id: this.logId, start: holder?.content.first[partition] ?? end, end };
  }

  positionAt(partition: number, time_ms: number): Position {
    return this.reader.firstAt(partition, time_ms) ?? this.next[partition]!;
  }

  trim(before: readonly Position[]): void {
    const isDone = (next: readonly Position[]): boolean => next.every((position, p) => position <= before[p]!);
    // The newest may go too, and the next publish begins another: a full disk has no room to begin it first.
    const isAllDone = this.chain.writable?.isEmpty === false && isDone(this.next);
    this.drop((_, second) => (second === undefined ? isAllDone : isDone(second.about.base)));
  }

  retain(now_ms: number): void {
    const { writable } = this.chain;
    if (writable !== null && this.retention.isOld(writable, now_ms)) this.rotate(writable);
    this.dropOld(now_ms);
    this.care.tick(now_ms);
  }

  stats(): { bytes: number; segments: number } {
    return { bytes: this.chain.bytes, segments: this.chain.segments.length };
  }

  setRetention(retentionMs: number, retentionBytes: number): void {
    this.retention = new Retention(retentionMs, retentionBytes);
  }

  close(): void {
    this.care.close();
    this.writeHead(true);
    this.head.close();
    this.chain.close();
  }

  private appendTo(segment: Segment, parts: readonly Append[], now_ms: number): Position[] {
    const next = [...this.next];
    const rows: { partition: number; row: Row }[] = [];
    const firsts = parts.map(({ partition, blocks }) => {
      const first = next[partition]!;
      const time_ms = Math.max(now_ms, segment.content.last_ms[partition]!);
      for (const { count, bytes } of blocks) {
        rows.push({ partition, row: { first: next[partition]!, count, bytes, time_ms } });
        next[partition]! += count;
      }
      return first;
    });
    segment.append(rows);
    this.next.splice(0, next.length, ...next);
    this.writeHead(false);
    for (const { row } of rows) this.care.wrote(row.bytes.length, now_ms);
    if (this.chain.bytes > this.retention.bytes) this.dropOld(now_ms);
    for (const { row } of rows) release(row.bytes);
    return firsts;
  }

  /** The segment to write to, a new one when the newest is full or old. */
  private roomy(now_ms: number): Segment {
    const { writable } = this.chain;
    if (writable === null) return this.startSegment();
    return this.retention.isDone(writable, now_ms) ? this.rotate(writable) : writable;
  }

  /** A new file that cannot be made now is tried again at the next turn; the old one goes on meanwhile. */
  private rotate(old: Segment): Segment {
    try {
      const fresh = this.startSegment();
      this.retire(old);
      return fresh;
    } catch (error) {
      this.sayDisk("a new segment could not be made", error);
      return old;
    }
  }

  private retire(segment: Segment): void {
    try {
      if (!segment.isSealed) segment.seal();
      this.care.settle(segment);
    } catch (error) {
      if (isDamage(error)) this.discard(segment, error);
      else this.sayDisk(`${segment.path} could not be sealed; it is read as it is`, error);
    }
  }

  private startSegment(): Segment {
    const previous = this.chain.last;
    const segment = this.chain.add(this.logId, [...this.next]);
    // Times never fall within a partition, over segments too.
    previous?.content.last_ms.forEach((time_ms, p) => {
      segment.content.last_ms[p] = time_ms;
    });
    return segment;
  }

  private dropOld(now_ms: number): void {
    this.drop((oldest, second) => second !== undefined && this.retention.isOver(oldest, this.chain.bytes, now_ms));
  }

  private drop(mayGo: (oldest: Segment, second: Segment | undefined) => boolean): void {
    const { segments } = this.chain;
    const had = segments.length;
    while (segments[0] !== undefined && mayGo(segments[0], segments[1])) this.chain.dropOldest();
    if (segments.length !== had && this.writeHead(false)) this.chain.deleteDropped();
  }

  /** Moves a segment that cannot be read aside; when it was the newest, the next publish begins another. */
  private discard(segment: Segment, error: unknown): void {
    const absent = this.chain.discard(segment, error);
    this.gone.push(segment.number);
    this.losses.discarded(absent, segment);
    this.writeHead(false);
  }

  private writeHead(clean: boolean): boolean {
    const { logId: log_id, next } = this;
    const { newest, segments } = this.chain;
    const [first] = segments;
    const oldest = first?.number ?? newest + 1;
    this.gone = this.gone.filter((number) => number > oldest);
    const where = { oldest, newest, gone: this.gone, start: first?.about.base ?? next, next };
    try {
      this.head.write({ log_id, boot: this.options.boot, clean, ...where });
      this.headFailed = false;
    } catch (error) {
      // The records themselves are on disk; this only weakens what a damaged segment could be compared with.
      if (!this.headFailed) this.sayDisk(`${this.head.path} could not be written`, error);
      this.headFailed = true;
    }
    return !this.headFailed;
  }

  private sayDisk(what: string, error: unknown): void {
    this.losses.disk(what, storageError(this.options.topic, this.options.folder, error));
  }
}
