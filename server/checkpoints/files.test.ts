import { expect, test } from "bun:test";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkpointsContract } from "./checkpoints.contract.ts";
import { openFileCheckpoints } from "./files.ts";

const newestOf = async (dir: string, key: string): Promise<string> => {
  const names = (await readdir(dir)).filter((name) => name.startsWith(`${key}.`));
  names.sort((a, b) => Number(b.split(".")[1]) - Number(a.split(".")[1]));
  return join(dir, names[0] ?? "none");
};

checkpointsContract("files", async () => {
  const dir = await mkdtemp(join(tmpdir(), "tapebell-ckpt-"));
  return {
    open: () => openFileCheckpoints(dir),
    damageNewest: async (key) => {
      const path = await newestOf(dir, key);
      await writeFile(path, (await readFile(path)).subarray(0, -7));
    },
    remove: () => rm(dir, { recursive: true, force: true }),
  };
});

test("a write cut short by a crash is never taken for a checkpoint", async () => {
  const dir = await mkdtemp(join(tmpdir(), "tapebell-ckpt-"));
  const store = await openFileCheckpoints(dir);
  await writeFile(join(dir, "aggregate-0.9.ckpt.new"), "tapebell-checkpoint-1 00");
  expect(await store.load("aggregate-0")).toEqual({ found: [], problems: [] });
  await rm(dir, { recursive: true });
});
