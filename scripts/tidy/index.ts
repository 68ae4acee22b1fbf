import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectFiles } from "../files.ts";
import { checkBanned } from "./banned.ts";
import { checkExports } from "./exports.ts";
import { checkImports } from "./imports.ts";
import { checkSettings } from "./settings.ts";
import { checkSize, type Ratchet } from "./size.ts";
import { readSources, type Source } from "./source.ts";
import { checkTexts } from "./texts.ts";

export const RATCHET_FILE = "scripts/tidy/large-files.json";
const ROOMS = ["core", "db", "server", "workers", "web", "testkit", "scripts"];

export function projectSources(root: string): Source[] {
  return readSources(root, projectFiles(root));
}

export const readRatchet = (root: string): Ratchet =>
  JSON.parse(readFileSync(join(root, RATCHET_FILE), "utf8")) as Ratchet;

/** What types and lint cannot see, one line per problem. A room without a file means that the check itself is broken. */
export function tidy(root: string): string[] {
  const sources = projectSources(root);
  const empty = ROOMS.filter((room) => !sources.some(({ path }) => path.startsWith(`${room}/`)));
  return [
    ...empty.map((room) => `${room}/ holds no file that tidy can read: it checks nothing`),
    ...sources
      .filter(({ path }) => path.endsWith(".d.ts"))
      .map(({ path }) => `${path} was made by the compiler: delete it`),
    ...checkImports(sources),
    ...checkBanned(sources),
    ...checkSize(sources, readRatchet(root)),
    ...checkTexts(sources),
    ...checkExports(sources),
    ...checkSettings(sources),
  ];
}
