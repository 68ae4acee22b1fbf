import { readFileSync } from "node:fs";
import { uptime } from "node:os";

const TOLERANCE_MS = 120_000;

/** Which run of the machine this is: after another one, what was not synced to disk may be gone. */
export function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return `at:${Math.round(Date.now() - uptime() * 1000)}`;
  }
}

export function sameBoot(a: string, b: string): boolean {
  if (a === b) return true;
  const at = (id: string) => (id.startsWith("at:") ? Number(id.slice(3)) : Number.NaN);
  return Math.abs(at(a) - at(b)) < TOLERANCE_MS;
}
