import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Settings } from "../../core/settings/index.ts";
import { embeddedIn, type World } from "../../db/index.ts";
import { lendStore } from "../../db/test-support/made-store.ts";
import { worldDir } from "../worlds.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const START_WAIT_MS = 60_000;

/** Tapebell as a person starts it: the real process, on any free port, in a folder of its own. */
export interface AppProcess {
  readonly url: string;
  readonly pid: number;
  /** Everything it wrote, both streams. */
  output(): string;
  /** Asks it to stop and waits; resolves with its exit code. */
  stop(): Promise<number>;
  /** kill -9, to it and to all it started. */
  kill(): Promise<void>;
}

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function tempDir(): Promise<{ dir: string; remove: () => Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), "tapebell-app-"));
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}

/** The settings of the person who runs the tests must not leak into what is tested. */
function environment(settings: Record<string, string>): Record<string, string> {
  const { PATH = "", HOME = "", TMPDIR } = process.env;
  return {
    PATH,
    HOME,
    ...(TMPDIR !== undefined && { TMPDIR }),
    FEED: "synthetic",
    PORT: "0",
    LOG_FORMAT: "json",
    ...settings,
  };
}

const spawn = (
  script: string,
  settings: Record<string, string>,
  flags: readonly string[],
  cwd: string,
  under: readonly string[] = [],
) =>
  Bun.spawn([...under, process.execPath, join(ROOT, "scripts", script), ...flags], {
    cwd,
    env: environment(settings),
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    detached: true,
  });

/** For starts that are refused: runs to the end. */
export async function runToEnd(
  settings: Record<string, string>,
  flags: readonly string[] = [],
  cwd = ROOT,
): Promise<Finished> {
  const child = spawn("start.ts", settings, flags, cwd);
  const [code, stdout, stderr] = await Promise.all([
    child.exited,
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { code, stdout, stderr };
}

/** A world that is new here begins with the store the runner made; a mount of its own would hide it. */
function lendStores(settings: Record<string, string>): void {
  const { DATA_DIR, FEED = "synthetic", REPLAY_FILE = "", MOCK_API_URL = "" } = settings;
  if (DATA_DIR === undefined || settings.DATABASE_URL !== undefined) return;
  const worlds: World[] =
    FEED === "auto" ? ["live", "synthetic"] : [FEED === "synthetic" || FEED === "replay" ? FEED : "live"];
  for (const world of worlds) {
    const dir = worldDir({ DATA_DIR, FEED, REPLAY_FILE, MOCK_API_URL } as Settings, world);
    if (!existsSync(dir)) lendStore(embeddedIn(dir).folder);
  }
}

export async function startApp(
  settings: Record<string, string>,
  {
    script = "start.ts",
    flags = [],
    under,
  }: {
    script?: string;
    flags?: readonly string[];
    /** A command that runs the one that follows it. */
    under?: readonly string[];
  } = {},
): Promise<AppProcess> {
  if (under === undefined) lendStores(settings);
  const child = spawn(script, settings, flags, ROOT, under);
  let text = "";
  const url = Promise.withResolvers<string>();
  const read = async (stream: ReadableStream<Uint8Array>): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      text += decoder.decode(chunk, { stream: true });
      const found = /open {3}(http:\S+)/.exec(text);
      if (found?.[1] !== undefined) url.resolve(found[1]);
    }
  };
  void Promise.all([read(child.stdout), read(child.stderr)]);
  void child.exited.then((code) => url.reject(new Error(`ended with ${code} before it printed a URL:\n${text}`)));
  const late = setTimeout(
    () => url.reject(new Error(`printed no URL within ${START_WAIT_MS} ms:\n${text}`)),
    START_WAIT_MS,
  );
  const group = (signal: NodeJS.Signals): void => {
    try {
      process.kill(-child.pid, signal);
    } catch {
      // Already gone.
    }
  };
  try {
    return {
      url: await url.promise,
      pid: child.pid,
      output: () => text,
      async stop() {
        process.kill(child.pid, "SIGTERM");
        return child.exited;
      },
      async kill() {
        group("SIGKILL");
        await child.exited;
      },
    };
  } catch (cause) {
    group("SIGKILL");
    throw cause;
  } finally {
    clearTimeout(late);
  }
}

export async function getJson<T>(url: string): Promise<T> {
  const answer = await fetch(url);
  return (await answer.json()) as T;
}

/** Asks until the answer is as wanted; a start that is still under way refuses connections for a while. */
export async function until<T>(ask: () => Promise<T>, isWanted: (answer: T) => boolean, wait_ms = 30_000): Promise<T> {
  const deadline = Date.now() + wait_ms;
  for (;;) {
    const answer = await ask().catch((cause: unknown) => cause as Error);
    if (!(answer instanceof Error) && isWanted(answer)) return answer;
    if (Date.now() > deadline)
      throw new Error(
        `not reached in ${wait_ms} ms; last answer: ${JSON.stringify(answer)?.slice(0, 2_000)} ${answer}`,
      );
    await Bun.sleep(25);
  }
}
