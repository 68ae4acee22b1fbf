import { spawn } from "node:child_process";
import { ROOT } from "../bootstrap.ts";

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** A step that takes longer hangs: it is ended and has failed. */
  readonly timeoutMs: number;
  /** Also hand the output back; it is shown all the same. */
  readonly capture?: boolean;
}

export interface Ran {
  readonly code: number;
  readonly timedOut: boolean;
  readonly output: string;
}

const KILL_AFTER_MS = 5_000;
const OUTPUT_MAX = 4 * 1024 * 1024;
const running = new Set<ReturnType<typeof spawn>>();

/** Runs a program with its output shown as it comes. */
export function run(program: string, args: readonly string[], options: RunOptions): Promise<Ran> {
  return new Promise((resolve) => {
    const stdio = options.capture === true ? "pipe" : "inherit";
    const child = spawn(program, args, {
      cwd: ROOT,
      env: { ...process.env, ...options.env },
      stdio: ["ignore", stdio, stdio],
    });
    running.add(child);
    let output = "";
    let timedOut = false;
    let force: NodeJS.Timeout | undefined;
    const timer = setTimeout(() => {
      timedOut = true;
      process.stderr.write(`\nended after ${options.timeoutMs / 1000} s: ${program} ${args.slice(0, 4).join(" ")}\n`);
      child.kill("SIGTERM");
      force = setTimeout(() => child.kill("SIGKILL"), KILL_AFTER_MS);
    }, options.timeoutMs);
    const keep = (chunk: Buffer): void => {
      process.stdout.write(chunk);
      if (output.length < OUTPUT_MAX) output += chunk.toString("utf8");
    };
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
    const done = (code: number): void => {
      clearTimeout(timer);
      clearTimeout(force);
      running.delete(child);
      resolve({ code, timedOut, output });
    };
    child.on("error", (error) => {
      process.stderr.write(`${program} could not be started: ${error.message}\n`);
      done(127);
    });
    child.on("close", (code) => done(code ?? 1));
  });
}

/** Ends what runs now; used when the person stops the tests. */
export function endAll(): void {
  for (const child of running) child.kill("SIGTERM");
}
