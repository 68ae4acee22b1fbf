// Runs before anything is installed, on whatever Bun was at hand: builtins only, here and in what calls it.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

const PINNED_BUN = join(ROOT, "node_modules", "bun", "bin", "bun.exe");
const STAMP = join(ROOT, "node_modules", ".tapebell-installed");
const INSTALL = ["install", "--frozen-lockfile"];
const RESTARTED = "TAPEBELL_BOOTSTRAPPED";

/**
 * Returns once the packages of the lock file are there and the pinned Bun is what runs; if not, it installs them, runs
 * the same script again with the pinned Bun and never returns: this process then only passes signals and the exit on.
 */
export async function bootstrap(script: string): Promise<void> {
  const wanted = fingerprint();
  const installed = existsSync(STAMP) && existsSync(PINNED_BUN) && readFileSync(STAMP, "utf8") === wanted;
  if (!installed) await install(wanted);
  if (process.env[RESTARTED] === "1") {
    delete process.env[RESTARTED];
    return;
  }
  // A process that was there before its packages does not find all of them: it must start again.
  if (installed && runsPinnedBun()) return;
  // Bun would read .env by itself and expand $NAME in it; settings have their own reader, so that is turned off.
  const args = ["--no-env-file", fileURLToPath(script), ...process.argv.slice(2)];
  process.exit(await passOn(PINNED_BUN, args, { ...process.env, [RESTARTED]: "1" }));
}

function runsPinnedBun(): boolean {
  return process.versions.bun === pinnedVersion() || realpathSync(process.execPath) === realpathSync(PINNED_BUN);
}

function pinnedVersion(): string {
  return JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).devDependencies?.bun ?? "";
}

/** What node_modules was made from; a changed lock file or package.json makes it out of date. */
function fingerprint(): string {
  const hash = createHash("sha256");
  for (const file of ["package.json", "bun.lock"]) hash.update(readFileSync(join(ROOT, file)));
  return hash.digest("hex");
}

async function install(wanted: string): Promise<void> {
  const again = existsSync(join(ROOT, "node_modules"));
  process.stderr.write(`tapebell  ${again ? "bringing packages up to date" : "installing packages (once)"} …\n`);
  const started_ms = Date.now();
  let code = await passOn(process.execPath, INSTALL, process.env);
  const pinned = pinnedVersion();
  if (code !== 0 && process.versions.bun !== pinned && /^\d+\.\d+\.\d+$/.test(pinned)) {
    // An older Bun cannot read the lock file, but it can fetch the one that wrote it.
    process.stderr.write(
      `tapebell  Bun ${process.versions.bun} cannot install these; fetching Bun ${pinned} to do it …\n`,
    );
    code = await passOn(process.execPath, ["x", `bun@${pinned}`, ...INSTALL], process.env);
  }
  if (code !== 0) {
    process.stderr.write(
      `tapebell  the packages could not be installed (exit ${code}): see above; check the network, then run this again\n`,
    );
    process.exit(1);
  }
  mkdirSync(dirname(STAMP), { recursive: true });
  writeFileSync(STAMP, wanted);
  process.stderr.write(`tapebell  packages are there (${((Date.now() - started_ms) / 1000).toFixed(1)} s)\n`);
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const SIGNAL_NUMBER: Record<string, number> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

/** Runs a program in this process group with these streams and hands it every signal; resolves with its exit code. */
function passOn(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: ROOT, env, stdio: "inherit" });
    const hand = (signal: NodeJS.Signals): void => {
      child.kill(signal);
    };
    for (const signal of SIGNALS) process.on(signal, hand);
    const end = (code: number): void => {
      for (const signal of SIGNALS) process.off(signal, hand);
      resolve(code);
    };
    child.on("error", (error) => {
      process.stderr.write(`tapebell  ${program} could not be started: ${error.message}\n`);
      end(1);
    });
    child.on("exit", (code, signal) => end(code ?? 128 + (SIGNAL_NUMBER[signal ?? ""] ?? 0)));
  });
}
