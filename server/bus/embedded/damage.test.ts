import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeBlock, encode } from "../codec.ts";
import type { BusProblem } from "../problems.ts";
import { inlineCaretaker } from "./caretaker.ts";
import { SegmentLog, type SegmentLogOptions } from "./segment-log.ts";

const MIB = 1024 * 1024;
let dir: string;
let problems: BusProblem[];
let now_ms: number;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "tapebell-damage-"));
  problems = [];
  now_ms = 1_000_000;
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const open = (more: Partial<SegmentLogOptions> = {}) =>
  new SegmentLog({
    folder: dir,
    topic: "t",
    partitions: 2,
    retentionMs: 1e12,
    retentionBytes: 8 * MIB,
    fsync: "normal",
    boot: "boot-1",
    now: () => now_ms,
    report: (problem) => problems.push(problem),
    caretaker: inlineCaretaker,
    ...more,
  });

const pad = "x".repeat(1_000);
const record = (n: number) => `[${n},"${pad}"]`;
const put = (log: SegmentLog, partition: number, from: number, to: number) =>
  log.append(
    [
      {
        partition,
        blocks: encode(
          "t",
          Array.from({ length: to - from }, (_, i) => record(from + i)),
        ),
      },
    ],
    now_ms,
  )[0]!;

/** Every record of a partition with its position, read as a follower reads. */
function all(log: SegmentLog, partition: number, from = 0): Map<number, string> {
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

/** 3,000 records in partition 0 over three or more segments of about 1 MiB, and 10 in partition 1 early on. */
function filled(): { positions: number; logId: string } {
  const log = open();
  put(log, 1, 0, 10);
  for (let i = 0; i < 3_000; i += 50) put(log, 0, i, i + 50);
  expect(log.stats().segments).toBeGreaterThanOrEqual(3);
  log.close();
  return { positions: 3_000, logId: log.logId };
}

const segmentFiles = () => readdirSync(dir).filter((name) => /^\d{8}\.sqlite$/.test(name));
const corruptFiles = () => readdirSync(dir).filter((name) => /\.corrupt-/.test(name));
const garbage = (path: string, from: number, bytes: number) => {
  const data = readFileSync(path);
  data.fill(0xa5, from, from + bytes);
  writeFileSync(path, data);
};

/** What must hold after any damage: what can be read is right, what cannot is named, positions go on. */
function checkAfter(log: SegmentLog, before: { positions: number; logId: string }): { kept: number; lost: number } {
  expect(log.logId).toBe(before.logId);
  const kept = all(log, 0);
  for (const [position, value] of kept) expect(value).toBe(record(position));
  const named = new Set<number>();
  for (const { lost } of problems)
    for (const { partition, from, to } of lost)
      if (partition === 0) for (let p = from; p < Math.min(to, before.positions); p++) named.add(p);
  for (let p = 0; p < before.positions; p++) expect(kept.has(p) || named.has(p)).toBe(true);
  const next = put(log, 0, 0, 1);
  expect(next).toBeGreaterThanOrEqual(before.positions);
  expect(log.info(0).end).toBe(next + 1);
  return { kept: kept.size, lost: before.positions - kept.size };
}

describe("a damaged segment", () => {
  for (const [which, index] of [
    ["the oldest", 0],
    ["a middle", 1],
    ["the newest", -1],
  ] as const) {
    for (const [how, harm] of [
      ["garbage from the start", (path: string) => garbage(path, 0, 65_536)],
      ["cut in half", (path: string) => truncateSync(path, Math.floor(readFileSync(path).length / 2 / 4096) * 4096)],
      ["cut in the middle of a page", (path: string) => truncateSync(path, 70_001)],
      ["empty", (path: string) => truncateSync(path, 0)],
      ["gone", (path: string) => rmSync(path)],
    ] as const) {
      test(`${which} one, ${how}: the rest is kept, the loss is named, positions are not reused`, () => {
        const before = filled();
        const name = segmentFiles().at(index)!;
        harm(join(dir, name));
        const log = open();
        const { kept, lost } = checkAfter(log, before);
        expect(kept).toBeGreaterThan(1_000);
        expect(lost).toBeGreaterThan(0);
        const said = problems.filter((problem) => problem.lost.length > 0);
        expect(said.length).toBe(1);
        for (const { path } of problems) if (path !== undefined) expect(existsSync(path)).toBe(true);
        log.close();
        problems = [];
        const again = open();
        expect(problems).toEqual([]);
        expect(all(again, 0).size).toBe(kept + 1);
        again.close();
      });
    }
  }

  test("one bad block is found when it is read: it is lost and named, its segment is kept aside, the rest is served", () => {
    const before = filled();
    const path = join(dir, segmentFiles()[1]!);
    const data = readFileSync(path);
    const at = data.indexOf(Buffer.from(`[1500,"`)) + 100;
    data[at]! ^= 0xff;
    writeFileSync(path, data);
    const log = open();
    expect(problems).toEqual([]);
    const { lost } = checkAfter(log, before);
    expect(lost).toBeGreaterThan(0);
    expect(all(log, 0).has(1_500)).toBe(false);
    expect(problems.map((problem) => problem.code)).toEqual(["segment_corrupt"]);
    expect(corruptFiles().filter((name) => !/-(wal|shm)$/.test(name)).length).toBe(1);
    log.close();
  });

  test("the newest one turns bad while it is written: the publish goes to a new one", () => {
    const before = filled();
    const log = open();
    put(log, 0, 3_000, 3_001);
    const path = join(dir, segmentFiles().at(-1)!);
    garbage(path, 0, readFileSync(path).length);
    truncateSync(`${path}-wal`, 0);
    checkAfter(log, { ...before, positions: 3_001 });
    log.close();
  });

  test("a follower past the damage is asked from where it stood and sees a jump", () => {
    filled();
    rmSync(join(dir, segmentFiles().at(-1)!));
    const log = open();
    const held = log.info(0);
    const next = put(log, 0, 0, 1);
    const [row] = [...log.rows(0, Math.max(...all(log, 0).keys()) - 0)];
    expect(next).toBe(3_000);
    expect(row?.first).toBe(next);
    expect(held.end).toBe(3_000);
    log.close();
  });
});

describe("the write-ahead file of the newest segment", () => {
  /** As a kill leaves it: nothing closed, the newest records only in the write-ahead file. */
  function killed(): string {
    const log = open();
    for (let i = 0; i < 100; i += 10) put(log, 0, i, i + 10);
    const copy = mkdtempSync(join(tmpdir(), "tapebell-damage-copy-"));
    for (const name of readdirSync(dir)) copyFileSync(join(dir, name), join(copy, name));
    log.close();
    return copy;
  }

  test("whole: nothing is lost and nothing is said", () => {
    const copy = killed();
    const log = open({ folder: copy });
    expect(all(log, 0).size).toBe(100);
    expect(problems).toEqual([]);
    expect(put(log, 0, 100, 101)).toBe(100);
    log.close();
    rmSync(copy, { recursive: true });
  });

  test("cut short: the lost positions are named and never given out again", () => {
    const copy = killed();
    const wal = join(copy, "00000001.sqlite-wal");
    truncateSync(wal, readFileSync(wal).length - 20_000);
    const log = open({ folder: copy });
    const kept = all(log, 0).size;
    expect(kept).toBeLessThan(100);
    expect(problems.map(({ code, lost }) => ({ code, lost }))).toEqual([
      { code: "records_lost", lost: [{ partition: 0, from: kept, to: 100 }] },
    ]);
    expect(put(log, 0, 100, 101)).toBe(100);
    expect([...all(log, 0, kept).keys()]).toEqual([100]);
    log.close();
    rmSync(copy, { recursive: true });
  });

  test("after another start of the machine the last moments may be missing: positions jump far ahead", () => {
    const copy = killed();
    const log = open({ folder: copy, boot: "boot-2" });
    expect(problems.map((problem) => problem.code)).toEqual(["power_loss"]);
    expect(all(log, 0).size).toBe(100);
    expect(put(log, 0, 100, 101)).toBeGreaterThan(1_000_000);
    log.close();
    rmSync(copy, { recursive: true });
  });

  test("with BUS_FSYNC=always, or after a clean end, another start of the machine means nothing", () => {
    const copy = killed();
    const log = open({ folder: copy, boot: "boot-2", fsync: "always" });
    expect(put(log, 0, 100, 101)).toBe(100);
    log.close();
    const later = open({ folder: copy, boot: "boot-3" });
    expect(put(later, 0, 101, 102)).toBe(101);
    expect(problems).toEqual([]);
    later.close();
    rmSync(copy, { recursive: true });
  });
});

describe("the head file", () => {
  test("missing or unreadable: the segments alone say where the log is", () => {
    const before = filled();
    for (const harm of [() => rmSync(join(dir, "head")), () => garbage(join(dir, "head"), 5, 20)]) {
      harm();
      const log = open();
      expect(log.logId).toBe(before.logId);
      expect(log.info(0).end).toBe(3_000);
      log.close();
    }
    expect(problems).toEqual([]);
  });

  test("missing together with the newest segment: positions jump beyond all that may have been", () => {
    const before = filled();
    rmSync(join(dir, "head"));
    garbage(join(dir, segmentFiles().at(-1)!), 0, 65_536);
    const log = open();
    checkAfter(log, before);
    log.close();
  });
});

describe("a kill between two steps of a rotation", () => {
  test("the new file was made and not yet filled in", () => {
    const before = filled();
    const next = String(segmentFiles().length + 1).padStart(8, "0");
    new Database(join(dir, `${next}.sqlite`), { create: true }).run("pragma journal_mode = wal");
    const log = open();
    expect(problems).toEqual([]);
    expect(all(log, 0).size).toBe(before.positions);
    expect(put(log, 0, 3_000, 3_001)).toBe(3_000);
    now_ms += 2 * 86_400_000;
    put(log, 0, 3_001, 3_002);
    log.close();
    const again = open();
    expect(problems).toEqual([]);
    expect(all(again, 0).size).toBe(3_002);
    again.close();
  });

  test("the new file is there and the old one is not sealed", () => {
    const log = open();
    for (let i = 0; i < 500; i += 50) put(log, 0, i, i + 50);
    const copy = mkdtempSync(join(tmpdir(), "tapebell-damage-copy-"));
    now_ms += 2 * 86_400_000;
    put(log, 0, 500, 501);
    log.close();
    for (const name of readdirSync(dir)) copyFileSync(join(dir, name), join(copy, name));
    const old = new Database(join(copy, "00000001.sqlite"));
    old.run("pragma journal_mode = wal");
    old.run("delete from meta where key = 'seal'");
    old.close();
    const again = open({ folder: copy });
    expect(all(again, 0).size).toBe(501);
    expect(put(again, 0, 501, 502)).toBe(501);
    expect(problems).toEqual([]);
    again.close();
    rmSync(copy, { recursive: true });
  });
});

test("a segment of another log is not read as one of ours", () => {
  filled();
  const other = mkdtempSync(join(tmpdir(), "tapebell-damage-other-"));
  const stranger = open({ folder: other });
  put(stranger, 0, 7, 8);
  stranger.close();
  copyFileSync(join(other, "00000001.sqlite"), join(dir, "00000001.sqlite"));
  const log = open();
  expect(all(log, 0).get(0)).toBeUndefined();
  expect(problems[0]?.code).toBe("segment_corrupt");
  log.close();
  rmSync(other, { recursive: true });
});

test("a log made anew has another id", () => {
  const a = open();
  a.close();
  rmSync(dir, { recursive: true });
  const b = open();
  expect(b.logId).not.toBe(a.logId);
  b.close();
});
