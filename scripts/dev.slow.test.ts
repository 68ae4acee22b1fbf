import { afterEach, expect, test } from "bun:test";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "./bootstrap.ts";

const START_MS = 60_000;
const children: ChildProcess[] = [];
const folders: string[] = [];

afterEach(() => {
  for (const child of children.splice(0)) {
    try {
      process.kill(-(child.pid ?? 0), "SIGKILL");
    } catch {
      // ended already, as it should
    }
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline_ms = Date.now() + START_MS;
  while (!(await condition())) {
    if (Date.now() > deadline_ms) throw new Error(`waited in vain until ${what}`);
    await Bun.sleep(50);
  }
}

/** `bun run dev` in a process group of its own, up to the line that says where it serves. */
async function dev() {
  const folder = mkdtempSync(join(tmpdir(), "tapebell-dev-"));
  folders.push(folder);
  const child = spawn(process.execPath, ["run", "dev"], {
    cwd: ROOT,
    env: { ...process.env, FEED: "synthetic", PORT: "0", DATA_DIR: folder },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  children.push(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += String(chunk)));
  const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
  await until("it serves", () => {
    if (child.exitCode !== null) throw new Error(`ended instead of serving:\n${output}`);
    return /^open\s+http/m.test(output);
  });
  const url = /^open\s+(http\S+)/m.exec(output)?.[1] ?? "";
  const serves = (): Promise<boolean> =>
    fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) }).then(
      (answer) => answer.ok,
      () => false,
    );
  /** Nothing of the group is left: a group without members cannot be signalled. */
  const groupIsGone = (): boolean => {
    try {
      process.kill(-(child.pid ?? 0), 0);
      return false;
    } catch {
      return true;
    }
  };
  const group = (signal: NodeJS.Signals): boolean => process.kill(-(child.pid ?? 0), signal);
  return { child, ended, serves, group, groupIsGone, output: () => output };
}

test("one Ctrl-C that arrives twice is one wish: a clean stop, exit 0, nothing left", async () => {
  const run = await dev();
  expect(await run.serves()).toBe(true);
  run.group("SIGINT");
  await Bun.sleep(100); // the same key, delivered by the terminal and by the launcher
  run.group("SIGINT");
  expect(await run.ended).toBe(0);
  await until("the group is gone", run.groupIsGone);
}, 120_000);

test("SIGTERM stops as cleanly", async () => {
  const run = await dev();
  run.child.kill("SIGTERM");
  expect(await run.ended).toBe(0);
  await until("the group is gone", run.groupIsGone);
}, 120_000);

test("dev ends when what launched it is killed without a word", async () => {
  const run = await dev();
  run.child.kill("SIGKILL");
  await until("it serves no more", async () => !(await run.serves()));
  await until("the group is gone", run.groupIsGone);
  expect(run.output()).toContain("what started this is gone");
}, 120_000);

test("a wrong setting ends the start with 2 and one line that says which, where and what is allowed", () => {
  const env = { ...process.env, PORT: "eighty" };
  const ran = spawnSync(process.execPath, ["scripts/start.ts"], {
    cwd: ROOT,
    env,
    encoding: "utf8",
    timeout: START_MS,
  });
  expect(ran.status).toBe(2);
  expect(ran.stderr).toBe("tapebell: PORT=eighty (from the environment): allowed is a whole number from 0 to 65535\n");
  expect(ran.stdout).toBe("");
});
