import type { Skip, Tally } from "./tally.ts";

const ENTITIES: Record<string, string> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" };

function decode(text: string): string {
  return text.replace(/&(#x[0-9a-f]+|#\d+|[a-z]+);/gi, (whole, name: string) => {
    if (name[0] !== "#") return ENTITIES[name] ?? whole;
    const code = name[1] === "x" || name[1] === "X" ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

function attribute(tag: string, name: string): string {
  const match = new RegExp(`\\s${name}="([^"]*)"`).exec(tag);
  return decode(match?.[1] ?? "");
}

/** Why a test did not run: the words in the last brackets of its name, if there are any. */
function reason(name: string, message: string): string {
  return /\(([^()]+)\)\s*$/.exec(name)?.[1] ?? (message === "" ? "its own condition, said where it ran" : message);
}

/**
 * Counts test cases one by one, since only they can be trusted: a file that fails to load has no case at all. Every file
 * asked for must therefore have run something; what has no case counts as one failure.
 */
export function readJunit(xml: string, files: readonly string[]): Tally {
  const skips: Skip[] = [];
  const failures: string[] = [];
  const seen = new Set<string>();
  let passed = 0;
  for (const match of xml.matchAll(/<testcase\b([^>]*?)(\/>|>([\s\S]*?)<\/testcase>)/g)) {
    const tag = match[1] ?? "";
    const body = match[3] ?? "";
    const file = attribute(tag, "file");
    const group = attribute(tag, "classname");
    const name = attribute(tag, "name");
    const what = `${file} › ${group === "" ? "" : `${group} › `}${name}`;
    seen.add(file.replace(/^\.\//, ""));
    const skipped = /<skipped\b([^>]*)>/.exec(body);
    if (/<(failure|error)\b/.test(body)) failures.push(what);
    else if (skipped !== null) skips.push({ what, why: reason(name, attribute(skipped[1] ?? "", "message")) });
    else passed++;
  }
  for (const file of files) {
    if (!seen.has(file)) failures.push(`${file} › could not be loaded, or holds no test`);
  }
  return { passed, failed: failures.length, skips, failures };
}
