import { isCode, isTest, lineOf, type Source, withoutComments } from "./source.ts";

const EXPORT = /^export\s+(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?(?:const|let|function\*?|class|enum)\s+(\w+)/gm;
const ROOMS = /^(core|db|server|workers|web|testkit|scripts|bench)\//;

/**
 * A value exported and named nowhere else is dead, or should be private; types may stay, they name what signatures use.
 * Whole words are compared: quick, and enough.
 */
export function checkExports(sources: readonly Source[]): string[] {
  const code = sources.filter((source) => isCode(source.path));
  const files = new Map<string, Set<string>>();
  const texts = code.map(({ path, text }) => ({ path, text: withoutComments(text) }));
  for (const { path, text } of texts) {
    for (const word of new Set(text.match(/\b[A-Za-z_]\w*\b/g) ?? [])) {
      const known = files.get(word);
      if (known === undefined) files.set(word, new Set([path]));
      else known.add(path);
    }
  }
  const problems: string[] = [];
  for (const { path, text } of texts) {
    // Messages are named by the schemas they are part of, tables by the migrations made from them.
    if (!ROOMS.test(path) || isTest(path) || /^(core\/messages|db\/schema)\//.test(path)) continue;
    for (const match of text.matchAll(EXPORT)) {
      const name = match[1] ?? "";
      const elsewhere = [...(files.get(name) ?? [])].some((other) => other !== path);
      if (!elsewhere) problems.push(`${path}:${lineOf(text, match.index)} exports ${name}, which nothing else names`);
    }
  }
  return problems;
}
