import { lineOf, type Source } from "./source.ts";

/** Written in two parts, so that this file does not hold what it looks for. */
const REGISTRY = new RegExp(`${"registry"}\\.(?:npmjs|yarnpkg|npmmirror)|${"npm"}\\.pkg\\.github`, "g");
const MACHINE = new RegExp(`(?<![\\w.~-])/(?:${"home"}|${"Users"}|${"root"}|${"work"})/[\\w.-]+`, "g");

/** A clone must build anywhere, from whatever registry its owner uses. */
export function checkTexts(sources: readonly Source[]): string[] {
  const problems: string[] = [];
  for (const { path, text } of sources) {
    for (const match of text.matchAll(REGISTRY)) {
      problems.push(`${path}:${lineOf(text, match.index)} names a package registry ("${match[0]}")`);
    }
    for (const match of text.matchAll(MACHINE)) {
      problems.push(`${path}:${lineOf(text, match.index)} names a path of one machine ("${match[0]}")`);
    }
    if (path === "bun.lock" && /https?:/.test(text)) {
      problems.push("bun.lock holds an address; install with the default registry settings so that it holds none");
    }
  }
  return problems;
}
