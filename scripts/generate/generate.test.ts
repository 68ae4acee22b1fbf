import { afterAll, expect, test } from "bun:test";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PRICE_MIN } from "../../core/messages/common.ts";
import { MESSAGES } from "../../core/messages/index.ts";
import { SETTING_NAMES } from "../../core/settings/index.ts";
import { parseEnvFile } from "../../server/settings/env-file.ts";
import { loadSettings } from "../../server/settings/load.ts";
import { fillRegion, generate, staleFiles } from "./index.ts";
import { messageSchemas } from "./schemas.ts";
import { envExample, fullTable, mostUsedTable } from "./settings.ts";

const root = mkdtempSync(join(tmpdir(), "tapebell-generate-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

test("with every line uncommented .env.example says what the defaults say", () => {
  const text = envExample().replace(/^#([A-Z][A-Z0-9_]*=)/gm, "$1");
  expect(
    parseEnvFile(text, ".env")
      .map((line) => line.name)
      .toSorted(),
  ).toEqual(SETTING_NAMES.toSorted());
  const used = join(root, "env");
  const bare = join(root, "bare");
  mkdirSync(used);
  mkdirSync(bare);
  writeFileSync(join(used, ".env"), text);
  expect(loadSettings({ cwd: used, env: {} }).settings).toEqual(loadSettings({ cwd: bare, env: {} }).settings);
});

test("the tables name every setting, the short one a few, and no cell breaks its row", () => {
  const full = fullTable();
  for (const name of SETTING_NAMES) expect(full).toContain(`| \`${name}\` |`);
  const bars = (line: string): number => line.replaceAll("\\|", "").split("|").length - 1;
  for (const line of full.split("\n").filter((one) => one.startsWith("|"))) expect(bars(line)).toBe(5);
  for (const line of mostUsedTable().split("\n")) expect(bars(line)).toBe(4);
});

test("every message has a JSON Schema that names its fields", () => {
  const schemas = messageSchemas();
  expect(Object.keys(schemas)).toHaveLength(Object.keys(MESSAGES).length);
  const bar = JSON.parse(schemas["public/schemas/bar.json"] ?? "{}");
  expect(bar).toMatchObject({ title: "bar", type: "object" });
  expect(bar.required).toContain("revision");
  expect(bar.properties.high.minimum).toBe(PRICE_MIN);
});

test("a region is filled between its markers and nowhere else", () => {
  const text = "a\n<!-- settings:start -->\nold\n<!-- settings:end -->\nb\n";
  const filled = "a\n<!-- settings:start -->\nnew\n<!-- settings:end -->\nb\n";
  expect(fillRegion(text, "new")).toBe(filled);
  expect(fillRegion(filled, "new")).toBe(filled);
  expect(fillRegion("no markers", "new")).toBeNull();
});

test("what generate writes is not stale; a changed, missing or superfluous file is told with its difference", () => {
  const project = join(root, "project");
  mkdirSync(join(project, "docs"), { recursive: true });
  cpSync(join(import.meta.dir, "../tidy"), join(project, "scripts/tidy"), { recursive: true });
  const markers = "<!-- settings:start -->\n<!-- settings:end -->\n";
  writeFileSync(join(project, "docs/settings.md"), markers);
  expect(generate(project).problems).toHaveLength(1); // no README yet
  writeFileSync(join(project, "README.md"), markers);
  expect(generate(project)).toEqual({ written: ["README.md"], problems: [] });
  expect(staleFiles(project)).toEqual([]);

  const example = join(project, ".env.example");
  writeFileSync(example, readFileSync(example, "utf8").replace("#PORT=8787", "#PORT=1"));
  rmSync(join(project, "public/schemas/bar.json"));
  writeFileSync(join(project, "public/schemas/old.json"), "{}");
  const stale = staleFiles(project).join("\n");
  expect(stale).toContain("- #PORT=1\n");
  expect(stale).toContain("+ #PORT=8787\n");
  expect(stale).toContain("bar.json is out of date");
  expect(stale).toContain("old.json is out of date");
  generate(project);
  expect(staleFiles(project)).toEqual([]);
});
