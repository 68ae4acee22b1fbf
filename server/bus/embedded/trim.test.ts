import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { read, spec, valuesOf } from "../test-support/read.ts";
import { type BusHost, openEmbeddedBus } from "./host.ts";

const dirs: string[] = [];
const hosts: BusHost[] = [];
afterEach(async () => {
  for (const host of hosts.splice(0)) await host.close();
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

async function open(dir: string): Promise<BusHost> {
  const host = await openEmbeddedBus({ dir, prefix: "", fsync: "normal" });
  hosts.push(host);
  await host.ensureTopics([spec("t", { partitions: 2, retentionBytes: 800_000 })]);
  return host;
}

const record = (n: number): string => `[${n},"${"x".repeat(10_000)}"]`;
const bytesOf = async (host: BusHost): Promise<number> => (await host.stats()).topics[0]!.bytes;

test("trimmed: whole segments go as soon as no partition wants them, and what is wanted stays", async () => {
  const dir = mkdtempSync(join(tmpdir(), "tapebell-trim-"));
  dirs.push(dir);
  const host = await open(dir);
  for (let n = 0; n < 30; n++) {
    await host.publish("t", 0, [record(n)]);
    await host.publish("t", 1, [record(n)]);
  }
  const all = await bytesOf(host);
  await host.trim("t", [30, 0]);
  expect(await bytesOf(host)).toBe(all);
  await host.trim("t", [30, 20]);
  expect(await bytesOf(host)).toBeLessThan(all * 0.6);
  const kept = valuesOf(await read(host, "t", 1, 20, 10));
  expect(kept).toEqual(Array.from({ length: 10 }, (_, i) => record(20 + i)));
});

test("trimmed to the end: the disk is free, positions go on, after a restart too", async () => {
  const dir = mkdtempSync(join(tmpdir(), "tapebell-trim-"));
  dirs.push(dir);
  const host = await open(dir);
  const { log_id } = await host.publish("t", 0, [record(0), record(1)]);
  await host.publish("t", 1, [record(0)]);
  await host.trim("t", [2, 1]);
  expect(await bytesOf(host)).toBe(0);
  expect(await host.info("t", 0)).toEqual({ log_id, start: 2, end: 2 });
  await host.close();
  const again = await open(dir);
  expect(again.problems()).toEqual([]);
  expect(await again.info("t", 0)).toEqual({ log_id, start: 2, end: 2 });
  expect(await again.publish("t", 0, [record(2)])).toMatchObject({ log_id, first: 2 });
  expect(valuesOf(await read(again, "t", 0, 2, 1))).toEqual([record(2)]);
});
