import { existsSync, readdirSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/** Where reference data lies: read in place, never copied. */
export const SHARED = process.env.SHARED_DIR ?? new URL("../../../shared", import.meta.url).pathname;
export const GOLDEN = `${SHARED}/golden`;
export const hasShared = existsSync(GOLDEN);
if (!hasShared) console.warn(`skipped: no reference data at ${SHARED} (set SHARED_DIR)`);

export function readText(path: string): string {
  const bytes = readFileSync(path);
  return (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
}

export function jsonLines<T = unknown>(path: string): T[] {
  return readText(path)
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as T);
}

export function filesIn(folder: string, ends: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(ends))
    .sort();
}
