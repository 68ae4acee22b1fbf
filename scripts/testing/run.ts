import { spawn } from "node:child_process";
import { ROOT } from "../bootstrap.ts";

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** A step that takes longer hangs: it is ended and has failed. */
  readonly timeoutMs: number;
}

export interface Ran {
  readonly code: number;
  readonly timedOut: boolean;
}

const KILL_AFTER_MS = 15_000;
const running = new Set<ReturnType<typeof spawn>>();

/** Runs a program with its output shown as it comes. */
export function run(program: string, args: readonly string[], options: RunOptions): Promise<Ran> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: ROOT,
      env: { ...process.env, ...options.env },
      stdio: ["ignore", "inherit", "inherit"],
    });
    running.add(child);
    let timedOut = false;
    let force: NodeJS.Timeout | undefined;
    const timer = setTimeout(() => {
      timedOut = true;
      process.stderr.write(`\nended after ${options.timeoutMs / 1000} s: ${program} ${args.slice(0, 4).join(" ")}\n`);
      child.kill("SIGINT");
      force = setTimeout(() => child.kill("SIGKILL"), KILL_AFTER_MS);
    }, options.timeoutMs);
    const done = (code: number): void => {
      clearTimeout(timer);
      clearTimeout(force);
      running.delete(child);
      resolve({ code, timedOut });
    };
    child.on("error", (error) => {
      process.stderr.write(`${program} could not be started: ${error.message}\n`);
      done(127);
    });
    child.on("exit", (code) => done(code ?? 1));
  });
}

/** Ends what runs now; used when the person stops the tests. At SIGINT Playwright still ends what its tests started. */
export function endAll(): void {
  for (const child of running) child.kill("SIGINT");
}
