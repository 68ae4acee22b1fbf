import { afterAll, afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Step, type TickServer, tickServer } from "../../../testkit/ticks/server.ts";

const MAIN = new URL("../main.ts", import.meta.url).pathname;
const MB = 1024 * 1024;
const root = mkdtempSync(join(tmpdir(), "tapebell-replay-process-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let dir = root;
beforeEach(() => {
  dir = mkdtempSync(join(root, "run-"));
});
const servers: TickServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

const tick = (i: number): string =>
  `{"symbol":"X${i % 4}","event_ts":${1_700_000_000 + i / 1_000},"px":"${100 + (i % 50) / 100}","sz":"0.01"}\n`;
const some = (from: number, n: number): string => Array.from({ length: n }, (_, i) => tick(from + i)).join("");

async function start(steps: Iterable<Step>) {
  const server = await tickServer(steps);
  servers.push(server);
  return Bun.spawn([process.execPath, MAIN, "replay", "capture", "--source", server.url], {
    cwd: dir,
    stdout: "pipe",
    stderr: "pipe",
  });
}

const lastLine = (name: string): Record<string, unknown> =>
  JSON.parse(
    readFileSync(join(dir, "logs", name), "utf8")
      .trimEnd()
      .split("\n")
      .at(-1) ?? "",
  );

/** Its own peak since it began; what the parent had when it forked, which resourceUsage counts, is no part of it. */
function peakOf(pid: number): number {
  const kilobytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes) * 1024;
}
const hasProc = existsSync("/proc/self/status");
if (!hasProc) console.warn("skipped: the peak of a process's memory is read from /proc, which this system has not");

test.skipIf(!hasProc)(
  "memory does not grow with what is read: half a gigabyte without a line's end, ticks, garbage",
  async () => {
    let peak = 0;
    function* steps(): Generator<Step> {
      yield { send: some(0, 1_000) };
      yield { longLine: 512 * MB };
      yield { send: "\n" };
      for (let i = 1; i <= 200; i++) {
        yield { send: some(i * 1_000, 1_000) };
        yield { send: `${"#".repeat(20_000)}\n` };
      }
      peak = peakOf(child.pid);
    }
    const child = await start(steps());
    const out = new Response(child.stdout).text();
    const err = new Response(child.stderr).text();
    expect(await child.exited).toBe(0);
    expect(await out).toStartWith("replay capture: 201000 ticks");
    expect(await err).toContain("201 of 201201 lines could not be used");
    expect(peak).toBeGreaterThan(MB);
    expect(peak).toBeLessThan(512 * MB);
  },
  120_000,
);

test("Ctrl-C ends a stream that has no end: what was read is written whole, and the last second is open", async () => {
  const child = await start([{ send: some(0, 1_500) }, { stall: true }]);
  // What has come can be seen at once, also where the source sends little.
  const bins = join(dir, "logs", "replay.jsonl");
  while (!existsSync(bins) || !readFileSync(bins, "utf8").includes("X3-1700000000970")) await Bun.sleep(20);
  child.kill("SIGINT");
  expect(await child.exited).toBe(0);
  expect(await new Response(child.stdout).text()).toContain("1500 ticks of");
  expect(lastLine("replay.jsonl")).toMatchObject({ kind: "bin" });
  expect(lastLine("aggregate.jsonl")).toMatchObject({ kind: "bar", final: false, partial: true });
}, 60_000);
