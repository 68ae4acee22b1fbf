import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface Source {
  /** Relative to the root, forward slashes. */
  readonly path: string;
  readonly text: string;
}

export const isCode = (path: string): boolean => /\.tsx?$/.test(path) && !path.endsWith(".d.ts");

/** Tests, contract suites and what only they use. */
export const isTest = (path: string): boolean =>
  /\.(test|contract|spec|e2e)\.tsx?$/.test(path) || path.includes("/test-support/") || path.includes("/fixtures/");

const TEXT =
  /\.(tsx?|js|mjs|json|jsonc|md|ya?ml|toml|css|html|svg|sql|sh|lock|txt|example)$|(^|\/)(LICENSE|NOTICE|run|\.gitignore|Dockerfile)$/;

export function readSources(root: string, paths: readonly string[]): Source[] {
  return paths
    .filter((path) => TEXT.test(path))
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

/** Comments blanked out, line numbers kept; strings stay, since imports live in them. */
export function withoutComments(text: string): string {
  return text.replace(
    /("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\[\s\S])*`)|\/\/[^\n]*|\/\*[\s\S]*?\*\//g,
    (whole, quoted: string | undefined) => quoted ?? whole.replace(/[^\n]/g, " "),
  );
}

export function lineOf(text: string, offset: number): number {
  let line = 1;
  for (let i = text.indexOf("\n"); i !== -1 && i < offset; i = text.indexOf("\n", i + 1)) line++;
  return line;
}
