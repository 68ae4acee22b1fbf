/**
 * The embedded bus in one process: published on this thread, durable, followed on another one. Beside it SQLite alone
 * does the same on one thread: what the port, the threads and the segments cost.
 */
import { Database } from "bun:sqlite";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TopicSpec } from "../core/topics.ts";
import { connectBus } from "../server/bus/embedded/connect.ts";
import { type BusHost, openEmbeddedBus } from "../server/bus/embedded/host.ts";
import { type Measured, main, quantile, round, type Size, type Workload } from "./harness.ts";

const RECORD_BYTES = 175;
const BATCH_RECORDS = 500;
const PACE_PER_SECOND = 10_000;
/** What one tick of a paced publisher holds: 5 ms of trades. */
const PACED_RECORDS = 50;
const IN_FLIGHT = 32;
const SIZES = {
  smoke: { records: 20_000, paced: 2_000 },
  full: { records: 2_000_000, paced: 100_000 },
} as const;
const TOPIC: TopicSpec = {
  name: "bench",
  partitions: 1,
  retentionMs: 86_400_000,
  retentionBytes: 4 * 2 ** 30,
  durable: true,
  writer: "bench",
  readers: ["bench"],
};

declare const self: Worker;
interface FollowJob {
  readonly port: MessagePort;
  readonly from: number;
  readonly count: number;
}

const record = (n: number) =>
  `{"ver":1,"kind":"trade","provider":"bench","symbol":"BTCUSDT","ts_ms":${1.7e12 + n},"trade_id":"${n}","price":${60_000 + (n % 977) / 10},"size":0.${1 + (n % 9)},"pad":"`
    .padEnd(RECORD_BYTES - 2, "x")
    .concat('"}');

/** Distinct batches, made before any clock runs; a run cycles through them. */
const makeBatches = (records: number, size: number) =>
  Array.from({ length: Math.max(1, Math.floor(records / size)) }, (_, b) =>
    Array.from({ length: size }, (_, i) => record(b * size + i)),
  );

class Digest {
  private readonly hash = new Bun.CryptoHasher("sha256");
  add(values: readonly string[]): void {
    for (const value of values) this.hash.update(value).update("\n");
  }
  end(): string {
    return this.hash.digest("hex").slice(0, 16);
  }
}

/** A worker thread of this file follows `count` records and says when it has them. */
function followInThread(bus: BusHost, from: number, count: number): Promise<void> {
  const worker = new Worker(import.meta.url);
  const port = bus.connect();
  return new Promise((resolve, reject) => {
    worker.onmessage = () => {
      worker.terminate();
      resolve();
    };
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage({ port, from, count } satisfies FollowJob, [port]);
  });
}

/** Hands out ticks at the pace; answers how long each took from when it was due. */
async function paced(records: number, tick: (n: number) => Promise<unknown> | undefined): Promise<Float64Array> {
  const ticks = Math.floor(records / PACED_RECORDS);
  const took_ms = new Float64Array(ticks);
  const waiting: Promise<void>[] = [];
  const start = performance.now();
  for (let n = 0; n < ticks; n++) {
    const due = start + (n * PACED_RECORDS * 1_000) / PACE_PER_SECOND;
    while (performance.now() < due) await Bun.sleep(due - performance.now());
    const sent = performance.now();
    const done = () => {
      took_ms[n] = performance.now() - sent;
    };
    const answer = tick(n);
    if (answer === undefined) done();
    else waiting.push(answer.then(done));
  }
  await Promise.all(waiting);
  return took_ms.sort();
}

