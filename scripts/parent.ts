import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

export interface Ancestor {
  readonly pid: number;
  readonly parent: number;
  /** The command line, words separated by spaces. */
  readonly command: string;
}

/** `npx` dies without telling what it started, `bun run` and the shell between them live on: all of them are watched. */
const LAUNCHER =
  /^(\S*\/)?(bun|bunx)(\.exe)?( .*)? run |^npm |^npx |\/npx-cli\.js |\/npm-cli\.js |^(\S*\/)?(ba|da|z)?sh -c ["']?bun\b/;
const SHELL = /^(\S*\/)?(ba|da|z)?sh /;
const TOP = /^npm |^npx |\/npx-cli\.js |\/npm-cli\.js /;
const DEPTH_MAX = 8;

/** The processes whose death ends a dev run: the parent, and above it what launched it, up to npx. */
export function launchers(first: number, look: (pid: number) => Ancestor | null): number[] {
  const chain: Ancestor[] = [];
  let here = look(first);
  while (here !== null && LAUNCHER.test(here.command) && chain.length < DEPTH_MAX) {
    chain.push(here);
    if (TOP.test(here.command)) break;
    here = look(here.parent);
  }
  // A shell on top is not npx's but a person's: what it started in the background outlives it.
  while (chain.length > 1 && SHELL.test(chain[chain.length - 1]!.command)) chain.pop();
  return chain.length === 0 ? [first] : chain.map((one) => one.pid);
}

/** Null when there is no such process (or it is only waiting to be buried). */
export function lookAt(pid: number): Ancestor | null {
  if (pid <= 1) return null;
  if (process.platform === "linux") {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (state === "Z" || state === "X") return null;
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
      return { pid, parent: Number(parent), command };
    } catch {
      return null;
    }
  }
  const ps = spawnSync("ps", ["-o", "ppid=,command=", "-p", String(pid)], { encoding: "utf8" });
  const match = /^\s*(\d+)\s+(.*)$/m.exec(ps.stdout ?? "");
  return match === null ? null : { pid, parent: Number(match[1]), command: match[2] ?? "" };
}

const LOOK_EVERY_MS = 500;
const BEFORE_FORCE_MS = 10_000;

/** Stops this process as Ctrl-C would when one of its launchers is gone; forces it when that takes too long. */
export function endWithParent(): void {
  const first = process.ppid;
  if (first <= 1) return;
  const watched = launchers(first, lookAt);
  const commands = new Map(watched.map((pid) => [pid, lookAt(pid)?.command]));
  const timer = setInterval(() => {
    const alive = process.ppid === first && watched.every((pid) => isSame(pid, commands.get(pid)));
    if (alive) return;
    clearInterval(timer);
    process.stderr.write("tapebell  what started this is gone: stopping\n");
    process.kill(process.pid, "SIGTERM");
    setTimeout(() => process.exit(143), BEFORE_FORCE_MS).unref();
  }, LOOK_EVERY_MS);
  timer.unref();
}

/** A process id may be given to another process: then it is not the one that was watched. */
function isSame(pid: number, command: string | undefined): boolean {
  if (process.platform !== "linux") {
    try {
      process.kill(pid, 0);
      return true;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === "EPERM";
    }
  }
  return lookAt(pid)?.command === command;
}
