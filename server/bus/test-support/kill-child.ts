/**
 * A process to be killed: two threads publish, one follows, one works, all over ports of one embedded bus. What it says
 * on stdout is written by each thread itself, line by line, right after the fact.
 */
import { writeSync } from "node:fs";
import { connectBus } from "../embedded/connect.ts";
import type { BusHost } from "../embedded/host.ts";
import { openEmbeddedBus } from "../embedded/host.ts";
import { spec } from "./read.ts";

export const KILL_TOPIC = spec("t", { partitions: 2, retentionBytes: 48 * 1024 * 1024 });
export const KILL_GROUP = "g";

interface Job {
  readonly port: MessagePort;
  readonly role: "publish" | "follow" | "work";
  readonly tag: string;
  readonly partition: number;
  readonly from: number;
}

declare const self: Worker;
const say = (...words: (string | number)[]) => writeSync(1, `${words.join(" ")}\n`);

async function publish({ port, tag, partition }: Job): Promise<void> {
  const bus = connectBus(port);
  const pad = "x".repeat(800);
  for (let n = 0; ; ) {
    const count = 1 + ((n * 7) % 40);
    const values = Array.from({ length: count }, (_, i) => `["${tag}",${n + i},"${pad}"]`);
    const ack = await bus.publish("t", partition, values);
    say("ack", tag, partition, n, count, ack.first);
    n += count;
    await Bun.sleep(1);
  }
}

async function follow({ port, partition, from }: Job): Promise<void> {
  for await (const batch of connectBus(port).follow("t", partition, from)) say("read", batch.first, batch.next);
}

async function work({ port }: Job): Promise<void> {
  for await (const item of connectBus(port).work("t", KILL_GROUP, { maxInFlight: 32 })) {
    say("got", item.partition, item.position, item.attempt);
    void item.ack().then(() => say("done", item.partition, item.position));
  }
}

async function main(dir: string, round: number, from: number): Promise<void> {
  const bus: BusHost = await openEmbeddedBus({ dir, prefix: "", fsync: "normal" });
  await bus.ensureTopics([KILL_TOPIC]);
  for (const problem of bus.problems()) say("problem", problem.text);
  const job = (role: Job["role"], partition: number, tag: string) => {
    const worker = new Worker(import.meta.url);
    const port = bus.connect();
    worker.postMessage({ port, role, tag, partition, from } satisfies Job, [port]);
  };
  job("publish", 0, `a${round}`);
  job("publish", 0, `b${round}`);
  job("publish", 1, `c${round}`);
  job("follow", 0, "");
  job("work", 0, "");
}

if (Bun.isMainThread) {
  if (import.meta.main) await main(process.argv[2]!, Number(process.argv[3]), Number(process.argv[4]));
} else {
  self.onmessage = ({ data }: MessageEvent<Job>) => {
    const roles = { publish, follow, work };
    void roles[data.role](data);
  };
}
