import { expect, test } from "bun:test";
import { checkBanned } from "./banned.ts";
import { checkExports } from "./exports.ts";
import { checkImports } from "./imports.ts";
import { projectSources, tidy } from "./index.ts";
import { checkSettings } from "./settings.ts";
import { checkSize, tighten } from "./size.ts";
import { checkTexts } from "./texts.ts";

const file = (path: string, ...lines: string[]) => ({ path, text: `${lines.join("\n")}\n` });
const from = (target: string) => `import { x } from "${target}";`;

test.each([
  ["core/a.ts", "../db/b.ts"],
  ["core/a.ts", "../package/b.ts"],
  ["db/a.ts", "../server/b.ts"],
  ["server/a.ts", "../workers/b.ts"],
  ["server/a.ts", "../web/b.ts"],
  ["server/bus/a.ts", "../../testkit/b.ts"],
  ["workers/a.ts", "../server/http/b.ts"],
  ["workers/a.ts", "../server/main.ts"],
  ["workers/a.ts", "../server/bus-of-another-kind.ts"],
  ["web/a.ts", "../server/b.ts"],
  ["testkit/a.ts", "../server/b.ts"],
  ["core/a.ts", "../../outside.ts"],
])("%s may not import %s", (path, target) => {
  expect(checkImports([file(path, from(target))])).toHaveLength(1);
});

test.each([
  ["core/a.ts", "./b.ts"],
  ["core/a.ts", "zod"],
  ["db/a.ts", "../core/b.ts"],
  ["server/a.ts", "../db/index.ts"],
  ["workers/a.ts", "../server/bus/embedded/connect.ts"],
  ["workers/a.ts", "../server/log.ts"],
  ["server/a.test.ts", "../testkit/b.ts"],
  ["testkit/simulator/a.ts", "../../workers/b.ts"],
  ["scripts/a.ts", "../server/main.ts"],
])("%s may import %s", (path, target) => {
  expect(checkImports([file(path, from(target))])).toEqual([]);
});

test("imports are found in every form, with their line, and not in comments", () => {
  const found = checkImports([
    file(
      "core/a.ts",
      '// import { a } from "../db/a.ts";',
      'import type { B } from "../db/b.ts";',
      "export {",
      "  c,",
      '} from "../db/c.ts";',
      'import "../db/d.ts";',
      'const e = await import("../db/e.ts");',
      'export * from "../db/f.ts";',
      'import fs from "node:fs";',
    ),
  ]);
  expect(found.map((problem) => problem.split(" ", 1)[0])).toEqual([
    "core/a.ts:2",
    "core/a.ts:5",
    "core/a.ts:6",
    "core/a.ts:7",
    "core/a.ts:8",
    "core/a.ts:9",
  ]);
});

test("an import without its extension is told", () => {
  expect(checkImports([file("db/a.ts", from("./b"))])[0]).toContain("extension");
});

test.each([
  ["core/a.ts", "const t = Date.now();"],
  ["core/a.ts", "const t = new Date();"],
  ["core/a.ts", "const r = Math.random();"],
  ["core/a.ts", "const e = process.env;"],
  ["server/a.ts", "const e = process.env.PORT;"],
  ["server/a.ts", "console.log(1);"],
  ["workers/a.ts", "const q = `SELECT a FROM bars`;"],
  ["server/http/a.ts", 'const q = "INSERT INTO bars";'],
  ["db/a.test.ts", 'test.only("x", () => {});'],
  ["db/a.test.ts", 'describe.skip("x", () => {});'],
  ["web/a.ts", "// @ts-ignore"],
  ["web/a.ts", "// TODO later"],
])("%s: %s is banned", (path, line) => {
  const problems = checkBanned([file(path, line)]);
  expect(problems.length).toBeGreaterThan(0);
  expect(problems[0]).toContain("instead:");
});

