import { existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { unlink } from "node:fs/promises";
import { join } from "node:path";
import { type Fsync, Segment } from "./segment.ts";
import { Damage, isDamage } from "./storage-error.ts";

const SEGMENT_NAME = /^(\d{8})\.sqlite$/;
const OPEN_SEALED_MAX = 8;
const SIDE_FILES = ["", "-wal", "-shm"];

export interface MovedAside {
  readonly number: number;
  readonly from: string;
  readonly to: string;
  readonly why: string;
}

export const segmentPath = (folder: string, number: number) =>
  join(folder, `${String(number).padStart(8, "0")}.sqlite`);

/** The files of one topic in order, the newest last; opens them, moves bad ones aside, keeps few handles open. */
export class SegmentChain {
  readonly segments: Segment[] = [];
  private readonly recent: Segment[] = [];
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

  /** Reads the folder; answers what had to be moved aside. */
  load(logId: string | null): MovedAside[] {
    const moved: MovedAside[] = [];
    const numbers: number[] = [];
    for (const name of readdirSync(this.folder)) {
      const number = Number(/^(\d{8})\.sqlite/.exec(name)?.[1] ?? 0);
      this.highest = Math.max(this.highest, number);
      if (SEGMENT_NAME.test(name)) numbers.push(number);
    }
    for (const number of numbers.sort((a, b) => a - b)) {
      const path = segmentPath(this.folder, number);
      try {
        const segment = Segment.open(path, number, this.partitions, this.fsync);
        if (segment === null) {
          for (const side of SIDE_FILES) rmSync(path + side, { force: true });
          continue;
        }
        const expected = logId ?? this.segments[0]?.about.log_id ?? segment.about.log_id;
        if (segment.about.log_id !== expected || segment.about.topic !== this.topic) {
          segment.rest();
          throw new Damage(`it belongs to log ${segment.about.log_id} of ${segment.about.topic}`);
        }
        if (segment.isSealed) segment.rest();
        this.segments.push(segment);
      } catch (error) {
        if (!isDamage(error)) throw error;
        moved.push(this.moveAside(number, error));
      }
    }
    return moved;
  }

  get last(): Segment | undefined {
    return this.segments.at(-1);
  }

  add(logId: string, base: readonly number[]): Segment {
    const number = this.highest + 1;
    const path = segmentPath(this.folder, number);
    const about = { topic: this.topic, log_id: logId, base, created_ms: this.now() };
    let segment: Segment;
    try {
      segment = Segment.create(path, number, about, this.fsync);
    } catch (error) {
      for (const side of SIDE_FILES) rmSync(path + side, { force: true });
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

  /** Oldest first and one after the other, so that a killed process leaves no hole in the middle. */
  dropOldest(): void {
    const segment = this.segments.shift();
    if (segment === undefined) return;
    this.forget(segment);
    for (const side of SIDE_FILES)
      this.removing = this.removing
        .then(() => unlink(segment.path + side))
        .catch(() => {
          // Not there (side files mostly), or for the next start: it is dropped again then.
        });
  }

  discard(segment: Segment, error: unknown): MovedAside {
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

  private moveAside(number: number, error: unknown): MovedAside {
    const from = segmentPath(this.folder, number);
    const stamp = new Date(this.now()).toISOString().replace(/[-:.]/g, "");
    const to = `${from}.corrupt-${stamp}`;
    for (const side of SIDE_FILES) if (existsSync(from + side)) renameSync(from + side, to + side);
    return { number, from, to, why: error instanceof Error ? error.message : String(error) };
  }
}
