import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TapebellError } from "../../core/errors.ts";
import { lockDataDir } from "./lock.ts";

const CHILD = new URL("./test-support/lock-child.ts", import.meta.url).pathname;

let dir: string;
const children: Bun.Subprocess[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "tapebell-lock-"));
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill("SIGKILL");
    await child.exited;
  }
  rmSync(dir, { recursive: true, force: true });
});

/** The first line of a child that tries to take the lock. */
async function start(wait_ms = 3_000): Promise<{ child: Bun.Subprocess; said: string }> {
  const child = Bun.spawn([process.execPath, CHILD, dir, String(wait_ms)], { stdout: "pipe", stderr: "inherit" });
  children.push(child);
  let said = "";
  for await (const chunk of child.stdout) {
    said += new TextDecoder().decode(chunk);
    if (said.includes("\n")) break;
  }
  return { child, said: said.trim() };
}

test("a second process is refused with the pid of the first and what to do", async () => {
  const first = await start();
  expect(first.said).toBe("locked");
  const second = await start(100);
  const error = JSON.parse(second.said) as Record<string, string>;
  expect(error).toMatchObject({ kind: "usage", code: "data_dir_locked" });
  expect(error.message).toContain(`process ${first.child.pid}`);
  expect(error.message).toContain(dir);
  expect(error.hint).toContain(`kill ${first.child.pid}`);
  expect(error.hint).toContain("DATA_DIR");
});

test("the lock of a killed process is taken over, its pid replaced", async () => {
  const first = await start();
  first.child.kill("SIGKILL");
  await first.child.exited;
  expect(readFileSync(join(dir, "lock.pid"), "utf8").trim()).toBe(String(first.child.pid));
  const second = await start();
  expect(second.said).toBe("locked");
  expect(readFileSync(join(dir, "lock.pid"), "utf8").trim()).toBe(String(second.child.pid));
});

test("a start waits for a process that is about to end", async () => {
  const first = await start();
  // Its first try is made before the call returns, while the other is alive.
  const waiting = lockDataDir(dir, 30_000);
  first.child.kill("SIGKILL");
  const lock = await waiting;
  expect(readFileSync(join(dir, "lock.pid"), "utf8").trim()).toBe(String(process.pid));
  lock.release();
});

test("a clean end leaves the folder free at once", async () => {
  const first = await start();
  first.child.kill("SIGTERM");
  await first.child.exited;
  expect(existsSync(join(dir, "lock.pid"))).toBe(false);
  const lock = await lockDataDir(dir, 0);
  lock.release();
});

test("the same process is refused too, and may take it again after a release", async () => {
  const lock = await lockDataDir(dir, 0);
  const error = await lockDataDir(dir, 0).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(TapebellError);
  expect((error as TapebellError).message).toContain(`process ${process.pid}`);
  const other = await start(0);
  expect(other.said).toContain("data_dir_locked");
  lock.release();
  (await lockDataDir(dir, 0)).release();
});

test("a folder that cannot be made is said plainly", async () => {
  writeFileSync(join(dir, "file"), "");
  const error = await lockDataDir(join(dir, "file", "data"), 0).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(TapebellError);
  expect((error as TapebellError).code).toBe("data_dir_not_writable");
});
