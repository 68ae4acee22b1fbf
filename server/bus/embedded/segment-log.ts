import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { invariant } from "../../../core/errors.ts";
import type { PartitionInfo, Position } from "../../../core/ports/bus.ts";
import type { Report } from "../problems.ts";
import type { Append, Row, TopicLog } from "../topic-log.ts";
import { sameBoot } from "./boot.ts";
import type { Caretaker } from "./caretaker.ts";
import { HeadFile } from "./head-file.ts";
import { Losses } from "./losses.ts";
import type { Segment } from "./segment.ts";
import { SegmentChain } from "./segment-chain.ts";
import type { Fsync } from "./sqlite.ts";
import { isDamage, storageError } from "./storage-error.ts";

const SEGMENT_BYTES_MAX = 64 * 1024 * 1024;
const SEGMENT_MS_MAX = 86_400_000;
/** Retention drops whole segments, so what is kept is at least 7/8 of what was asked for. */
const SEGMENTS_PER_RETENTION = 8;
/** What power loss can take, unless every commit is synced. */
const CHECKPOINT_MS = 5_000;
const CHECKPOINT_BYTES = 8 * 1024 * 1024;
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
  private retentionMs: number;
  private retentionBytes: number;
  private sealedBytes = 0;
  private headFailed = false;
  private careFailed = false;
  private closed = false;
  private unsyncedBytes = 0;
  private checkpointed_ms = 0;
  private checkpointing: Promise<void> | null = null;
  private gone: number[];
  private readonly losses: Losses;

  constructor(private readonly options: SegmentLogOptions) {
    const { folder, topic, partitions, fsync, now } = options;
    this.partitions = partitions;
    this.retentionMs = options.retentionMs;
    this.retentionBytes = options.retentionBytes;
    mkdirSync(folder, { recursive: true });
    this.head = new HeadFile(join(folder, "head"), partitions);
    this.chain = new SegmentChain(folder, topic, partitions, fsync, now);
    const head = this.head.read();
    const absent = this.chain.load(head);
    const { last } = this.chain;
    this.logId = head?.log_id ?? last?.about.log_id ?? crypto.randomUUID();
    this.gone = [...(head?.gone ?? []), ...absent.map(({ number }) => number)];
    const found = last?.content.next ?? new Array<Position>(partitions).fill(0);
    const tailAbsent = absent.some(({ number }) => number > (last?.number ?? 0));
    const powerLoss = head !== null && !head.clean && fsync !== "always" && !sameBoot(head.boot, options.boot);
    const unsure = powerLoss || (head === null && tailAbsent);
    this.next = found.map((next, p) => Math.max(next, head?.next[p] ?? 0) + (unsure ? JUMP : 0));
    this.losses = new Losses(topic, now, options.report);
    this.losses.absent(absent, this.chain.segments, head?.start ?? [], this.next);
    if (!tailAbsent) this.losses.short(found, this.next, powerLoss);
    for (const segment of this.chain.segments) if (segment !== last && !segment.isPlain) this.retire(segment);
    if (last === undefined || last.isSealed || tailAbsent) this.startSegment();
    this.countSealed();
    this.writeHead(false);
  }

  append(parts: readonly Append[], now_ms: number): Position[] {
    try {
      return this.appendTo(this.roomy(now_ms), parts, now_ms);
    } catch (error) {
      if (!isDamage(error)) throw storageError(this.options.topic, this.options.folder, error);
      this.discard(this.active, error);
      return this.appendTo(this.active, parts, now_ms);
    }
  }

  *rows(partition: number, position: Position): Iterable<Row> {
    for (let at = position; ; ) {
      const row = this.rowAt(partition, at);
      if (row === null) return;
      yield row;
      at = row.first + row.count;
    }
  }

  *rowsBack(partition: number): Iterable<Row> {
    for (let at = this.next[partition]!; ; ) {
      const row = this.rowBefore(partition, at);
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
    for (const segment of [...this.chain.segments]) {
      if (segment.content.first[partition]! < 0 || segment.content.last_ms[partition]! < time_ms) continue;
      const found = this.guarded(segment, () => this.chain.use(segment).firstAt(partition, time_ms));
      if (found !== null) return found;
    }
    return this.next[partition]!;
  }

  retain(now_ms: number): void {
    const { active } = this;
    if (!active.isEmpty && now_ms - active.about.created_ms > this.segmentMs) this.rotateSoftly();
    this.dropOld(now_ms);
    const due = this.unsyncedBytes > 0 && now_ms - this.checkpointed_ms >= CHECKPOINT_MS;
    if (due && this.checkpointing === null) this.checkpointActive(now_ms);
  }

  stats(): { bytes: number; segments: number } {
    return { bytes: this.sealedBytes + this.active.content.bytes, segments: this.chain.segments.length };
  }

  setRetention(retentionMs: number, retentionBytes: number): void {
    this.retentionMs = retentionMs;
    this.retentionBytes = retentionBytes;
  }

  close(): void {
    this.closed = true;
    this.writeHead(true);
    this.head.close();
    this.chain.close();
  }

  private get active(): Segment {
    const { last } = this.chain;
    invariant(last !== undefined && !last.isSealed, "a log has a segment to write to");
    return last;
  }

  private get segmentMs(): number {
    return Math.min(SEGMENT_MS_MAX, this.retentionMs / SEGMENTS_PER_RETENTION);
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
    next.forEach((position, p) => {
      this.next[p] = position;
    });
    this.writeHead(false);
    this.unsyncedBytes += rows.reduce((sum, { row }) => sum + row.bytes.length, 0);
    if (this.unsyncedBytes > CHECKPOINT_BYTES && this.checkpointing === null) this.checkpointActive(now_ms);
    if (this.sealedBytes + segment.content.bytes > this.retentionBytes) this.dropOld(now_ms);
    return firsts;
  }

  /** The segment to write to, a new one when the newest is full or old. */
  private roomy(now_ms: number): Segment {
    const { active } = this;
    const full = active.content.bytes >= Math.min(SEGMENT_BYTES_MAX, this.retentionBytes / SEGMENTS_PER_RETENTION);
    const old = now_ms - active.about.created_ms > this.segmentMs;
    if (!active.isEmpty && (full || old)) this.rotateSoftly();
    return this.active;
  }

  /** A new file that cannot be made now is tried again at the next turn; the old one goes on meanwhile. */
  private rotateSoftly(): void {
    const old = this.active;
    try {
      this.startSegment();
    } catch (error) {
      this.sayDisk("a new segment could not be made", error);
      return;
    }
    this.retire(old);
    this.countSealed();
  }

  /** A segment that is only read from now on. What the disk makes of it is the caretaker's, beside the publishes. */
  private retire(segment: Segment): void {
    const { caretaker } = this.options;
    const { path } = segment;
    try {
      if (!segment.isSealed) segment.seal();
    } catch (error) {
      if (isDamage(error)) this.discard(segment, error);
      else this.sayDisk(`${path} could not be sealed; it is read as it is`, error);
      return;
    }
    void this.look(segment, async () => {
      await caretaker.checkpoint(path);
      if (this.closed || !this.chain.segments.includes(segment)) return;
      segment.rest();
      await caretaker.settle(path);
    });
  }

  /** So that power loss takes seconds and not all that was never synced. */
  private checkpointActive(now_ms: number): void {
    const { active } = this;
    this.unsyncedBytes = 0;
    this.checkpointed_ms = now_ms;
    this.checkpointing = this.look(active, () => this.options.caretaker.checkpoint(active.path)).then(() => {
      this.checkpointing = null;
    });
  }

  /** The caretaker's failures are told once until a chore succeeds; a segment that is gone meanwhile needs no care. */
  private async look(segment: Segment, chore: () => Promise<void>): Promise<void> {
    try {
      await chore();
      this.careFailed = false;
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "";
      // Busy: somebody reads it just now. It is tried again at the next turn, or at the next start.
      const expected = this.closed || !this.chain.segments.includes(segment) || /^SQLITE_(BUSY|LOCKED)/.test(code);
      if (expected || this.careFailed) return;
      this.careFailed = true;
      this.sayDisk("what is in the log could not be synced to the disk", error);
    }
  }

  private startSegment(): void {
    const previous = this.chain.last;
    const segment = this.chain.add(this.logId, [...this.next]);
    // Times never fall within a partition, over segments too.
    previous?.content.last_ms.forEach((time_ms, p) => {
      segment.content.last_ms[p] = time_ms;
    });
  }

  private dropOld(now_ms: number): void {
    const { segments } = this.chain;
    const before = segments.length;
    while (segments.length > 1) {
      const oldest = segments[0]!;
      const tooOld = oldest.last_ms < now_ms - this.retentionMs;
      const tooMuch = this.sealedBytes + this.active.content.bytes > this.retentionBytes;
      if (!tooOld && !tooMuch) break;
      this.sealedBytes -= oldest.content.bytes;
      this.chain.dropOldest();
    }
    if (segments.length === before) return;
    this.countSealed();
    if (this.writeHead(false)) this.chain.deleteDropped();
  }

  private countSealed(): void {
    this.sealedBytes = this.chain.segments.slice(0, -1).reduce((sum, segment) => sum + segment.content.bytes, 0);
  }

  private rowAt(partition: number, position: Position): Row | null {
    for (const segment of [...this.chain.segments]) {
      if (segment.content.first[partition]! < 0 || segment.content.next[partition]! <= position) continue;
      const row = this.guarded(segment, () => this.chain.use(segment).rowAt(partition, position));
      if (row !== null) return row;
    }
    return null;
  }

  private rowBefore(partition: number, position: Position): Row | null {
    for (const segment of [...this.chain.segments].reverse()) {
      const first = segment.content.first[partition]!;
      if (first < 0 || first >= position) continue;
      const row = this.guarded(segment, () => this.chain.use(segment).rowBefore(partition, position));
      if (row !== null) return row;
    }
    return null;
  }

  /** A segment that turns out bad while it is read is moved aside, and the reader goes on behind it. */
  private guarded<T>(segment: Segment, read: () => T): T | null {
    try {
      return read();
    } catch (error) {
      if (!isDamage(error)) throw error;
      this.discard(segment, error);
      return null;
    }
  }

  private discard(segment: Segment, error: unknown): void {
    const wasActive = segment === this.chain.last;
    const absent = this.chain.discard(segment, error);
    this.gone.push(segment.number);
    this.losses.discarded(absent, segment);
    if (wasActive) this.startSegment();
    this.countSealed();
    this.writeHead(false);
  }

  private writeHead(clean: boolean): boolean {
    const oldest = this.chain.segments[0]!;
    const newest = this.active.number;
    this.gone = this.gone.filter((number) => number > oldest.number);
    const { logId: log_id, gone, next } = this;
    const { boot } = this.options;
    try {
      this.head.write({ log_id, boot, clean, oldest: oldest.number, newest, gone, start: oldest.about.base, next });
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
