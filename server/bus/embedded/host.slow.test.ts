import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TapebellError } from "../../../core/errors.ts";
import { openBus } from "../open.ts";
import { Member, read, spec, texts, valuesOf } from "../test-support/read.ts";
import { until } from "../test-support/until.ts";
import { type BusHost, openEmbeddedBus } from "./host.ts";

const PORT_CHILD = new URL("../test-support/port-child.ts", import.meta.url);
const FULL_DISK_CHILD = new URL("../test-support/full-disk-child.ts", import.meta.url).pathname;

let dir: string;
const hosts: BusHost[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "tapebell-host-"));
});
afterEach(async () => {
  for (const host of hosts.splice(0)) await host.close().catch(() => {});
  rmSync(dir, { recursive: true, force: true });
});

async function open(fsync: "normal" | "always" = "normal"): Promise<BusHost> {
  const host = await openEmbeddedBus({ dir, prefix: "", fsync });
  hosts.push(host);
  return host;
}
const failure = async (call: Promise<unknown>): Promise<TapebellError> => {
  const error = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(TapebellError);
  return error as TapebellError;
};

test("another thread reads and writes over its own port", async () => {
  const host = await open();
  await host.ensureTopics([spec("in"), spec("out")]);
  const worker = new Worker(PORT_CHILD);
  const port = host.connect();
  const answer = new Promise<unknown>((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
  });
  worker.postMessage({ port, count: 500 }, [port]);
  for (let i = 0; i < 500; i += 50) await host.publish("in", 0, texts(i, i + 50));
  expect(await answer).toEqual({ copied: 500 });
  expect(valuesOf(await read(host, "out", 0, 0, 500))).toEqual(texts(0, 500));
  worker.terminate();
  await until("the thread's connection to be forgotten", async () => (await host.stats()).connections === 1);
});

test("a thread that ends leaves what it held, and the bus goes on", async () => {
  const host = await open();
  await host.ensureTopics([spec("in"), spec("out")]);
  const worker = new Worker(PORT_CHILD);
  const port = host.connect();
  worker.postMessage({ port, count: 1_000 }, [port]);
  await host.publish("in", 0, texts(0, 5));
  await until("the copy to begin", async () => (await host.info("out", 0)).end === 5);
  worker.terminate();
  await until("the connection to be forgotten", async () => (await host.stats()).connections === 1);
  expect((await host.publish("in", 0, texts(5, 6))).first).toBe(5);
});

test("after a restart: same log, same positions, groups where they were", async () => {
  for (const fsync of ["normal", "always"] as const) {
    const topic = `t-${fsync}`;
    const first = await open(fsync);
    await first.ensureTopics([spec(topic, { partitions: 2 })]);
    const { log_id } = await first.publish(topic, 1, texts(0, 10));
    const member = new Member(first, topic, "g", async (item) => {
      if (item.position < 6) await item.ack();
    });
    await until("six acks", async () => (await first.lag(topic, 1, { group: "g" })) === 4);
    await first.close();
    await member.done;
    const second = await open(fsync);
    await second.ensureTopics([spec(topic, { partitions: 2 })]);
    expect(await second.info(topic, 1)).toEqual({ log_id, start: 0, end: 10 });
    expect((await second.publish(topic, 1, texts(10, 11))).first).toBe(10);
    const rest = new Member(second, topic, "g", (item) => item.ack(), { from: "latest" });
    await until("the rest", async () => (await second.lag(topic, 1, { group: "g" })) === 0);
    await rest.stop();
    expect(rest.got.map((item) => [item.position, item.attempt])).toEqual([
      [6, 2],
      [7, 2],
      [8, 2],
      [9, 2],
      [10, 1],
    ]);
    expect(second.problems()).toEqual([]);
    await second.close();
  }
});

test("a topic that is not durable begins anew under another log id", async () => {
  const memory = spec("t", { durable: false });
  const first = await open();
  await first.ensureTopics([memory]);
  const { log_id } = await first.publish("t", 0, texts(0, 3));
  await first.close();
  const second = await open();
  await second.ensureTopics([memory]);
  const info = await second.info("t", 0);
  expect(info).toMatchObject({ start: 0, end: 0 });
  expect(info.log_id).not.toBe(log_id);
});

test("publishes on their way when the bus is closed are in the log or refused, never acked and lost", async () => {
  const first = await open();
  await first.ensureTopics([spec("t")]);
  const acked: number[] = [];
  const calls = Array.from({ length: 50 }, (_, i) =>
    first.publish("t", 0, [`${i}`]).then(
      () => acked.push(i),
      () => {},
    ),
  );
  await first.close();
  await Promise.all(calls);
  const second = await open();
  await second.ensureTopics([spec("t")]);
  const { end } = await second.info("t", 0);
  const stored = valuesOf(await read(second, "t", 0, 0, end));
  for (const i of acked) expect(stored[i]).toBe(`${i}`);
});

