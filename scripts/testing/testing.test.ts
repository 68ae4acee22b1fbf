import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { findTests, testKind } from "./files.ts";
import { readJunit } from "./junit.ts";
import { readPlaywright } from "./playwright.ts";
import { mayProvision } from "./provision.ts";
import { run } from "./run.ts";
import { add, exitCode, failure, NOTHING, summary } from "./tally.ts";

const base = mkdtempSync(join(tmpdir(), "tapebell-testing-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));

test("the summary's last line stands alone; failures and skips with reasons stand above", () => {
  const skip = { what: "db/a.test.ts › b", why: "no PostgreSQL" };
  const tally = add(add({ ...NOTHING, passed: 3 }, failure("core › c")), { ...NOTHING, skips: [skip] });
  expect(summary(tally)).toBe(
    "failed   core › c\nskipped  db/a.test.ts › b: no PostgreSQL\n3 passed, 1 failed, 1 skipped\n",
  );
  expect(summary({ ...NOTHING, passed: 2 })).toBe("2 passed, 0 failed\n");
});

test("a failure, or nothing tested, is an exit code other than 0", () => {
  expect(exitCode({ ...NOTHING, passed: 1 })).toBe(0);
  expect(exitCode({ ...NOTHING, passed: 1, failed: 1 })).toBe(1);
  expect(exitCode(NOTHING)).toBe(1);
});

test("files are told apart by name", () => {
  expect(
    ["a/b.test.ts", "a/b.slow.test.ts", "a/b.long.test.tsx", "e2e/a.spec.ts", "e2e/help.ts", "a/b.ts"].map(testKind),
  ).toEqual(["unit", "slow", "long", "e2e", null, null]);
});

test("tests are found everywhere but in what others made", () => {
  for (const path of ["a/x.test.ts", "b/c/y.slow.test.ts", "node_modules/p/z.test.ts", "web/dist/q.test.ts"]) {
    mkdirSync(join(base, "tree", dirname(path)), { recursive: true });
    writeFileSync(join(base, "tree", path), "");
  }
  expect(findTests(join(base, "tree"))).toEqual({
    unit: ["a/x.test.ts"],
    slow: ["b/c/y.slow.test.ts"],
    long: [],
    e2e: [],
  });
});

test("a real run of Bun is counted case by case, and a file that cannot be loaded is a failure", async () => {
  const dir = join(base, "real");
  mkdirSync(dir);
  const head = 'import { describe, expect, test } from "bun:test";\n';
  writeFileSync(
    join(dir, "a.test.ts"),
    `${head}describe("g <1>", () => { test("ok", () => {}); test("no & never", () => expect(1).toBe(2)); });
     test.skipIf(true)("away (needs a moon)", () => {});`,
  );
  writeFileSync(join(dir, "b.test.ts"), 'import "./missing.ts";');
  const report = join(dir, "report.xml");
  const args = ["test", "--reporter=junit", `--reporter-outfile=${report}`];
  Bun.spawnSync([process.execPath, ...args], { cwd: dir, stdout: "ignore", stderr: "ignore" });
  const tally = readJunit(readFileSync(report, "utf8"), ["a.test.ts", "b.test.ts"]);
  expect(tally).toEqual({
    passed: 1,
    failed: 2,
    skips: [{ what: "a.test.ts › away (needs a moon)", why: "needs a moon" }],
    failures: ["a.test.ts › g <1> › no & never", "b.test.ts › could not be loaded, or holds no test"],
  });
});

test("an empty or torn report is no success", () => {
  expect(readJunit("", ["a.test.ts"]).failed).toBe(1);
  expect(readJunit('<testsuites><testcase name="x" file="a.test.ts"', ["a.test.ts"])).toMatchObject({
    passed: 0,
    failed: 1,
  });
});

test("Playwright's report: skips with reasons, flaky is failed, errors outside tests count", () => {
  const spec = (title: string, status: string, annotations: unknown[] = []) => ({
    title,
    tests: [{ status, annotations }],
  });
  const report = {
    errors: [{ message: "web server did not start\nmore" }],
    suites: [
      {
        title: "candle.spec.ts",
        specs: [spec("moves", "expected"), spec("breaks", "unexpected")],
        suites: [
          {
            title: "small",
            specs: [spec("wobbles", "flaky"), spec("waits", "skipped", [{ type: "skip", description: "no network" }])],
          },
        ],
      },
    ],
  };
  expect(readPlaywright(JSON.stringify(report))).toEqual({
    passed: 1,
    failed: 3,
    failures: [
      "e2e › web server did not start",
      "candle.spec.ts › breaks",
      "candle.spec.ts › small › wobbles (passed only when tried again)",
    ],
    skips: [{ what: "candle.spec.ts › small › waits", why: "no network" }],
  });
});

test("a program's exit code comes back; one that hangs is ended; one that is not there has failed", async () => {
  const script = (code: string) => ["-e", code];
  const env = { EXIT_WITH: "3" };
  expect(
    await run(process.execPath, script("process.exit(+process.env.EXIT_WITH)"), { env, timeoutMs: 10_000 }),
  ).toEqual({
    code: 3,
    timedOut: false,
  });
  const hung = await run(process.execPath, script("setInterval(() => {}, 1000)"), { timeoutMs: 300 });
  expect(hung.timedOut).toBe(true);
  expect(hung.code).not.toBe(0);
  expect((await run(join(base, "no-such-program"), [], { timeoutMs: 1_000 })).code).toBe(127);
});

test("only continuous integration as root may install anything", () => {
  expect(mayProvision({ CI: "true" }, 1000)).toBe(false);
  expect(mayProvision({}, 0)).toBe(false);
  expect(mayProvision({ CI: "1" }, 0)).toBe(false);
});
