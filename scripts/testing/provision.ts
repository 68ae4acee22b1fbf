import { spawnSync } from "node:child_process";
import { run } from "./run.ts";

/** Only a throw-away machine is changed: continuous integration, as root, with Debian's package tool. */
export function mayProvision(env: Readonly<Record<string, string | undefined>>, uid: number | undefined): boolean {
  return env.CI === "true" && uid === 0 && findProgram("apt-get") !== null;
}

export function findProgram(name: string): string | null {
  const found = spawnSync("sh", ["-c", 'command -v "$0"', name], { encoding: "utf8" });
  const path = found.stdout?.trim() ?? "";
  return found.status === 0 && path.startsWith("/") ? path : null;
}

const APT_ENV = { DEBIAN_FRONTEND: "noninteractive" };
const APT_TIMEOUT_MS = 10 * 60_000;
const ATTEMPTS = 3;
let updated: Promise<void> | null = null;

/** Installs what of these is missing; the package lists are fetched once a run. */
export async function aptInstall(packages: readonly string[]): Promise<void> {
  const missing = packages.filter((name) => !isInstalled(name));
  if (missing.length === 0) return;
  updated ??= apt(["update", "-q"]);
  await updated;
  await apt(["install", "-y", "-q", "--no-install-recommends", ...missing]);
}

function isInstalled(name: string): boolean {
  const query = spawnSync("dpkg", ["-s", name], { encoding: "utf8" });
  return query.status === 0 && query.stdout.includes("Status: install ok installed");
}

async function apt(args: readonly string[]): Promise<void> {
  let code = 0;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    ({ code } = await run("apt-get", ["-o", "Acquire::Retries=3", ...args], {
      env: APT_ENV,
      timeoutMs: APT_TIMEOUT_MS,
    }));
    if (code === 0) return;
  }
  throw new Error(`apt-get ${args[0]} failed ${ATTEMPTS} times (exit ${code})`);
}
