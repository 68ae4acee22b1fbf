import { expect } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeBlock, encode } from "../codec.ts";
import { inlineCaretaker } from "../embedded/caretaker.ts";
import { SegmentLog, type SegmentLogOptions } from "../embedded/segment-log.ts";
import type { BusProblem } from "../problems.ts";

const pad = "x".repeat(1_000);
export const record = (n: number) => `[${n},"${pad}"]`;

/** Spoils part of a file. */
export function garbage(path: string, from: number, bytes: number): void {
  const data = readFileSync(path);
  data.fill(0xa5, from, Math.min(data.length, from + bytes));
  writeFileSync(path, data);
}

/** Every record of a partition with its position, read as a follower reads. */
export function all(log: SegmentLog, partition: number, from = 0): Map<number, string> {
  const found = new Map<number, string>();
  for (const row of log.rows(partition, from)) {
    const values: string[] = [];
    decodeBlock(row.bytes, 0, values);
    values.forEach((value, i) => {
      found.set(row.first + i, value);
    });
  }
  return found;
}

export interface Before {
  readonly positions: number;
  readonly logId: string;
}

/** A folder with a log to be damaged, a clock of its own, and what the log said about its losses. */
export class DamagedLog {
  readonly dir = mkdtempSync(join(tmpdir(), "tapebell-damage-"));
  problems: BusProblem[] = [];
  now_ms = 1_000_000;

  open(more: Partial<SegmentLogOptions> = {}): SegmentLog {
    return new SegmentLog({
      folder: this.dir,
      topic: "t",
      partitions: 2,
      retentionMs: 1e12,
      retentionBytes: 8 * 1024 * 1024,
      fsync: "normal",
      boot: "boot-1",
      now: () => this.now_ms,
      report: (problem) => this.problems.push(problem),
      caretaker: inlineCaretaker,
      ...more,
    });
  }

  put(log: SegmentLog, partition: number, from: number, to: number): number {
    const values = Array.from({ length: to - from }, (_, i) => record(from + i));
    return log.append([{ partition, blocks: encode("t", values) }], this.now_ms)[0]!;
  }

  /** 3,000 records in partition 0 over three or more segments of about 1 MiB, and 10 in partition 1 early on. */
  filled(): Before {
    const log = this.open();
    this.put(log, 1, 0, 10);
    for (let i = 0; i < 3_000; i += 50) this.put(log, 0, i, i + 50);
    expect(log.stats().segments).toBeGreaterThanOrEqual(3);
    log.close();
    return { positions: 3_000, logId: log.logId };
  }

  segmentFiles(): string[] {
    return readdirSync(this.dir)
      .filter((name) => /^\d{8}\.sqlite$/.test(name))
      .map((name) => join(this.dir, name));
  }

  /** What must hold after any damage: what can be read is right, what cannot is named, positions go on. */
  checkAfter(log: SegmentLog, before: Before): { kept: number; lost: number } {
    expect(log.logId).toBe(before.logId);
    const kept = all(log, 0);
    for (const [position, value] of kept) expect(value).toBe(record(position));
    const named = new Set<number>();
    for (const { lost } of this.problems)
      for (const { partition, from, to } of lost)
        if (partition === 0) for (let p = from; p < Math.min(to, before.positions); p++) named.add(p);
    const silent = Array.from({ length: before.positions }, (_, p) => p).filter((p) => !kept.has(p) && !named.has(p));
    expect(silent).toEqual([]);
    const next = this.put(log, 0, 0, 1);
    expect(next).toBeGreaterThanOrEqual(before.positions);
    expect(log.info(0).end).toBe(next + 1);
    return { kept: kept.size, lost: before.positions - kept.size };
  }

  dispose(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}
