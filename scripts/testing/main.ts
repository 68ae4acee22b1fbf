import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../bootstrap.ts";
import { runChecks } from "../checks/steps.ts";
import { SERVICES } from "../services/index.ts";
import { findTests, type TestKind } from "./files.ts";
import { readJunit } from "./junit.ts";
import { readPlaywright } from "./playwright.ts";
import { aptInstall, findProgram, mayProvision } from "./provision.ts";
import { endAll, run } from "./run.ts";
import { add, exitCode, failure, NOTHING, summary, type Tally } from "./tally.ts";

const MODES = ["all", "unit", "e2e", "long"] as const;
type Mode = (typeof MODES)[number];

const KINDS: Record<Mode, readonly TestKind[]> = {
  all: ["unit", "slow", "e2e"],
  unit: ["unit"],
  e2e: ["e2e"],
  long: ["long"],
};
const MINUTE_MS = 60_000;
const UNIT_TIMEOUT_MS = 10 * MINUTE_MS;
const SLOW_TIMEOUT_MS = 30 * MINUTE_MS;
const LONG_TIMEOUT_MS = 6 * 60 * MINUTE_MS;
const E2E_TIMEOUT_MS = 30 * MINUTE_MS;
/** A test that waits in vain fails by its own deadline; Bun's five seconds would make a test of a machine's speed of each. */
const TEST_TIMEOUT_MS = MINUTE_MS;
/** Files at once. The slow ones wait half of their time: for watchdogs, retries, the pace of the market. */
const AT_ONCE = { unit: availableParallelism() + 1, slow: 3, long: 2 } as const;

const say = (text: string): void => {
  process.stdout.write(`\n== ${text}\n`);
};