test("the death of the bus thread refuses every call, ends every reader with an error, and is told", async () => {
  const host = await open();
  await host.ensureTopics([spec("t")]);
  const follower = failure(read(host, "t", 0, 0, 1));
  const member = failure(new Member(host, "t", "g", () => {}).done);
  await host.info("t", 0);
  // No message of ours: the thread must not go on with a state it does not understand.
  host.connect().postMessage(null);
  expect(await host.ended).toBeInstanceOf(TapebellError);
  expect((await follower).code).toBe("bus_gone");
  expect((await member).code).toBe("bus_gone");
  const error = await failure(host.publish("t", 0, ["1"]));
  expect(error).toMatchObject({ kind: "outside", code: "bus_gone" });
  expect(error.hint).toContain("open the bus again");
});

test("a folder that cannot be used is said plainly, by topic", async () => {
  writeFileSync(join(dir, "bus"), "");
  expect((await failure(open())).code).toBe("bus_not_writable");
  rmSync(join(dir, "bus"));
  const host = await open();
  writeFileSync(join(dir, "bus", "bad"), "");
  const error = await failure(host.ensureTopics([spec("good"), spec("bad")]));
  expect(error.code).toBe("bus_not_writable");
  expect(error.message).toContain("bad");
  expect((await host.publish("good", 0, ["1"])).first).toBe(0);
});

test("a damaged segment is told through problems()", async () => {
  mkdirSync(join(dir, "bus", "t"), { recursive: true });
  writeFileSync(join(dir, "bus", "t", "00000001.sqlite"), "this is no database".repeat(1_000));
  const host = await open();
  await host.ensureTopics([spec("t")]);
  const [problem] = host.problems();
  expect(problem).toMatchObject({ topic: "t", code: "segment_corrupt" });
  expect(readdirSync(join(dir, "bus", "t")).some((name) => join(dir, "bus", "t", name) === problem?.path)).toBe(true);
  expect((await host.stats()).problems).toBe(1);
  expect((await host.publish("t", 0, ["1"])).first).toBeGreaterThan(0);
});

test("damaged groups are moved aside and start over at the oldest record", async () => {
  const first = await open();
  await first.ensureTopics([spec("t")]);
  await first.publish("t", 0, texts(0, 4));
  const member = new Member(first, "t", "g", (item) => item.ack());
  await until("the work", async () => (await first.lag("t", 0, { group: "g" })) === 0);
  await first.close();
  await member.done;
  writeFileSync(join(dir, "bus", "t", "groups.sqlite"), "x".repeat(20_000));
  const second = await open();
  await second.ensureTopics([spec("t")]);
  const again = new Member(second, "t", "g", (item) => item.ack(), { from: "latest" });
  await until("the work once more", () => again.got.length === 4);
  await again.stop();
  expect(second.problems().map((problem) => problem.code)).toEqual(["group_corrupt"]);
});

test("work that retention took before it was done is counted and told", async () => {
  const host = await open();
  await host.ensureTopics([spec("t", { retentionBytes: 64 * 1024 })]);
  const pad = "x".repeat(1_000);
  await host.publish("t", 0, [`[0,"${pad}"]`]);
  const member = new Member(host, "t", "g", (item) => item.ack(), { maxInFlight: 1 });
  await until("the first", async () => (await host.lag("t", 0, { group: "g" })) === 0);
  await member.stop();
  for (let i = 1; i < 200; i++) await host.publish("t", 0, [`[${i},"${pad}"]`]);
  const { start } = await host.info("t", 0);
  expect(start).toBeGreaterThan(1);
  const late = new Member(host, "t", "g", (item) => item.ack());
  await until("the rest", async () => (await host.lag("t", 0, { group: "g" })) === 0);
  await late.stop();
  expect(late.got[0]?.position).toBe(start);
  const [problem] = host.problems();
  expect(problem?.code).toBe("work_expired");
  expect(problem?.text).toContain(`${start - 1} records`);
});

test("openBus knows its engines", async () => {
  const host = await openBus({ engine: "embedded", dir, prefix: "", fsync: "normal" });
  hosts.push(host);
  expect(host.engine).toBe("embedded");
  const error = await failure(openBus({ engine: "carrier-pigeon", dir, prefix: "", fsync: "normal" }));
  expect(error.message).toContain("BUS=carrier-pigeon");
});

const canMount =
  Bun.spawnSync(["sh", "-c", "unshare -rm mount -t tmpfs tmpfs /mnt"], { stdout: "ignore", stderr: "ignore" })
    .exitCode === 0;
if (!canMount) console.log("skipped: a full disk needs unshare(1) and mount(1) with user namespaces");

test.skipIf(!canMount)(
  "a full disk refuses publishes plainly; reads go on, and writes once there is room",
  async () => {
    const inside = `mount -t tmpfs -o size=4m tmpfs ${dir} && exec ${process.execPath} ${FULL_DISK_CHILD} ${dir}`;
    const child = Bun.spawn(["unshare", "-rm", "sh", "-c", inside], { stdout: "pipe", stderr: "inherit" });
    const said = JSON.parse(await new Response(child.stdout).text());
    expect(said).toMatchObject({ code: "bus_disk_full", readWhileFull: true, memoryFirst: 0, readAfter: true });
    expect(said.acked).toBeGreaterThan(50);
    expect([said.end, said.afterFirst]).toEqual([said.acked, said.acked]);
    expect(said.message).toContain("topic t");
    expect(said.hint).toContain("make room");
  },
);