test.each([
  ["core/a.ts", "const at = new Date(record.ts_ms);"],
  ["core/a.ts", "// Date.now() would not replay"],
  ["core/a.test.ts", "const t = Date.now();"],
  ["server/settings/load.ts", "const e = process.env;"],
  ["server/cli/config.ts", "console.log(1);"],
  ["server/bus/embedded/log.ts", "const q = `SELECT a FROM log`;"],
  ["db/bars.ts", "const q = sql`INSERT INTO bars`;"],
  ["server/a.ts", 'const text = "select one from the list";'],
  ["db/a.test.ts", 'test.skipIf(!there)("x", () => {});'],
])("%s: %s is allowed", (path, line) => {
  expect(checkBanned([file(path, line)])).toEqual([]);
});

test("long files are refused unless listed, and never over the hard limit", () => {
  const long = (lines: number) => file("db/a.ts", ...Array.from({ length: lines }, () => "x"));
  expect(checkSize([long(250)], {})).toEqual([]);
  expect(checkSize([long(251)], {})).toHaveLength(1);
  expect(checkSize([long(300)], { "db/a.ts": 300 })).toEqual([]);
  expect(checkSize([long(301)], { "db/a.ts": 300 })).toHaveLength(1);
  expect(checkSize([long(401)], { "db/a.ts": 500 })).toHaveLength(1);
});

test("the list of long files only ever gets shorter", () => {
  const sources = [
    file("db/a.ts", ...Array.from({ length: 280 }, () => "x")),
    file("db/b.ts", "x"),
    file("db/new.ts", ...Array.from({ length: 399 }, () => "x")),
  ];
  expect(tighten(sources, { "db/a.ts": 300, "db/b.ts": 300, "db/gone.ts": 300 })).toEqual({ "db/a.ts": 280 });
  expect(tighten(sources, { "db/a.ts": 260 })).toEqual({ "db/a.ts": 260 });
});

test("registry hosts and paths of one machine are found in any text", () => {
  const host = ["https://registry", "npmjs.org/x"].join(".");
  const machine = ["", "home", "someone", "tapebell"].join("/");
  expect(checkTexts([file("docs/a.md", "fine", host)])[0]).toStartWith("docs/a.md:2");
  expect(checkTexts([file("docs/a.md", `see ${machine}`)])).toHaveLength(1);
  expect(checkTexts([file("bun.lock", '"x": "http://localhost:4873/x.tgz"')])).toHaveLength(1);
  expect(checkTexts([file("docs/a.md", "the /work stream, ~/work/x, /homepage")])).toEqual([]);
});

test("a value exported and named nowhere else is told; one that is used, or a type, is not", () => {
  const sources = [
    file("db/a.ts", "export const used = 1;", "export function dead() {}", "export interface Shape {}"),
    file("db/b.ts", 'import { used } from "./a.ts";', "// dead"),
  ];
  expect(checkExports(sources)).toEqual(["db/a.ts:2 exports dead, which nothing else names"]);
});

test("a setting is read or listed, never neither and never both", () => {
  const reader = file(
    "server/a.ts",
    "const a = settings.PORT;",
    "const { HOST } = loaded.settings;",
    "const FEED = 1;",
  );
  expect(checkSettings([reader], ["PORT", "HOST"], [])).toEqual([]);
  expect(checkSettings([reader], ["FEED"], [])).toHaveLength(1);
  expect(checkSettings([reader], ["FEED"], ["FEED"])).toEqual([]);
  expect(checkSettings([reader], ["PORT"], ["PORT"])[0]).toContain("take it off");
  expect(checkSettings([file("core/settings/parse.ts", "settings.PORT")], ["PORT"], [])).toHaveLength(1);
});

test("tidy fails where there is nothing to read", () => {
  expect(() => tidy(import.meta.dir)).toThrow();
});

test("the project itself is read in full", () => {
  const paths = projectSources(`${import.meta.dir}/../..`).map((source) => source.path);
  for (const path of ["core/errors.ts", "bun.lock", ".ci/run", "LICENSE", ".env.example"])
    expect(paths).toContain(path);
  expect(paths.some((path) => path.includes("node_modules"))).toBe(false);
});
