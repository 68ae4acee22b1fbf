import { existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Head } from "./head-file.ts";
import { Segment } from "./segment.ts";
import type { Fsync } from "./sqlite.ts";
import { Damage, isDamage } from "./storage-error.ts";

const SEGMENT_NAME = /^(\d{8})\.sqlite$/;
const OPEN_SEALED_MAX = 8;
const SIDE_FILES = ["", "-wal", "-shm"];

/** A segment that should be there and cannot be read. */
export interface Absent {
  readonly number: number;
  /** Where the unreadable file lies now; undefined when there is none. */
  readonly path?: string;
  readonly why: string;
}

const segmentPath = (folder: string, number: number) => join(folder, `${String(number).padStart(8, "0")}.sqlite`);

/** The files of one topic in order, the newest last; opens them, moves bad ones aside, keeps few handles open. */
export class SegmentChain {
  readonly segments: Segment[] = [];
  private readonly recent: Segment[] = [];
  private readonly dropped: string[] = [];
  private removing: Promise<void> = Promise.resolve();
  /** Highest number ever seen in the folder, moved-aside files included. */
  private highest = 0;

  constructor(
    readonly folder: string,
    private readonly topic: string,
    private readonly partitions: number,
    private readonly fsync: Fsync,
    private readonly now: () => number,
  ) {}

  /** Reads the folder; answers what is absent that the head, or the numbering, says should be there. */
  load(head: Head | null): Absent[] {
    const present = new Map<number, Absent | null>();
    for (const number of this.filesIn()) {
      if (head !== null && number < head.oldest) this.remove(number);
      else present.set(number, this.tryOpen(number, head));
    }
    this.highest = Math.max(this.highest, head?.newest ?? 0);
    const absent = [...present.values()].filter((found) => found !== null);
    const oldest = head?.oldest ?? Math.min(...present.keys(), this.highest);
    const newest = head?.newest ?? this.highest;
    for (let number = Math.max(1, oldest); number <= newest; number++)
      if (!present.has(number) && !head?.gone.includes(number)) absent.push({ number, why: "the file is not there" });
    return absent.sort((a, b) => a.number - b.number);
  }

  private filesIn(): number[] {
    const numbers: number[] = [];
    for (const name of readdirSync(this.folder)) {
      this.highest = Math.max(this.highest, Number(/^(\d{8})\.sqlite\.corrupt-/.exec(name)?.[1] ?? 0));
      const number = SEGMENT_NAME.exec(name)?.[1];
      if (number !== undefined) numbers.push(Number(number));
    }
    return numbers.sort((a, b) => a - b);
  }

  private tryOpen(number: number, head: Head | null): Absent | null {
    const path = segmentPath(this.folder, number);
    try {
      const segment = Segment.open(path, number, this.partitions, this.fsync);
      if (segment === null) {
        if (head !== null && number <= head.newest) throw new Damage("it is empty");
        this.remove(number);
        return null;
      }
      const expected = head?.log_id ?? this.segments[0]?.about.log_id ?? segment.about.log_id;
      if (segment.about.log_id !== expected || segment.about.topic !== this.topic) {
        segment.rest();
        throw new Damage(`it belongs to log ${segment.about.log_id} of ${segment.about.topic}`);
      }
      if (segment.isSealed) segment.rest();
      this.segments.push(segment);
      this.highest = Math.max(this.highest, number);
      return null;
    } catch (error) {
      if (!isDamage(error)) throw error;
      return this.moveAside(number, error);
    }
  }

  get last(): Segment | undefined {
    return this.segments.at(-1);
  }

  /** The newest segment, unless a fault took it and no new one could be made yet. */
  get writable(): Segment | null {
    const { last } = this;
    return last === undefined || last.isSealed ? null : last;
  }

  get bytes(): number {
    return this.segments.reduce((sum, segment) => sum + segment.content.bytes, 0);
  }

  get newest(): number {
    return this.highest;
  }

  add(logId: string, base: readonly number[]): Segment {
    const number = this.highest + 1;
    const path = segmentPath(this.folder, number);
    const about = { topic: this.topic, log_id: logId, base, created_ms: this.now() };
    let segment: Segment;
    try {
      segment = Segment.create(path, number, about, this.fsync);
    } catch (error) {
      this.remove(number);
      throw error;
    }
    this.highest = number;
    this.segments.push(segment);
    return segment;
  }

  /** Only so many handles stay open, however many segments a reader walks through. */
  use(segment: Segment): Segment {
    if (!segment.isSealed || this.recent.at(-1) === segment) return segment;
    const at = this.recent.indexOf(segment);
    if (at >= 0) this.recent.splice(at, 1);
    this.recent.push(segment);
    if (this.recent.length > OPEN_SEALED_MAX) this.recent.shift()?.rest();
    return segment;
  }

  dropOldest(): void {
    const segment = this.segments.shift();
    if (segment === undefined) return;
    this.forget(segment);
    this.dropped.push(segment.path);
  }

  /**
   * Deletes what was dropped, beside the thread and oldest first. Called when the head says it is no longer part of the
   * log: a file that outlives a kill is then deleted at the next start.
   */
  deleteDropped(): void {
    for (const path of this.dropped.splice(0))
      for (const side of SIDE_FILES)
        this.removing = this.removing
          .then(() => unlink(path + side))
          .catch(() => {
            // Not there (side files mostly), or for the next start.
          });
  }

  discard(segment: Segment, error: unknown): Absent {
    this.segments.splice(this.segments.indexOf(segment), 1);
    this.forget(segment);
    return this.moveAside(segment.number, error);
  }

  close(): void {
    for (const segment of this.segments) segment.rest();
    this.recent.length = 0;
  }

  private forget(segment: Segment): void {
    const at = this.recent.indexOf(segment);
    if (at >= 0) this.recent.splice(at, 1);
    segment.rest();
  }

  private remove(number: number): void {
    for (const side of SIDE_FILES) rmSync(segmentPath(this.folder, number) + side, { force: true });
  }

  private moveAside(number: number, error: unknown): Absent {
    const from = segmentPath(this.folder, number);
    const path = `${from}.corrupt-${new Date(this.now()).toISOString().replace(/[-:.]/g, "")}`;
    for (const side of SIDE_FILES) if (existsSync(from + side)) renameSync(from + side, path + side);
    this.highest = Math.max(this.highest, number);
    return { number, path, why: error instanceof Error ? error.message : String(error) };
  }
}
