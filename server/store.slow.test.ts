import { describe, expect, test } from "bun:test";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Alert, Bar, Status } from "../core/messages/index.ts";
import { openStore } from "../db/index.ts";
import { NO_POSTGRES, ownServer } from "../db/test-support/postgres.ts";
import { type AppProcess, getJson, until } from "./test-support/app-process.ts";
import { appsOfEachTest, statusOf } from "./test-support/apps.ts";

/** The tour's first alert comes 15 s after the URL is printed; a busy machine may take its time. */
const TOUR_MS = 120_000;

const { atEnd, dataDir, start } = appsOfEachTest();

type Page<T> = { items: T[] };
const alertsOf = (app: AppProcess): Promise<Page<Alert>> => getJson(`${app.url}/api/alerts?limit=100`);
const barsOf = (app: AppProcess): Promise<Page<Bar>> =>
  getJson(`${app.url}/api/bars?symbol=BTCUSDT&interval=1m&limit=1000`);
const part = (status: Status, name: string) => status.parts.find((one) => one.part === name);
const isStored = (status: Status): boolean =>
  part(status, "store")?.state === "live" && (part(status, "persist")?.counters?.unwritten ?? 1) === 0;
const firstAlert = (app: AppProcess): Promise<Page<Alert>> =>
  until(
    () => alertsOf(app),
    ({ items }) => items.length > 0,
    TOUR_MS,
  );

/** The same promise over both engines: what was seen is there after the next start. */
async function survivesRestart(settings: Record<string, string>): Promise<void> {
  const first = await start(settings);
  const { items: seen } = await firstAlert(first);
  await until(() => statusOf(first), isStored, TOUR_MS);
  const bars = (await barsOf(first)).items.filter((bar) => bar.final);
  expect(await first.stop()).toBe(0);

  const second = await start({ ...settings, SYNTHETIC_SCENARIO: "quiet" });
  await until(
    () => statusOf(second),
    (status) => part(status, "store")?.state === "live",
    TOUR_MS,
  );
  const again = new Map((await alertsOf(second)).items.map((alert) => [alert.id, alert]));
  for (const alert of seen) {
    const kept = again.get(alert.id);
    expect(kept).toBeDefined();
    expect(kept!.revision).toBeGreaterThanOrEqual(alert.revision);
    expect(kept!.evidence).toBeDefined();
  }
  const kept = new Map((await barsOf(second)).items.map((bar) => [bar.bar_id, bar]));
  for (const bar of bars.slice(-100)) expect(kept.get(bar.bar_id)?.trade_count).toBe(bar.trade_count);
}

test("embedded: alerts, history and open candles are there after the next start", async () => {
  await survivesRestart({ DATA_DIR: await dataDir() });
}, 300_000);

test("embedded: a damaged database is moved aside, filled again from backup and log, and said in words", async () => {
  const dir = await dataDir();
  const first = await start({ DATA_DIR: dir });
  const { items: seen } = await firstAlert(first);
  await until(() => statusOf(first), isStored, TOUR_MS);
  expect(await first.stop()).toBe(0);
  const folder = join(dir, "synthetic", "store");
  const control = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith("pg_control"));
  expect(control.length).toBeGreaterThan(0);
  for (const name of control) await writeFile(join(folder, name), "garbage");

  const second = await start({ DATA_DIR: dir, SYNTHETIC_SCENARIO: "quiet" });
  await until(
    () => statusOf(second),
    ({ problems }) => problems.join("\n").includes("restored"),
    TOUR_MS,
  );
  expect((await readdir(join(dir, "synthetic"))).some((name) => name.startsWith("store.broken-"))).toBe(true);
  const again = await until(
    () => alertsOf(second),
    ({ items }) => items.length >= seen.length,
    TOUR_MS,
  );
  expect(again.items.map((alert) => alert.id)).toEqual(expect.arrayContaining(seen.map((alert) => alert.id)));
}, 300_000);

if (NO_POSTGRES !== null) console.log(`skipped: the process over PostgreSQL — ${NO_POSTGRES}`);
describe.skipIf(NO_POSTGRES !== null)("over PostgreSQL", () => {
  test("the same lives in the database DATABASE_URL names", async () => {
    const server = await ownServer();
    atEnd(() => server.dispose());
    await survivesRestart({ DATA_DIR: await dataDir(), DATABASE_URL: server.url });
    const store = await openStore({ kind: "postgres", url: server.url }, "synthetic");
    atEnd(() => store.close());
    expect((await store.readAlerts({ limit: 10 })).items.length).toBeGreaterThan(0);
    expect((await store.readBars({ symbol: "BTCUSDT", interval: "1m", limit: 1000 })).items.length).toBeGreaterThan(
      500,
    );
  }, 300_000);

  test("the server may go away and come back: candles go on, /ready says why, nothing is missing afterwards", async () => {
    const server = await ownServer();
    atEnd(() => server.dispose());
    const app = await start({ DATA_DIR: await dataDir(), DATABASE_URL: server.url, SYNTHETIC_SCENARIO: "quiet" });
    await until(() => statusOf(app), isStored, TOUR_MS);
    await server.stop("immediate");
    const away = await until(
      () => statusOf(app),
      (status) => part(status, "store")?.state === "offline",
      TOUR_MS,
    );
    expect(away.problems.join("\n")).toMatch(/store|persist/);
    const newest = away.newest_ts_ms ?? 0;
    await until(
      () => statusOf(app),
      (status) => (status.newest_ts_ms ?? 0) > newest + 3_000,
      TOUR_MS,
    );
    await server.start();
    await until(() => statusOf(app), isStored, TOUR_MS);
    const store = await openStore({ kind: "postgres", url: server.url }, "synthetic");
    atEnd(() => store.close());
    const served = (await getJson<Page<Bar>>(`${app.url}/api/bars?symbol=BTCUSDT&interval=1s&limit=200`)).items;
    const final = served.filter((bar) => bar.final).slice(0, -3);
    const stored = new Map(
      (await store.readBars({ symbol: "BTCUSDT", interval: "1s", limit: 1000 })).items.map((bar) => [bar.bar_id, bar]),
    );
    expect(final.length).toBeGreaterThan(10);
    for (const bar of final) expect(stored.get(bar.bar_id)?.trade_count).toBe(bar.trade_count);
  }, 300_000);
});
