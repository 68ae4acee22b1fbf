import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Source, Store } from "../../core/ports/store.ts";
import { type EmbeddedDatabase, embeddedIn, openStore, startEmbedded, whatIsLost } from "../index.ts";
import { lendStore } from "../test-support/made-store.ts";
import { alert, bar, headline } from "../test-support/samples.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "tapebell-recovery-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const source = (position: number, from?: number): Source => ({
  reader: "persist",
  log_id: "log-1",
  topic: "tape.bars",
  partition: 0,
  position,
  ...(from === undefined ? {} : { from }),
});
const minutes = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => bar({ start_ts_ms: (from + i) * 60_000, revision: i }));
const allBars = async (store: Store) =>
  (await store.readBars({ symbol: "BTCUSDT", interval: "1m", limit: 1_000 })).items;

const start = (): Promise<EmbeddedDatabase> =>
  startEmbedded({ ...embeddedIn(dir), backup_every_ms: 0, backups_kept: 2 });
const withStore = async <T>(work: (store: Store, database: EmbeddedDatabase) => Promise<T>): Promise<T> => {
  const database = await start();
  const store = await openStore({ kind: "embedded", port: database.port() }, "live");
  try {
    return await work(store, database);
  } finally {
    await store.close();
    await database.close();
  }
};

/** Every data file longer than a page gets nonsense in its middle. */
const garble = (): void => {
  const base = join(dir, "store", "base");
  for (const name of readdirSync(base, { recursive: true, encoding: "utf8" })) {
    const path = join(base, name);
    const bytes =
      existsSync(path) && /\/\d+$/.test(path) && readdirSync(join(path, "..")).length > 3 ? safeRead(path) : null;
    if (bytes === null || bytes.length < 8_192) continue;
    for (let at = 0; at < bytes.length; at += 512) bytes.fill(0xa5, at + 100, at + 140);
    writeFileSync(path, bytes);
  }
};
const safeRead = (path: string): Buffer | null => {
  try {
    return readFileSync(path);
  } catch {
    return null;
  }
};

test("a damaged database is moved aside, restored from the backup, and the log brings back the rest", async () => {
  const title = 'line\u2028sep "quoted" {NULL} \\ ünï';
  const before = await withStore(async (store, database) => {
    await store.writeBars(source(1_500), minutes(0, 1_500));
    await store.writeAlerts(null, [alert({ title })]);
    await store.writeHeadlines(null, [headline({ title })]);
    const file = await database.backup();
    expect((await store.health()).backup_ms).toBeGreaterThan(0);
    await store.writeBars(source(1_600, 1_500), minutes(1_500, 1_600));
    return { file, bars: await allBars(store) };
  });

  garble();
  await withStore(async (store, database) => {
    const { recovery } = database;
    expect(recovery).toMatchObject({ backup: { file: before.file, rows: 1_503 }, problems: [] });
    expect(recovery?.replay_from).toEqual([
      { reader: "persist", log_id: "log-1", topic: "tape.bars", partition: 0, position: 1_500 },
    ]);
    expect(existsSync(join(recovery?.moved_to ?? "", "PG_VERSION"))).toBe(true);
    expect((await store.readAlert(alert().id))?.title).toBe(title);
    expect((await store.readHeadlines({ limit: 5 })).items).toEqual([headline({ title })]);

    // A reader that did not look where to go on from is not let through.
    const ahead = await store.writeBars(source(1_700, 1_600), minutes(1_600, 1_700)).catch((cause) => cause);
    expect(ahead).toMatchObject({ code: "store_behind" });
    const [offset] = await store.readOffsets("persist");
    await store.writeBars(source(1_600, offset?.position ?? 0), minutes(1_500, 1_600));
    expect(await allBars(store)).toEqual(before.bars);

    const log = { log_id: "log-1", start: 1_550, end: 1_600 };
    const lost = await whatIsLost(recovery!, async () => log);
    expect(lost.at(-1)).toBe("tape.bars/0: records 1500 to 1549 are in neither the backup nor the log");
    expect(await whatIsLost(recovery!, async () => ({ ...log, start: 1_500 }))).toHaveLength(1);
  });
  // The next start has nothing to mend.
  await withStore(async (store, database) => {
    expect(database.recovery).toBeNull();
    expect(await allBars(store)).toEqual(before.bars);
  });
}, 180_000);

test("a torn newest backup is named and the one before it is used; only so many are kept", async () => {
  lendStore(embeddedIn(dir).folder);
  const files = await withStore(async (store, database) => {
    const made: string[] = [];
    for (const n of [1, 2, 3]) {
      await store.writeBars(source(n, n - 1), minutes(n - 1, n));
      made.push(await database.backup());
    }
    return made;
  });
  expect(
    readdirSync(join(dir, "backup"))
      .map((name) => join(dir, "backup", name))
      .sort(),
  ).toEqual(files.slice(1));
  truncateSync(files[2]!, readFileSync(files[2]!).length - 40);
  rmSync(join(dir, "store", "global", "pg_control"));
  await withStore(async (store, database) => {
    expect(database.recovery?.backup?.file).toBe(files[1]!);
    expect(database.recovery?.problems).toEqual([expect.stringContaining(files[2]!)]);
    expect((await store.readOffsets("persist"))[0]?.position).toBe(2);
  });
}, 180_000);

test("damage met while running is remembered, and without a backup the log is all there is", async () => {
  lendStore(embeddedIn(dir).folder);
  await withStore((store) => store.writeBars(source(1), minutes(0, 1)));
  writeFileSync(join(dir, "store.broken"), "invalid page in block 7");
  await withStore(async (store, database) => {
    expect(database.recovery).toMatchObject({ why: "invalid page in block 7", backup: null, replay_from: [] });
    expect(await store.readOffsets("persist")).toEqual([]);
    expect(await whatIsLost(database.recovery!, async () => ({ log_id: "log-1", start: 0, end: 1 }))).toHaveLength(1);
  });
}, 180_000);

test("a folder that may not be written is said, and nothing is moved", async () => {
  writeFileSync(join(dir, "in-the-way"), "");
  const failure = await startEmbedded({ folder: join(dir, "in-the-way", "store"), backups: join(dir, "backup") }).catch(
    (cause) => cause,
  );
  expect(failure).toBeInstanceOf(Error);
  expect(readdirSync(dir)).toEqual(["in-the-way"]);
}, 180_000);
