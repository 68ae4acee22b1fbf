import { isCode, type Source } from "./source.ts";

const LINES_MAX = 250;
/** Not even a listed file may be longer. */
const LINES_HARD_MAX = 400;

/** Files over LINES_MAX and the length each may have; it only ever gets less. */
export type Ratchet = Readonly<Record<string, number>>;

const lines = (text: string): number => text.split("\n").length - (text.endsWith("\n") ? 1 : 0);

export function checkSize(sources: readonly Source[], ratchet: Ratchet): string[] {
  const problems: string[] = [];
  for (const { path, text } of sources) {
    if (!isCode(path)) continue;
    const length = lines(text);
    const allowed = ratchet[path] ?? LINES_MAX;
    if (length > LINES_HARD_MAX) problems.push(`${path} has ${length} lines, more than ${LINES_HARD_MAX}: split it`);
    else if (length > allowed) problems.push(`${path} has ${length} lines, allowed are ${allowed}: split it`);
  }
  return problems;
}

/** The list as it may be now: shorter files count with their new length, files under the limit leave it. */
export function tighten(sources: readonly Source[], ratchet: Ratchet): Ratchet {
  const now: Record<string, number> = {};
  for (const { path, text } of sources) {
    const before = ratchet[path];
    const length = lines(text);
    if (before !== undefined && length > LINES_MAX) now[path] = Math.min(before, length);
  }
  return now;
}
