import { expect, test } from "bun:test";
import { readdir, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Bar } from "../core/messages/index.ts";
import { INTERVALS } from "../core/messages/index.ts";
import { openFileCheckpoints } from "./checkpoints/files.ts";
import { type AppProcess, getJson, until } from "./test-support/app-process.ts";
import { appsOfEachTest, ready, statusOf } from "./test-support/apps.ts";

const { dataDir, start } = appsOfEachTest({ SYNTHETIC_SCENARIO: "quiet" });

type Page<T> = { items: T[] };
const barsOf = (app: AppProcess, symbol: string, interval: string, limit = 1000): Promise<Page<Bar>> =>
  getJson(`${app.url}/api/bars?symbol=${symbol}&interval=${interval}&limit=${limit}`);
const symbolsOf = async (app: AppProcess): Promise<string[]> =>
  (await getJson<Page<{ symbol: string }>>(`${app.url}/api/symbols`)).items.map((one) => one.symbol);

/** All final bars the server can show, by id. */
async function finals(app: AppProcess): Promise<Map<string, Bar>> {
  const found = new Map<string, Bar>();
  for (const symbol of await symbolsOf(app)) {
    for (const interval of INTERVALS) {
      for (const bar of (await barsOf(app, symbol, interval)).items) if (bar.final) found.set(bar.bar_id, bar);
    }
  }
  return found;
}

test("killed again and again: every final bar that was shown stands, and its successor goes on from there", async () => {
  const dir = await dataDir();
  const shown = new Map<string, Bar>();
  for (let round = 0; round < 4; round++) {
    const app = await start({ DATA_DIR: dir, CHECKPOINT_SEC: "1" });
    await ready(app);
    const symbols = await symbolsOf(app);
    const before = Date.now();
    await until(
      () => barsOf(app, symbols[0] ?? "", "1s", 5),
      ({ items }) => items.some((bar) => bar.final && bar.start_ts_ms > before + round * 700),
    );
    const now = await finals(app);
    for (const [id, bar] of shown) {
      const kept = now.get(id);
      // The cache holds the newest 600 of a series; what it no longer shows cannot be asked for here.
      if (kept === undefined) continue;
      expect(kept.revision).toBeGreaterThanOrEqual(bar.revision);
      if (kept.revision === bar.revision) {
        const { ingest_ts_ms: _a, ...a } = kept;
        const { ingest_ts_ms: _b, ...b } = bar;
        expect(a).toEqual(b);
      }
    }
    for (const [id, bar] of now) shown.set(id, bar);
    await app.kill();
  }
  expect(shown.size).toBeGreaterThan(1_000);
  // The open day knows every trade of its minutes: what was killed in between is filled, not forgotten.
  const last = await start({ DATA_DIR: dir });
  await ready(last);
  for (const symbol of (await symbolsOf(last)).slice(0, 2)) {
    const minutes = (await barsOf(last, symbol, "1m", 120)).items.filter((bar) => bar.final);
    const starts = minutes.map((bar) => bar.start_ts_ms);
    expect(starts).toEqual([...new Set(starts)]);
    for (let i = 1; i < starts.length; i++) expect(starts[i]! - starts[i - 1]!).toBe(60_000);
  }
}, 180_000);

test("a damaged part of the log is set aside and named; the start goes on with the rest", async () => {
  const dir = await dataDir();
  const first = await start({ DATA_DIR: dir });
  await ready(first);
  const before = await finals(first);
  expect(await first.stop()).toBe(0);
  const folder = join(dir, "synthetic", "bus");
  const damaged = (await readdir(folder, { recursive: true })).filter((name) => /tape\.market.*\.sqlite$/.test(name));
  expect(damaged.length).toBeGreaterThan(0);
  for (const name of damaged) {
    await truncate(join(folder, name), 100);
    await Promise.all(["-wal", "-shm"].map((end) => writeFile(join(folder, name + end), "")));
  }
  const second = await start({ DATA_DIR: dir });
  const status = await until(
    () => statusOf(second),
    (s) => s.ready,
  );
  expect(status.problems.join("\n")).toContain("tape.market");
  expect((await readdir(folder, { recursive: true })).some((name) => name.includes("corrupt"))).toBe(true);
  const after = await finals(second);
  const lost = [...before.keys()].filter((id) => !after.has(id) && id.includes("-1h"));
  expect(lost).toEqual([]);
}, 120_000);

test("a worker that throws is started again, and /ready says why in words", async () => {
  const dir = await dataDir();
  const first = await start({ DATA_DIR: dir, CHECKPOINT_SEC: "1" });
  await ready(first);
  const folder = join(dir, "synthetic", "checkpoints");
  const saved = async (): Promise<Set<string>> =>
    new Set((await readdir(folder)).flatMap((name) => /^(aggregate-.+)\.\d+\.ckpt$/.exec(name)?.[1] ?? []));
  await until(saved, ({ size }) => size > 0);
  expect(await first.stop()).toBe(0);
  // A checkpoint that is whole by its checksum but whose state no graph could have made.
  const keys = await saved();
  const checkpoints = await openFileCheckpoints(folder);
  for (const key of keys) {
    const [newest] = (await checkpoints.load(key)).found;
    // Twice, since the one before the newest would do.
    for (let i = 0; i < 2; i++) await checkpoints.save(key, { ...newest!, state: { dedupe: null } });
  }
  const second = await start({ DATA_DIR: dir, CHECKPOINT_SEC: "1", TASK_RESTART_BACKOFF_SEC: "0.2" });
  const answer = await until(
    async () => {
      const response = await fetch(`${second.url}/ready`);
      return { status: response.status, text: await response.text() };
    },
    ({ status, text }) => status === 503 && text.includes("aggregate fell"),
  );
  expect(answer.text).toContain("starting it again");
  for (const name of await readdir(folder)) await writeFile(join(folder, name), "");
  await ready(second);
}, 120_000);
