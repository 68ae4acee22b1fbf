import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KILL_GROUP, KILL_TOPIC } from "../test-support/kill-child.ts";
import { Member, read, valuesOf } from "../test-support/read.ts";
import { until } from "../test-support/until.ts";
import { type BusHost, openEmbeddedBus } from "./host.ts";

const ROUNDS = 50;
const CHILD = new URL("../test-support/kill-child.ts", import.meta.url).pathname;

interface Seen {
  /** Partition:position → the record an ack promised there. */
  readonly acked: Map<string, string>;
  readonly workDone: Set<string>;
  readonly problems: string[];
  followed: number;
  handedAgain: number;
}

/** Runs the child until it has done something, kills it amid the rest, and takes down what it said. */
async function killRound(dir: string, round: number, seen: Seen): Promise<void> {
  const child = Bun.spawn([process.execPath, CHILD, dir, String(round), String(seen.followed)], {
    stdout: "pipe",
    stderr: "inherit",
  });
  const doneBefore = new Set(seen.workDone);
  const kinds = new Set<string>();
  let killing = false;
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    text += decoder.decode(chunk, { stream: true });
    const lines = text.split("\n");
    text = lines.pop() ?? "";
    for (const line of lines) {
      takeDown(line, seen, doneBefore);
      kinds.add(line.slice(0, line.indexOf(" ")));
    }
    if (!killing && kinds.has("ack") && kinds.has("read") && kinds.has("done")) {
      killing = true;
      // Spread over the child's life, so that kills fall into commits, acks, rotations and idle moments alike.
      setTimeout(() => child.kill("SIGKILL"), 5 + ((round * 37) % 90));
    }
  }
  await child.exited;
  expect(child.signalCode).toBe("SIGKILL");
}

function takeDown(line: string, seen: Seen, doneBefore: ReadonlySet<string>): void {
  const [kind, ...words] = line.split(" ");
  if (kind === "ack") {
    const [tag, partition, n, count, first] = words;
    for (let i = 0; i < Number(count); i++)
      seen.acked.set(`${partition}:${Number(first) + i}`, `["${tag}",${Number(n) + i}`);
  } else if (kind === "read") {
    const [first, next] = words.map(Number);
    expect(first).toBe(seen.followed);
    seen.followed = next!;
  } else if (kind === "got") {
    const key = `${words[0]}:${words[1]}`;
    expect(doneBefore.has(key)).toBe(false);
    if (Number(words[2]) > 1) seen.handedAgain++;
  } else if (kind === "done") seen.workDone.add(`${words[0]}:${words[1]}`);
  else if (kind === "problem") seen.problems.push(line);
}

async function checkLog(bus: BusHost, partition: number, seen: Seen): Promise<void> {
  const { start, end } = await bus.info("t", partition);
  expect(start).toBe(0);
  const batches = await read(bus, "t", partition, 0, end);
  let position = 0;
  for (const batch of batches) {
    expect(batch.first).toBe(position);
    position = batch.next;
  }
  const values = valuesOf(batches);
  const prefixOf = (text: string) => text.slice(0, text.lastIndexOf(","));
  let missing = 0;
  for (const [key, text] of seen.acked) {
    const [p, at] = key.split(":").map(Number);
    if (p === partition && prefixOf(values[at!] ?? "") !== text) missing++;
  }
  expect(missing).toBe(0);
  expect(new Set(values).size).toBe(values.length);
  // Each publisher's records stand in the order it sent them.
  const last = new Map<string, number>();
  for (const value of values) {
    const [tag, n] = JSON.parse(value) as [string, number];
    expect(n).toBe((last.get(tag) ?? -1) + 1);
    last.set(tag, n);
  }
}

test(`killed ${ROUNDS} times amid publishing and consuming: every acked record once, in order; work done stays done`, async () => {
  const dir = mkdtempSync(join(tmpdir(), "tapebell-kill-"));
  const seen: Seen = { acked: new Map(), workDone: new Set(), problems: [], followed: 0, handedAgain: 0 };
  try {
    for (let round = 0; round < ROUNDS; round++) await killRound(dir, round, seen);
    const bus = await openEmbeddedBus({ dir, prefix: "", fsync: "normal" });
    try {
      await bus.ensureTopics([KILL_TOPIC]);
      expect(seen.problems).toEqual([]);
      expect(bus.problems()).toEqual([]);
      expect(seen.acked.size).toBeGreaterThan(ROUNDS * 10);
      for (const partition of [0, 1]) await checkLog(bus, partition, seen);
      expect((await bus.stats()).topics[0]?.segments).toBeGreaterThan(1);
      const rest = new Member(bus, "t", KILL_GROUP, (item) => item.ack());
      const lag = async () =>
        (await bus.lag("t", 0, { group: KILL_GROUP })) + (await bus.lag("t", 1, { group: KILL_GROUP }));
      await until("the group to be done", async () => (await lag()) === 0, 60_000);
      await rest.stop();
      const late = rest.got.map((item) => `${item.partition}:${item.position}`);
      expect(late.filter((key) => seen.workDone.has(key))).toEqual([]);
      // Kills fell between handing out and ack, or this run proved nothing about it.
      expect(seen.handedAgain + rest.got.filter((item) => item.attempt > 1).length).toBeGreaterThan(0);
      expect(new Set(late).size).toBe(late.length);
    } finally {
      await bus.close();
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}, 180_000);
