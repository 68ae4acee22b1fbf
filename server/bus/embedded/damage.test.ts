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
import { all, DamagedLog, garbage } from "../test-support/damaged-log.ts";

let world: DamagedLog;
beforeEach(() => {
  world = new DamagedLog();
});
afterEach(() => world.dispose());

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
        const before = world.filled();
        harm(world.segmentFiles().at(index)!);
        const log = world.open();
        const { kept, lost } = world.checkAfter(log, before);
        expect(kept).toBeGreaterThan(1_000);
        expect(lost).toBeGreaterThan(0);
        const said = world.problems.filter((problem) => problem.lost.length > 0);
        expect(said.length).toBe(1);
        for (const { path } of world.problems) if (path !== undefined) expect(existsSync(path)).toBe(true);
        log.close();
        world.problems = [];
        const again = world.open();
        expect(world.problems).toEqual([]);
        expect(all(again, 0).size).toBe(kept + 1);
        again.close();
      });
    }
  }

  test("one bad block is found when it is read: it is lost and named, its segment is kept aside, the rest is served", () => {
    const before = world.filled();
    const path = world.segmentFiles()[1]!;
    const data = readFileSync(path);
    const at = data.indexOf(Buffer.from(`[1500,"`)) + 100;
    data[at]! ^= 0xff;
    writeFileSync(path, data);
    const log = world.open();
    expect(world.problems).toEqual([]);
    const { lost } = world.checkAfter(log, before);
    expect(lost).toBeGreaterThan(0);
    expect(all(log, 0).has(1_500)).toBe(false);
    expect(world.problems.map((problem) => problem.code)).toEqual(["segment_corrupt"]);
    expect(readdirSync(world.dir).filter((name) => /\.corrupt-\w+$/.test(name)).length).toBe(1);
    log.close();
  });

  test("the newest one turns bad while it is written: the publish goes to a new one", () => {
    const before = world.filled();
    const log = world.open();
    world.put(log, 0, 3_000, 3_001);
    const path = world.segmentFiles().at(-1)!;
    garbage(path, 0, readFileSync(path).length);
    truncateSync(`${path}-wal`, 0);
    world.checkAfter(log, { ...before, positions: 3_001 });
    log.close();
  });

  test("a follower past the damage is asked from where it stood and sees a jump", () => {
    world.filled();
    rmSync(world.segmentFiles().at(-1)!);
    const log = world.open();
    const held = log.info(0);
    const next = world.put(log, 0, 0, 1);
    const [row] = [...log.rows(0, Math.max(...all(log, 0).keys()) - 0)];
    expect(next).toBe(3_000);
    expect(row?.first).toBe(next);
    expect(held.end).toBe(3_000);
    log.close();
  });
});

test("a segment of another log is not read as one of ours", () => {
  world.filled();
  const other = mkdtempSync(join(tmpdir(), "tapebell-damage-other-"));
  const stranger = world.open({ folder: other });
  world.put(stranger, 0, 7, 8);
  stranger.close();
  copyFileSync(join(other, "00000001.sqlite"), join(world.dir, "00000001.sqlite"));
  const log = world.open();
  expect(all(log, 0).get(0)).toBeUndefined();
  expect(world.problems[0]?.code).toBe("segment_corrupt");
  log.close();
  rmSync(other, { recursive: true });
});

test("a log made anew has another id", () => {
  const a = world.open();
  a.close();
  rmSync(world.dir, { recursive: true });
  const b = world.open();
  expect(b.logId).not.toBe(a.logId);
  b.close();
});
