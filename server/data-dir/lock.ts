import { Database } from "bun:sqlite";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TapebellError } from "../../core/errors.ts";

const WAIT_MS = 3_000;
const RETRY_MS = 50;

export interface DataDirLock {
  readonly dir: string;
  release(): void;
}

/**
 * One process per DATA_DIR: two would write over each other's database and log. The lock is an open exclusive SQLite
 * transaction, so the system takes it back when the process ends, however it ends. The pid lies in a file of its own,
 * since a file with such a lock must not be opened and closed by its holder: that would drop the lock.
 */
export async function lockDataDir(dir: string, wait_ms = WAIT_MS): Promise<DataDirLock> {
  const pidPath = join(dir, "lock.pid");
  try {
    mkdirSync(dir, { recursive: true });
  } catch (error) {
    throw notWritable(dir, error);
  }
  const deadline = performance.now() + wait_ms;
  for (;;) {
    const held = tryLock(dir);
    if (held !== null) {
      writePid(dir, pidPath, held);
      return {
        dir,
        release() {
          rmSync(pidPath, { force: true });
          held.close();
        },
      };
    }
    // A process that was just killed still holds it until the system has taken it apart.
    if (performance.now() >= deadline) throw inUse(dir, readPid(pidPath));
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

function tryLock(dir: string): Database | null {
  let db: Database | null = null;
  try {
    db = new Database(join(dir, "lock"), { create: true, readwrite: true });
    db.run("pragma busy_timeout = 0");
    db.run("pragma locking_mode = exclusive");
    db.run("begin exclusive");
    return db;
  } catch (error) {
    db?.close();
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (/^SQLITE_(BUSY|LOCKED)/.test(code)) return null;
    throw notWritable(dir, error);
  }
}

function writePid(dir: string, path: string, held: Database): void {
  try {
    writeFileSync(path, `${process.pid}\n`);
  } catch (error) {
    held.close();
    throw notWritable(dir, error);
  }
}

function readPid(path: string): number | null {
  try {
    const pid = Number(readFileSync(path, "utf8").trim());
    return Number.isSafeInteger(pid) && pid > 0 ? pid : null;
  } catch {
    return null;
  }
}

function inUse(dir: string, pid: number | null): TapebellError {
  const who = pid === null ? "another process" : `process ${pid}`;
  const stop = pid === null ? "stop that process" : `stop it (kill ${pid})`;
  return new TapebellError("usage", "data_dir_locked", `DATA_DIR ${dir} is in use by ${who}`, {
    hint: `${stop}, or give this one its own DATA_DIR`,
  });
}

function notWritable(dir: string, cause: unknown): TapebellError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new TapebellError("usage", "data_dir_not_writable", `DATA_DIR ${dir} cannot be used: ${why}`, {
    hint: "give this user write access to it, or choose another DATA_DIR",
    cause,
  });
}
