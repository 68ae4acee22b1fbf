import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../bootstrap.ts";
import { staleFiles } from "../generate/index.ts";
import { run } from "../testing/run.ts";
import type { Tally } from "../testing/tally.ts";
import { tidy } from "../tidy/index.ts";

const bin = (name: string): string => join(ROOT, "node_modules", ".bin", name);
const ONLY_RUN = ["bench", "scripts"];
const STEP_TIMEOUT_MS = 5 * 60_000;

interface Step {
  readonly name: string;
  /** Problems are printed by the step; true when there is none. */
  readonly run: () => Promise<boolean>;
}

const program =
  (name: string, ...args: readonly string[]) =>
  async (): Promise<boolean> =>
    (await run(bin(name), args, { timeoutMs: STEP_TIMEOUT_MS })).code === 0;

const listed = (find: () => readonly string[]) => async (): Promise<boolean> => {
  const problems = find();
  for (const problem of problems) console.log(problem);
  return problems.length === 0;
};

/** Projects whose types are checked and not built: every room's tests, and the folders that are only run. */
function checkedOnly(): string[] {
  return readdirSync(ROOT, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => [
      `${name}/tsconfig.test.json`,
      ...(ONLY_RUN.includes(name) ? [`${name}/tsconfig.json`] : []),
    ])
    .filter((path) => existsSync(join(ROOT, path)))
    .sort();
}

function steps(): Step[] {
  return [
    { name: "types of the product", run: program("tsc", "-b") },
    ...checkedOnly().map((path) => ({
      name: `types of ${path.split("/")[0]} and its tests`,
      run: program("tsc", "-p", path),
    })),
    { name: "lint and format", run: program("biome", "check", "--error-on-warnings") },
    { name: "tidy", run: listed(() => tidy(ROOT)) },
    { name: "generated files", run: listed(() => staleFiles(ROOT)) },
  ];
}

/** One line per step; what a step has to say stands above its line. */
export async function runChecks(): Promise<Tally> {
  let passed = 0;
  const failures: string[] = [];
  for (const step of steps()) {
    const started_ms = Date.now();
    const good = await step.run();
    const took = `${((Date.now() - started_ms) / 1000).toFixed(1)} s`;
    console.log(`${good ? "ok    " : "FAILED"} ${step.name} (${took})`);
    if (good) passed++;
    else failures.push(`check › ${step.name}`);
  }
  return { passed, failed: failures.length, skips: [], failures };
}