async function ours(dir: string, size: Size): Promise<Omit<Measured, "peer">> {
  const { records, paced: pacedRecords } = SIZES[size];
  const bus = await openEmbeddedBus({ dir, prefix: "", fsync: "normal" });
  await bus.ensureTopics([TOPIC]);
  const small = makeBatches(pacedRecords, PACED_RECORDS);
  const acks = await paced(pacedRecords, (n) => bus.publish("bench", 0, small[n % small.length]!));
  const batches = makeBatches(Math.min(records, 100_000), BATCH_RECORDS);
  const { end: begin } = await bus.info("bench", 0);
  const followed = followInThread(bus, begin, records);
  const start = performance.now();
  let flying: Promise<unknown>[] = [];
  for (let i = 0; i < records / BATCH_RECORDS; i++) {
    flying.push(bus.publish("bench", 0, batches[i % batches.length]!));
    if (flying.length < IN_FLIGHT) continue;
    await Promise.all(flying);
    flying = [];
  }
  await Promise.all(flying);
  const published_ms = performance.now() - start;
  await followed;
  const followed_ms = performance.now() - start;
  const digest = new Digest();
  let left = begin + records;
  for await (const batch of bus.follow("bench", 0, 0)) {
    digest.add(batch.values);
    left -= batch.values.length;
    if (left === 0) break;
  }
  await bus.close();
  return {
    result_hash: digest.end(),
    figures: {
      published_per_s: round(records / (published_ms / 1_000), 0),
      followed_per_s: round(records / (followed_ms / 1_000), 0),
      ack_p50_ms: round(quantile(acks, 0.5), 3),
      ack_p99_ms: round(quantile(acks, 0.99), 3),
      ack_max_ms: round(quantile(acks, 1), 3),
    },
  };
}

/** SQLite alone, on this thread: a row per batch, read back after. */
async function sqliteAlone(dir: string, size: Size): Promise<Measured["peer"]> {
  const { records, paced: pacedRecords } = SIZES[size];
  const db = new Database(join(dir, "peer.sqlite"), { create: true });
  db.run("pragma journal_mode = wal");
  db.run("pragma synchronous = normal");
  db.run("create table log (first integer primary key, count integer not null, bytes blob not null)");
  const insert = db.prepare("insert into log values (?, ?, ?)");
  const encoder = new TextEncoder();
  let next = 0;
  const put = (values: readonly string[]) => {
    insert.run(next, values.length, encoder.encode(values.join("\n")));
    next += values.length;
  };
  const small = makeBatches(pacedRecords, PACED_RECORDS);
  const acks = await paced(pacedRecords, (n) => {
    put(small[n % small.length]!);
    return undefined;
  });
  const batches = makeBatches(Math.min(records, 100_000), BATCH_RECORDS);
  const begin = next;
  const start = performance.now();
  for (let i = 0; i < records / BATCH_RECORDS; i++) put(batches[i % batches.length]!);
  const published_ms = performance.now() - start;
  const decoder = new TextDecoder();
  const read = db.prepare<{ bytes: Uint8Array }, [number]>("select bytes from log where first >= ? order by first");
  let seen = 0;
  for (const { bytes } of read.iterate(begin)) seen += decoder.decode(bytes).split("\n").length;
  const followed_ms = performance.now() - start;
  if (seen !== records) throw new Error(`the peer read ${seen} of ${records} records`);
  const digest = new Digest();
  for (const { bytes } of read.iterate(0)) digest.add(decoder.decode(bytes).split("\n"));
  read.finalize();
  insert.finalize();
  db.close();
  return {
    name: "bun:sqlite on one thread",
    result_hash: digest.end(),
    figures: {
      published_per_s: round(records / (published_ms / 1_000), 0),
      followed_per_s: round(records / (followed_ms / 1_000), 0),
      ack_p50_ms: round(quantile(acks, 0.5), 3),
      ack_p99_ms: round(quantile(acks, 0.99), 3),
      ack_max_ms: round(quantile(acks, 1), 3),
    },
  };
}

const workload: Workload = {
  name: "bus-embedded",
  targets: [
    { figure: "followed_per_s", min: 200_000 },
    { figure: "ack_p99_ms", max: 10 },
  ],
  async run(size) {
    const dir = mkdtempSync(join(tmpdir(), "tapebell-bench-"));
    try {
      const measured = await ours(dir, size);
      const peer = await sqliteAlone(dir, size);
      const sqlite = new Database(":memory:").prepare<{ v: string }, []>("select sqlite_version() as v").get()?.v ?? "";
      return { ...measured, peer, versions: { sqlite } };
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  },
};

if (!Bun.isMainThread) {
  self.onmessage = async ({ data }: MessageEvent<FollowJob>) => {
    const bus = connectBus(data.port);
    let left = data.count;
    for await (const batch of bus.follow("bench", 0, data.from)) {
      left -= batch.values.length;
      if (left <= 0) break;
    }
    self.postMessage("done");
  };
} else if (import.meta.main) await main(workload);
