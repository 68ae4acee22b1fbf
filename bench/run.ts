import { appendFileSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { installPeers } from "./peers.ts";

const FOLDER = import.meta.dir;
const NOT_WORKLOADS = ["harness.ts", "peers.ts", "run.ts"];

/** One file per workload: its name is the file's. */
export const workloads = (): string[] =>
  readdirSync(FOLDER)
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts") && !NOT_WORKLOADS.includes(name))
    .map((name) => name.slice(0, -".ts".length))
    .sort();

/** Each in a process of its own, one after the other; lines go to stdout and to `bench/results`. Answers the exit code. */
export async function runBenches(args: readonly string[]): Promise<number> {
  const smoke = args.includes("--smoke");
  const known = workloads();
  const wanted = args.filter((arg) => arg !== "--smoke");
  const unknown = wanted.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    console.error(`there is no workload ${unknown.join(", ")}; there is: ${known.join(", ")}; and --smoke`);
    return 2;
  }
  await installPeers(join(FOLDER, "peers"));
  let worst = 0;
  for (const name of wanted.length > 0 ? wanted : known) {
    const { line, code } = await runWorkload(name, smoke);
    worst = Math.max(worst, code === 0 ? 0 : 1);
    if (line === "") {
      console.error(`${name} ended with ${code} and no result: see above`);
      continue;
    }
    console.log(line);
    mkdirSync(join(FOLDER, "results"), { recursive: true });
    appendFileSync(join(FOLDER, "results", `${name}.jsonl`), `${line}\n`);
    if (code !== 0) console.error(`${name} missed a target: "met": false above`);
  }
  return worst;
}

export async function runWorkload(name: string, smoke: boolean): Promise<{ line: string; code: number }> {
  const child = Bun.spawn([process.execPath, join(FOLDER, `${name}.ts`), ...(smoke ? ["--smoke"] : [])], {
    stdout: "pipe",
    stderr: "inherit",
  });
  const line = (await new Response(child.stdout).text()).trim();
  return { line, code: await child.exited };
}
