import { isCode, isTest, lineOf, type Source, withoutComments } from "./source.ts";

interface Ban {
  readonly what: RegExp;
  readonly instead: string;
  /** Which files it concerns. */
  readonly where: (path: string) => boolean;
  /** Also looked for inside comments. */
  readonly comments?: boolean;
}

const within = (path: string, ...parts: readonly string[]): boolean => parts.some((part) => path.startsWith(part));
const product = (path: string): boolean => within(path, "core/", "db/", "server/", "workers/", "web/") && !isTest(path);
const core = (path: string): boolean => path.startsWith("core/") && !isTest(path);

/** Engines that bring their own SQL dialect; the product's tables are the business of db alone. */
const OWN_SQL = ["db/", "server/bus/embedded/", "server/lock", "server/warehouse/"];

const BANS: readonly Ban[] = [
  { what: /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(/g, instead: "the record's own time", where: core },
  { what: /\bMath\.random\(|\bcrypto\./g, instead: "a value that is handed in", where: core },
  {
    what: /\bprocess\.|\bBun\.|\bfetch\(|\bset(?:Timeout|Interval)\(|\bconsole\./g,
    instead: "a port or a parameter: core does nothing by itself",
    where: core,
  },
  {
    what: /\bprocess\.env\b|\bBun\.env\b|\bimport\.meta\.env\b/g,
    instead: "the settings (server/settings/load.ts reads the environment for all)",
    where: (path) => product(path) && !within(path, "server/settings/", "server/main.ts"),
  },
  {
    what: /\bconsole\.\w+\(/g,
    instead: "the log (server/log.ts)",
    where: (path) => product(path) && !within(path, "server/cli/", "core/"),
  },
  {
    what: /\b(?:SELECT\s[^;`"']{1,200}\sFROM|INSERT\s+(?:OR\s+\w+\s+)?INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|CREATE\s+TABLE)\b/g,
    instead: "a repository of db",
    where: (path) => product(path) && !within(path, ...OWN_SQL),
  },
  {
    what: /\b(?:test|it|describe)(?:\.\w+)*\.only\(/g,
    instead: "the test without .only",
    where: isCode,
  },
  {
    what: /\b(?:test|it|describe)\.(?:skip|todo)\(/g,
    instead: "test.skipIf with a reason, or the test itself",
    where: (path) => isTest(path) && !path.startsWith("e2e/"),
  },
  { what: /@ts-(?:ignore|nocheck|expect-error)/g, instead: "a type that is true", where: isCode, comments: true },
  { what: /\b(?:TODO|FIXME|XXX)\b/g, instead: "the thing itself, or an issue", where: isCode, comments: true },
];

export function checkBanned(sources: readonly Source[]): string[] {
  const problems: string[] = [];
  for (const { path, text } of sources) {
    // The list of what is banned has to name it.
    if (!isCode(path) || path.startsWith("scripts/tidy/")) continue;
    const plain = withoutComments(text);
    for (const ban of BANS) {
      if (!ban.where(path)) continue;
      const searched = ban.comments === true ? text : plain;
      for (const match of searched.matchAll(ban.what)) {
        const found = match[0].replace(/\s+/g, " ").slice(0, 60);
        problems.push(`${path}:${lineOf(searched, match.index)} "${found}" is banned here; instead: ${ban.instead}`);
      }
    }
  }
  return problems;
}
