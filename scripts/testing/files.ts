import { projectFiles } from "../files.ts";

export type TestKind = "unit" | "slow" | "long" | "e2e";

/** What a file's name says about it; null for what is no test. */
export function testKind(path: string): TestKind | null {
  if (path.startsWith("e2e/")) return /\.(spec|e2e|test)\.tsx?$/.test(path) ? "e2e" : null;
  if (!/\.test\.tsx?$/.test(path)) return null;
  return /\.long\.test\.tsx?$/.test(path) ? "long" : /\.slow\.test\.tsx?$/.test(path) ? "slow" : "unit";
}

export function findTests(root: string): Record<TestKind, string[]> {
  const found: Record<TestKind, string[]> = { unit: [], slow: [], long: [], e2e: [] };
  for (const path of projectFiles(root)) {
    const kind = testKind(path);
    if (kind !== null) found[kind].push(path);
  }
  return found;
}
