import { gather } from "./evidence.ts";
import { check, type Violation } from "./invariants.ts";
import { type Finished, type SimulationOptions, simulate } from "./simulation.ts";

export interface Verdict {
  readonly run: Finished;
  readonly violations: readonly Violation[];
  /** What broke and how to see it again; empty when nothing did. */
  readonly report: string;
}

/** One run and what is to be said of it. */
export async function judgeSeed(options: SimulationOptions): Promise<Verdict> {
  const run = await simulate(options);
  const violations = check(await gather(run));
  return { run, violations, report: violations.length === 0 ? "" : reportOf(run, violations) };
}

function reportOf({ seed, crashes, steps, history }: Finished, violations: readonly Violation[]): string {
  return [
    `seed ${seed} broke ${new Set(violations.map(({ invariant }) => invariant)).size} invariants at commit ${commit()}`,
    `  ${crashes} crashes, ${steps} steps, history ${history.slice(0, 16)}`,
    ...violations.map(({ invariant, text }) => `  ${invariant}: ${text}`),
    `  see it again: SEED=${seed} bun run sim    (TRACE=<file> writes every step)`,
  ].join("\n");
}

function commit(): string {
  const { success, stdout } = Bun.spawnSync(["git", "rev-parse", "--short", "HEAD"], { stderr: "ignore" });
  const isChanged = Bun.spawnSync(["git", "status", "--porcelain"], { stderr: "ignore" }).stdout.length > 0;
  return success ? `${stdout.toString().trim()}${isChanged ? " with changes" : ""}` : "unknown";
}
