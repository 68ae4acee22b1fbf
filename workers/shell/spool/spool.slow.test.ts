import { expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TOPICS } from "../../../core/topics.ts";
import { openEmbeddedBus } from "../../../server/bus/embedded/host.ts";
import { read, valuesOf } from "../../../server/bus/test-support/read.ts";
import { PARTITIONS } from "./test-support/spool-child.ts";

setDefaultTimeout(90_000);
const ROUNDS = 12;
const CHILD = new URL("./test-support/spool-child.ts", import.meta.url).pathname;
const FULL_DISK_CHILD = new URL("./test-support/full-spool-child.ts", import.meta.url).pathname;

interface Said {
  /** The newest number of each partition that was acknowledged. */
  readonly acked: number[];
  spooling: number;
  lines: number;
}

async function killRound(dir: string, round: number, said: Said): Promise<void> {
  const child = Bun.spawn([process.execPath, CHILD, dir, "on"], { stdout: "pipe", stderr: "inherit" });
  const decoder = new TextDecoder();
  let text = "";
  let isDying = false;
  for await (const chunk of child.stdout) {
    const lines = (text + decoder.decode(chunk, { stream: true })).split("\n");
    text = lines.pop() ?? "";
    for (const line of lines) {
      const [, partition, n, state] = line.split(" ");
      said.acked[Number(partition)] = Number(n);
      said.lines++;
      if (state === "spooling") said.spooling++;
      if (isDying || state !== "spooling" || said.lines === said.spooling) continue;
      isDying = true;
      setTimeout(() => child.kill("SIGKILL"), 5 + ((round * 53) % 170));
    }
  }
  await child.exited;
  expect(child.signalCode).toBe("SIGKILL");
}

test("killed amid spooling, again and again: nothing acked is lost, each partition keeps its order, each id is one", async () => {
  const dir = mkdtempSync(join(tmpdir(), "tapebell-spool-kill-"));
  try {
    const said: Said = { acked: [], spooling: 0, lines: 0 };
    for (let round = 0; round < ROUNDS; round++) await killRound(dir, round, said);
    expect(said.spooling).toBeGreaterThan(ROUNDS);
    expect(said.lines).toBeGreaterThan(said.spooling);
    const last = Bun.spawn([process.execPath, CHILD, dir, "last"], { stdout: "inherit", stderr: "inherit" });
    expect(await last.exited).toBe(0);

    const outer = await openEmbeddedBus({ dir: join(dir, "outer"), prefix: "", fsync: "normal" });
    await outer.ensureTopics([TOPICS.market]);
    for (const partition of PARTITIONS) {
      const { end } = await outer.info(TOPICS.market.name, partition);
      const batches = await read(outer, TOPICS.market.name, partition, 0, end);
      const numbers = valuesOf(batches).map((value) => (JSON.parse(value) as { n: number }).n);
      const once = [...new Set(numbers)];
      expect(once).toEqual(Array.from({ length: once.length }, (_, n) => n));
      expect(once.length).toBeGreaterThan(said.acked[partition]!);
    }
    await outer.close();
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

const canMount =
  Bun.spawnSync(["sh", "-c", "unshare -rm mount -t tmpfs tmpfs /mnt"], { stdout: "ignore", stderr: "ignore" })
    .exitCode === 0;
if (!canMount) console.log("skipped: a full disk needs unshare(1) and mount(1) with user namespaces");

test.skipIf(!canMount)(
  "a disk that is really full while spooling: said, held, and everything arrives in the end",
  async () => {
    const dir = mkdtempSync(join(tmpdir(), "tapebell-spool-full-"));
    try {
      const inside = `mount -t tmpfs -o size=6m tmpfs ${dir} && exec ${process.execPath} ${FULL_DISK_CHILD} ${dir}`;
      const child = Bun.spawn(["unshare", "-rm", "sh", "-c", inside], { stdout: "pipe", stderr: "inherit" });
      const said = JSON.parse(await new Response(child.stdout).text()) as {
        atFull: { written: number; trouble: string };
        afterRoom: { state: string; trouble: string };
        isWhole: boolean;
      };
      expect(said.atFull.written).toBeGreaterThan(50);
      expect(said.atFull.trouble).toContain("the disk is full");
      expect(said.afterRoom.state).toBe("spooling");
      expect(said.afterRoom.trouble).toContain("records wait in the spool");
      expect(said.isWhole).toBe(true);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  },
);
