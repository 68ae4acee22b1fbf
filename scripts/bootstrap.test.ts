import { afterAll, beforeAll, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// A project whose pinned Bun is a local package that only tells how it was called: nothing comes from a network.
const root = mkdtempSync(join(tmpdir(), "tapebell-bootstrap-"));
const env = { PATH: process.env.PATH ?? "", HOME: root };
const bun = (...args: string[]) => spawnSync(process.execPath, args, { cwd: root, env, encoding: "utf8" });

beforeAll(() => {
  mkdirSync(join(root, "scripts"));
  mkdirSync(join(root, "pinned", "bin"), { recursive: true });
  copyFileSync(join(import.meta.dir, "bootstrap.ts"), join(root, "scripts", "bootstrap.ts"));
  writeFileSync(
    join(root, "scripts", "tool.ts"),
    'import { bootstrap } from "./bootstrap.ts";\nawait bootstrap(import.meta.url);\nconsole.log("not reached");\n',
  );
  writeFileSync(join(root, "package.json"), '{ "name": "x", "devDependencies": { "bun": "file:./pinned" } }');
  writeFileSync(join(root, "pinned", "package.json"), '{ "name": "bun", "version": "0.0.1" }');
  const pinned = join(root, "pinned", "bin", "bun.exe");
  writeFileSync(pinned, '#!/bin/sh\necho "pinned:$TAPEBELL_BOOTSTRAPPED:$*"\nexit 7\n');
  chmodSync(pinned, 0o755);
  expect(bun("install").status).toBe(0);
  rmSync(join(root, "node_modules"), { recursive: true });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const tool = join("scripts", "tool.ts");

test("installs what is missing, says so, and goes on as the pinned Bun with the same arguments and exit code", () => {
  const ran = bun(tool, "--port", "1");
  expect(ran.stderr).toContain("installing packages");
  expect(ran.stdout).toContain(`pinned:1:--no-env-file ${join(root, tool)} --port 1\n`);
  expect(ran.stdout).not.toContain("not reached");
  expect(ran.status).toBe(7);
});

test("installs once, and again when what it was made from has changed", () => {
  expect(bun(tool).stderr).not.toContain("packages");
  const file = join(root, "package.json");
  writeFileSync(file, `${readFileSync(file, "utf8")}\n`);
  expect(bun(tool).stderr).toContain("bringing packages up to date");
});

test("a lock file that does not fit is told, and nothing runs", () => {
  writeFileSync(join(root, "package.json"), '{ "name": "x", "dependencies": { "y": "file:./missing" } }');
  const ran = bun(tool);
  expect(ran.status).toBe(1);
  expect(ran.stderr).toContain("could not be installed");
  expect(ran.stdout).not.toContain("pinned:");
});

test.each(["dev", "start", "test", "check", "generate"])(
  "%s.ts names nothing but the bootstrap until that is done",
  (name) => {
    const text = readFileSync(join(import.meta.dir, `${name}.ts`), "utf8");
    const [before] = text.split("await bootstrap(", 1);
    expect([...(before ?? "").matchAll(/from "([^"]+)"/g)].map((match) => match[1])).toEqual(["./bootstrap.ts"]);
    expect(text.slice(before?.length ?? 0)).not.toMatch(/^import /m);
  },
);

test("the bootstrap itself names builtins alone", () => {
  const text = readFileSync(join(import.meta.dir, "bootstrap.ts"), "utf8");
  for (const match of text.matchAll(/from "([^"]+)"/g)) expect(match[1]).toStartWith("node:");
});
