import { posix } from "node:path";
import { isCode, isTest, lineOf, type Source, withoutComments } from "./source.ts";

/** What product code of a room may import besides itself; a path with a slash names a part of a room. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  db: ["core"],
  server: ["core", "db"],
  workers: [
    "core",
    "db",
    "server/backoff.ts",
    "server/bus",
    "server/checkpoints",
    "server/clock.ts",
    "server/deliveries",
    "server/feeds",
    "server/inference",
    "server/log.ts",
    "server/news",
    "server/settings",
    "server/summaries",
    "server/threads",
    "server/warehouse",
  ],
  web: ["core"],
  testkit: ["core"],
  // The simulator is the whole pipeline in one process: it must be made of the real parts.
  "testkit/simulator": ["core", "testkit", "db", "server", "workers"],
};

/** Tests build worlds: they may use the test kit and whatever their room is made of. */
const TESTS_MAY_ALSO: Readonly<Record<string, readonly string[]>> = {
  db: ["testkit", "scripts/services"],
  server: ["testkit", "workers", "scripts/services"],
  workers: ["testkit", "server", "scripts/services"],
  web: ["testkit"],
  core: ["testkit"],
  testkit: ["db", "server", "workers"],
};

/** Packages core may name: everything else would bring IO or another runtime's types. */
const CORE_PACKAGES = new Set(["zod"]);

const IMPORT =
  /(?:^|[;}\s])(?:import|export)\s+(?:type\s+)?(?:[\w*{][^"'`;]*?\sfrom\s*)?["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/g;

interface Import {
  readonly target: string;
  readonly line: number;
}

function importsOf(text: string): Import[] {
  const plain = withoutComments(text);
  return [...plain.matchAll(IMPORT)].map((match) => ({
    target: match[1] ?? match[2] ?? "",
    line: lineOf(plain, match.index + match[0].length - 1),
  }));
}

export function checkImports(sources: readonly Source[]): string[] {
  return sources.filter((source) => isCode(source.path)).flatMap(checkFile);
}

function checkFile({ path, text }: Source): string[] {
  const room = Object.keys(MAY_IMPORT).findLast((name) => path.startsWith(`${name}/`)) ?? "";
  const allowed = MAY_IMPORT[room];
  if (allowed === undefined) return [];
  const test = isTest(path);
  const problems: string[] = [];
  for (const { target, line } of importsOf(text)) {
    const say = (what: string): void => void problems.push(`${path}:${line} ${what}`);
    if (!target.startsWith(".")) {
      if (room === "core" && !test && !CORE_PACKAGES.has(target.split("/", 1)[0] ?? "")) {
        say(`core imports "${target}"; it may import zod alone: take what you need as a parameter or port`);
      }
      continue;
    }
    if (!/\.(tsx?|json|css|svg|html)(\?\w+)?$/.test(target)) say(`"${target}" needs its file extension`);
    const resolved = posix.normalize(posix.join(posix.dirname(path), target));
    if (resolved === "package.json") continue;
    if (resolved.startsWith("../")) {
      say(`"${target}" lies outside the project`);
      continue;
    }
    const may = [room, ...allowed, ...(test ? (TESTS_MAY_ALSO[room] ?? []) : [])];
    if (!may.some((part) => resolved === part || resolved.startsWith(`${part}/`))) {
      say(`${room} may not import ${resolved}; allowed: ${may.join(", ")}`);
    }
  }
  return problems;
}
