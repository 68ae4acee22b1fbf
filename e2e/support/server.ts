import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bunPath, ROOT } from "./programs.ts";

const START_MS = 45_000;
const STOP_MS = 10_000;
const OUTPUT_MAX = 20_000;

/** A program in a process group of its own, so that ending it ends all it started. */
class Running {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #output = "";

  constructor(args: readonly string[], env: Record<string, string>) {
    this.#child = spawn(bunPath(), args, {
      cwd: ROOT,
      detached: true,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#exited = once(this.#child, "exit");
    const keep = (chunk: Buffer): void => {
      this.#output = (this.#output + chunk.toString("utf8")).slice(-OUTPUT_MAX);
    };
    this.#child.stdout?.on("data", keep);
    this.#child.stderr?.on("data", keep);
  }

  get output(): string {
    return this.#output;
  }
  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  signal(name: NodeJS.Signals): void {
    if (this.#child.pid === undefined || this.ended) return;
    process.kill(-this.#child.pid, name);
  }

  async end(name: NodeJS.Signals): Promise<void> {
    if (this.ended) return;
    this.signal(name);
    const timer = setTimeout(() => this.signal("SIGKILL"), STOP_MS);
    await this.#exited;
    clearTimeout(timer);
  }
}

export interface Server {
  readonly url: string;
  /** No warning, no goodbye. */
  kill(): Promise<void>;
  /** Holds the process still, connections and all; and lets it go on. */
  freeze(): void;
  thaw(): void;
  /** On the same data and port. */
  start(): Promise<void>;
  /** Ends it and removes its data. */
  close(): Promise<void>;
}

/** The product as a person runs it, on data and a port of its own; `awaited` is the path that has to answer first. */
export async function startServer(env: Record<string, string> = {}, awaited = "/ready"): Promise<Server> {
  const dataDir = await mkdtemp(join(tmpdir(), "tapebell-e2e-"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const settings = {
    DATA_DIR: dataDir,
    PORT: String(port),
    HOST: "127.0.0.1",
    FEED: "synthetic",
    LOG_LEVEL: "warning",
  };
  let running: Running | null = null;

  const start = async (): Promise<void> => {
    running = new Running(["--no-env-file", "scripts/start.ts"], { ...settings, ...env });
    await ready(running, `${url}${awaited}`);
  };
  await start();
  return {
    url,
    start,
    kill: async () => await running?.end("SIGKILL"),
    freeze: () => running?.signal("SIGSTOP"),
    thaw: () => running?.signal("SIGCONT"),
    async close() {
      running?.signal("SIGCONT");
      await running?.end("SIGTERM");
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** The page's side of the API with alerts in it, which the market raises too seldom to wait for. */
export async function startFake(args: readonly string[]): Promise<Pick<Server, "url" | "freeze" | "close">> {
  const port = await freePort();
  const running = new Running(["web/test-support/fake-server.ts", String(port), ...args], {});
  const url = `http://127.0.0.1:${port}`;
  await ready(running, `${url}/api/status`);
  return {
    url,
    freeze: () => running.signal("SIGSTOP"),
    close: () => {
      running.signal("SIGCONT");
      return running.end("SIGTERM");
    },
  };
}

async function ready(running: Running, url: string): Promise<void> {
  const until = Date.now() + START_MS;
  for (;;) {
    const ok = await fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ok) return;
    const late = Date.now() > until;
    if (running.ended || late) {
      if (!running.ended) await running.end("SIGKILL");
      throw new Error(`the server ${late ? "was not ready in time" : "ended"}; it said:\n${running.output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}
