import { readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";

/** What .gitignore leaves out, so that the checks also work on a copy without git. */
const IGNORED_DIRS = new Set([
  ".cache",
  ".git",
  ".types",
  ".venv",
  "data",
  "dist",
  "node_modules",
  "playwright-report",
  "results",
  "test-results",
]);
const IGNORED_FILES = /^\.env$|\.log$/;

/** Every file that belongs to the project: paths relative to the root, forward slashes, in a fixed order. */
export function projectFiles(root: string): string[] {
  const found: string[] = [];
  const walk = (dir: string): void => {
    for (const entry of readdirSync(dir, { withFileTypes: true })) {
      const path = join(dir, entry.name);
      if (entry.isDirectory()) {
        if (!IGNORED_DIRS.has(entry.name)) walk(path);
      } else if (entry.isFile() && !IGNORED_FILES.test(entry.name))
        found.push(relative(root, path).split(sep).join("/"));
    }
  };
  walk(root);
  return found.sort();
}
