import { afterEach, describe, expect, test } from "bun:test";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "./bootstrap.ts";
import { findPostgres } from "./services/postgres-server.ts";
import { enginesIn } from "./services/with.ts";

const START_MS = 60_000;
const DEV = join(ROOT, "scripts", "dev.ts");
const why = findPostgres() === null ? "no PostgreSQL server was found (Debian: apt-get install postgresql)" : null;
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

/** `dev --with postgres` in a process group of its own, with a folder of its own for what is temporary. */
async function devWithPostgres() {
  const temp = mkdtempSync(join(tmpdir(), "tapebell-dev-with-"));
  folders.push(temp);
  chmodSync(temp, 0o711); // as root, the server runs as another user
  const { TEST_POSTGRES_URL: _, ...env } = process.env;
  const child = spawn(process.execPath, [DEV, "--with", "postgres"], {
    cwd: ROOT,
    env: { ...env, PORT: "0", DATA_DIR: join(temp, "data"), TMPDIR: temp },
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
  const engineFolders = (): string[] => readdirSync(temp).filter((name) => name.startsWith("tapebell-with-"));
  const engines = (): string[] => {
    const ps = spawnSync("ps", ["-eo", "pid=,args="], { encoding: "utf8" }).stdout;
    return ps.split("\n").filter((line) => line.includes(temp) && /postgres -D/.test(line));
  };
  return { child, ended, url, engineFolders, engines, output: () => output };
}

const partsOf = async (url: string): Promise<string> => (await fetch(`${url}/ready`)).text();

describe.skipIf(why !== null)(why ?? "dev --with postgres", () => {
  test("runs on a server of its own, which is gone when Ctrl-C has ended it", async () => {
    const run = await devWithPostgres();
    await until("the store is PostgreSQL", async () => (await partsOf(run.url)).includes("PostgreSQL answers"));
    // What the engine has just started goes by its name for a moment.
    await until("there is one engine", () => run.engines().length === 1);
    expect(run.engineFolders().length).toBe(1);
    process.kill(-(run.child.pid ?? 0), "SIGINT"); // the terminal's key reaches the engine too
    expect(await run.ended).toBe(0);
    await until("the engine is gone", () => run.engines().length === 0);
    expect(run.engineFolders()).toEqual([]);
  }, 120_000);

  test("an engine does not outlive a dev that is killed without a word", async () => {
    const run = await devWithPostgres();
    await until("there is one engine", () => run.engines().length === 1);
    run.child.kill("SIGKILL");
    await run.ended;
    await until("the engine is gone", () => run.engines().length === 0);
  }, 120_000);
});

describe("which engines", () => {
  test("lists, both spellings, each once; the rest is the product's", () => {
    expect(enginesIn(["--with", "postgres", "--port", "1", "--with=postgres,postgres"])).toEqual({
      engines: ["postgres"],
      rest: ["--port", "1"],
    });
    expect(enginesIn(["--roles", "serve"])).toEqual({ engines: [], rest: ["--roles", "serve"] });
  });

  test("one that is not known ends the start with 2 and one line with the list", () => {
    for (const given of [["--with", "oracle"], ["--with"], ["--with="], ["--with", "postgres,__proto__"]]) {
      const ran = spawnSync(process.execPath, [DEV, ...given], { cwd: ROOT, encoding: "utf8", timeout: START_MS });
      expect([ran.status, ran.stdout]).toEqual([2, ""]);
      expect(ran.stderr).toMatch(/^tapebell: --with: "[^\n]*" is no engine[^\n]*postgres\n$/);
    }
  }, 60_000);
});
