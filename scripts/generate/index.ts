import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { projectSources, RATCHET_FILE, readRatchet } from "../tidy/index.ts";
import { tighten } from "../tidy/size.ts";
import { messageSchemas } from "./schemas.ts";
import { envExample, fullTable, mostUsedTable } from "./settings.ts";

const SCHEMA_DIR = "public/schemas";
const START = "<!-- settings:start -->";
const END = "<!-- settings:end -->";

/** Parts of files written by hand. */
const REGIONS: readonly (readonly [string, () => string])[] = [
  ["README.md", mostUsedTable],
  ["docs/settings.md", fullTable],
];

interface Wanted {
  /** Null: the file must not be there. */
  readonly files: Map<string, string | null>;
  readonly problems: readonly string[];
}

function wanted(root: string): Wanted {
  const problems: string[] = [];
  const files = new Map<string, string | null>([[".env.example", envExample()]]);
  const schemas = messageSchemas();
  for (const [path, content] of Object.entries(schemas)) files.set(path, content);
  const dir = join(root, SCHEMA_DIR);
  for (const name of existsSync(dir) ? readdirSync(dir) : []) {
    const path = `${SCHEMA_DIR}/${name}`;
    if (!Object.hasOwn(schemas, path)) files.set(path, null);
  }
  for (const [path, table] of REGIONS) {
    const text = read(root, path);
    const filled = text === null ? null : fillRegion(text, table());
    if (filled === null) problems.push(`${path} lacks the lines ${START} and ${END} between which the table goes`);
    else files.set(path, filled);
  }
  const ratchet = tighten(projectSources(root), readRatchet(root));
  files.set(RATCHET_FILE, `${JSON.stringify(ratchet, null, 2)}\n`);
  return { files, problems };
}

/** Null when the markers are not there. */
export function fillRegion(text: string, content: string): string | null {
  const start = text.indexOf(START);
  const end = text.indexOf(END, start);
  if (start === -1 || end === -1) return null;
  return `${text.slice(0, start + START.length)}\n${content}\n${text.slice(end)}`;
}

const read = (root: string, path: string): string | null =>
  existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : null;

/** What is not as it would be written now, each with its first differing line. */
export function staleFiles(root: string): string[] {
  const { files, problems } = wanted(root);
  const stale = [...problems];
  for (const [path, content] of files) {
    const now = read(root, path);
    if (now !== content) stale.push(`${path} is out of date: run \`bun run generate\`\n${difference(now, content)}`);
  }
  return stale;
}

function difference(now: string | null, content: string | null): string {
  if (now === null) return "  (missing)";
  if (content === null) return "  (no message of that name any more)";
  const [a, b] = [now.split("\n"), content.split("\n")];
  const lines: string[] = [];
  for (let i = 0; i < Math.max(a.length, b.length) && lines.length < 12; i++) {
    if (a[i] === b[i]) continue;
    lines.push(`  line ${i + 1}`, `  - ${a[i] ?? "(end)"}`, `  + ${b[i] ?? "(end)"}`);
  }
  return lines.join("\n");
}

/** Writes what changed; answers what it wrote and what it could not. */
export function generate(root: string): { written: string[]; problems: readonly string[] } {
  const { files, problems } = wanted(root);
  const written: string[] = [];
  for (const [path, content] of files) {
    if (read(root, path) === content) continue;
    const full = join(root, path);
    if (content === null) rmSync(full);
    else {
      mkdirSync(dirname(full), { recursive: true });
      writeFileSync(full, content);
    }
    written.push(path);
  }
  return { written, problems };
}