/** `test [all|unit|e2e|long] [paths…]`: runs, streams, sums up; the last line is `N passed, N failed`. */
export async function runTests(argv: readonly string[]): Promise<number> {
  const mode = MODES.find((one) => one === argv[0]) ?? "all";
  const paths = argv.slice(MODES.includes(argv[0] as Mode) ? 1 : 0).map((path) => path.replace(/^\.\//, ""));
  const flag = paths.find((path) => path.startsWith("-"));
  if (flag !== undefined) {
    process.stderr.write(`test takes ${MODES.join(", ")} and paths, not ${flag}\n`);
    return 2;
  }
  const tempDir = mkdtempSync(join(tmpdir(), "tapebell-test-"));
  let stopping = false;
  const stop = (): void => {
    stopping = true;
    endAll();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  let tally = NOTHING;
  try {
    const found = findTests(ROOT);
    const wanted = (kind: TestKind): string[] => {
      const kinds = paths.length > 0 && mode === "all" ? (["unit", "slow", "long", "e2e"] as const) : KINDS[mode];
      if (!kinds.includes(kind)) return [];
      return found[kind].filter((file) => paths.length === 0 || paths.some((path) => file.startsWith(path)));
    };
    if (mode === "all" && paths.length === 0) {
      say("checks");
      tally = add(tally, await runChecks());
    }
    const needsServices = (["slow", "long", "e2e"] as const).some((kind) => wanted(kind).length > 0);
    const services = needsServices && !stopping ? await startServices(tempDir) : { env: {}, tally: NOTHING };
    tally = add(tally, services.tally);
    for (const kind of ["unit", "slow", "long"] as const) {
      const files = wanted(kind);
      if (files.length > 0 && !stopping) tally = add(tally, await bunTests(kind, files, services.env, tempDir));
    }
    const e2e = wanted("e2e");
    if (e2e.length > 0 && !stopping) tally = add(tally, await browserTests(e2e, services.env, tempDir));
  } catch (error) {
    tally = add(tally, failure(`the test run itself: ${error instanceof Error ? error.message : String(error)}`));
  } finally {
    for (const service of SERVICES) await service.stop();
    rmSync(tempDir, { recursive: true, force: true });
  }
  if (stopping) tally = add(tally, failure("the run was stopped before its end"));
  process.stdout.write(`\n${summary(tally)}`);
  return exitCode(tally);
}

/** Engines that are there hand their addresses to the tests; one that is missing is said with how to get it. */
async function startServices(tempDir: string): Promise<{ env: Record<string, string>; tally: Tally }> {
  const provision = mayProvision(process.env, process.getuid?.());
  const env: Record<string, string> = {};
  let tally = NOTHING;
  say("engines");
  for (const service of SERVICES) {
    const context = { provision, tempDir, aptInstall, say: (text: string) => console.log(`${service.name}: ${text}`) };
    const ready = await service
      .ensure(context)
      .catch((error) => ({ ok: false as const, reason: String(error), howToGet: "see the output above" }));
    if (ready.ok) {
      Object.assign(env, ready.env);
      console.log(`${service.name}: ready`);
    } else if (provision) tally = add(tally, failure(`${service.name}: ${ready.reason}`));
    else {
      console.log(`${service.name}: ${ready.reason}; ${ready.howToGet}`);
      tally = add(tally, { ...NOTHING, skips: [{ what: service.name, why: `${ready.reason}; ${ready.howToGet}` }] });
    }
  }
  return { env, tally };
}

async function bunTests(
  kind: "unit" | "slow" | "long",
  files: readonly string[],
  env: Record<string, string>,
  tempDir: string,
): Promise<Tally> {
  say(`${kind} tests: ${files.length} files`);
  const report = join(tempDir, `${kind}.xml`);
  const timeoutMs = { unit: UNIT_TIMEOUT_MS, slow: SLOW_TIMEOUT_MS, long: LONG_TIMEOUT_MS }[kind];
  const args = [
    "--no-env-file",
    "test",
    `--parallel=${AT_ONCE[kind]}`,
    `--timeout=${TEST_TIMEOUT_MS}`,
    "--reporter=junit",
    `--reporter-outfile=${report}`,
  ];
  const { code, timedOut } = await run(process.execPath, [...args, ...files.map((file) => `./${file}`)], {
    env,
    timeoutMs,
  });
  const tally = existsSync(report) ? readJunit(readFileSync(report, "utf8"), files) : NOTHING;
  if (timedOut) return add(tally, failure(`${kind} tests: ended after ${timeoutMs / MINUTE_MS} minutes`));
  // A crash, or an error between tests, shows only in the exit code.
  if (code !== 0 && tally.failed === 0) return add(tally, failure(`${kind} tests: the runner ended with ${code}`));
  return tally;
}

async function browserTests(files: readonly string[], env: Record<string, string>, tempDir: string): Promise<Tally> {
  if (env.CHROMIUM_PATH === undefined) return NOTHING; // said already, as a skip or a failure
  say("the page, built");
  const built = await run(process.execPath, ["--no-env-file", "--bun", "run", "build"], { timeoutMs: 5 * MINUTE_MS });
  if (built.code !== 0) return failure("the page could not be built");
  say(`browser tests: ${files.length} files`);
  const report = join(tempDir, "e2e.json");
  const cli = join(ROOT, "node_modules", "@playwright", "test", "cli.js");
  const node = findProgram("node");
  const [program, prefix] = node === null ? [process.execPath, ["--no-env-file", "--bun", cli]] : [node, [cli]];
  const { code, timedOut } = await run(program, [...prefix, "test", "--reporter=line,json", ...files], {
    env: { ...env, PLAYWRIGHT_JSON_OUTPUT_NAME: report, BUN_PATH: process.execPath, FORCE_COLOR: "0" },
    timeoutMs: E2E_TIMEOUT_MS,
  });
  if (!existsSync(report)) return failure(`browser tests: the runner ended with ${code} and left no report`);
  const tally = readPlaywright(readFileSync(report, "utf8"));
  if (timedOut) return add(tally, failure("browser tests: ended, they took too long"));
  return code !== 0 && tally.failed === 0 ? add(tally, failure(`browser tests: the runner ended with ${code}`)) : tally;
}
