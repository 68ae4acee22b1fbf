import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

export const ROOT = join(import.meta.dirname, "..", "..");

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** The system's Chromium: `CHROMIUM_PATH`, or the first one on the path. */
export function chromiumPath(): string {
  const named = process.env.CHROMIUM_PATH ?? "";
  if (named !== "") return named;
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    for (const name of NAMES) if (existsSync(join(folder, name))) return join(folder, name);
  }
  throw new Error("no Chromium found: install it or set CHROMIUM_PATH");
}

/** The pinned Bun, never whatever is on the path. */
export function bunPath(): string {
  return process.env.BUN_PATH ?? join(ROOT, "node_modules", ".bin", "bun");
}
