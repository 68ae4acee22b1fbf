import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { all, DamagedLog, garbage } from "../test-support/damaged-log.ts";

let world: DamagedLog;
beforeEach(() => {
  world = new DamagedLog();
});
afterEach(() => world.dispose());

describe("the write-ahead file of the newest segment", () => {
  /** As a kill leaves it: nothing closed, the newest records only in the write-ahead file. */
  function killed(): string {
    const log = world.open();
    for (let i = 0; i < 100; i += 10) world.put(log, 0, i, i + 10);
    const copy = mkdtempSync(join(tmpdir(), "tapebell-damage-copy-"));
    for (const name of readdirSync(world.dir)) copyFileSync(join(world.dir, name), join(copy, name));
    log.close();
    return copy;
  }

  test("whole: nothing is lost and nothing is said", () => {
    const copy = killed();
    const log = world.open({ folder: copy });
    expect(all(log, 0).size).toBe(100);
    expect(world.problems).toEqual([]);
    expect(world.put(log, 0, 100, 101)).toBe(100);
    log.close();
    rmSync(copy, { recursive: true });
  });

  test("cut short: the lost positions are named and never given out again", () => {
    const copy = killed();
    const wal = join(copy, "00000001.sqlite-wal");
    truncateSync(wal, readFileSync(wal).length - 20_000);
    const log = world.open({ folder: copy });
    const kept = all(log, 0).size;
    expect(kept).toBeLessThan(100);
    expect(world.problems.map(({ code, lost }) => ({ code, lost }))).toEqual([
      { code: "records_lost", lost: [{ partition: 0, from: kept, to: 100 }] },
    ]);
    expect(world.put(log, 0, 100, 101)).toBe(100);
    expect([...all(log, 0, kept).keys()]).toEqual([100]);
    log.close();
    rmSync(copy, { recursive: true });
  });

  test("after another start of the machine the last moments may be missing: positions jump far ahead", () => {
    const copy = killed();
    const log = world.open({ folder: copy, boot: "boot-2" });
    expect(world.problems.map((problem) => problem.code)).toEqual(["power_loss"]);
    expect(all(log, 0).size).toBe(100);
    expect(world.put(log, 0, 100, 101)).toBeGreaterThan(1_000_000);
    log.close();
    rmSync(copy, { recursive: true });
  });

  test("with BUS_FSYNC=always, or after a clean end, another start of the machine means nothing", () => {
    const copy = killed();
    const log = world.open({ folder: copy, boot: "boot-2", fsync: "always" });
    expect(world.put(log, 0, 100, 101)).toBe(100);
    log.close();
    const later = world.open({ folder: copy, boot: "boot-3" });
    expect(world.put(later, 0, 101, 102)).toBe(101);
    expect(world.problems).toEqual([]);
    later.close();
    rmSync(copy, { recursive: true });
  });
});

describe("the head file", () => {
  test("missing or unreadable: the segments alone say where the log is", () => {
    const before = world.filled();
    for (const harm of [() => rmSync(join(world.dir, "head")), () => garbage(join(world.dir, "head"), 5, 20)]) {
      harm();
      const log = world.open();
      expect(log.logId).toBe(before.logId);
      expect(log.info(0).end).toBe(3_000);
      log.close();
    }
    expect(world.problems).toEqual([]);
  });

  test("missing together with the newest segment: positions jump beyond all that may have been", () => {
    const before = world.filled();
    rmSync(join(world.dir, "head"));
    garbage(world.segmentFiles().at(-1)!, 0, 65_536);
    const log = world.open();
    world.checkAfter(log, before);
    log.close();
  });
});

describe("a kill between two steps of a rotation", () => {
  test("the new file was made and not yet filled in", () => {
    const before = world.filled();
    const next = String(world.segmentFiles().length + 1).padStart(8, "0");
    new Database(join(world.dir, `${next}.sqlite`), { create: true }).run("pragma journal_mode = wal");
    const log = world.open();
    expect(world.problems).toEqual([]);
    expect(all(log, 0).size).toBe(before.positions);
    expect(world.put(log, 0, 3_000, 3_001)).toBe(3_000);
    world.now_ms += 2 * 86_400_000;
    world.put(log, 0, 3_001, 3_002);
    log.close();
    const again = world.open();
    expect(world.problems).toEqual([]);
    expect(all(again, 0).size).toBe(3_002);
    again.close();
  });

  test("the new file is there and the old one is not sealed", () => {
    const log = world.open();
    for (let i = 0; i < 500; i += 50) world.put(log, 0, i, i + 50);
    const copy = mkdtempSync(join(tmpdir(), "tapebell-damage-copy-"));
    world.now_ms += 2 * 86_400_000;
    world.put(log, 0, 500, 501);
    log.close();
    for (const name of readdirSync(world.dir)) copyFileSync(join(world.dir, name), join(copy, name));
    const old = new Database(join(copy, "00000001.sqlite"));
    old.run("pragma journal_mode = wal");
    old.run("delete from meta where key = 'seal'");
    old.close();
    const again = world.open({ folder: copy });
    expect(all(again, 0).size).toBe(501);
    expect(world.put(again, 0, 501, 502)).toBe(501);
    expect(world.problems).toEqual([]);
    again.close();
    rmSync(copy, { recursive: true });
  });
});
