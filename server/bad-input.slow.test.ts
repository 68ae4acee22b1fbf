import { afterEach, expect, test } from "bun:test";
import { join } from "node:path";
import type { DeadLetter, Status } from "../core/messages/index.ts";
import { MARKET_PARTITIONS, partitionOf } from "../core/partition.ts";
import { TOPICS } from "../core/topics.ts";
import { lendStore } from "../db/test-support/made-store.ts";
import { systemClock } from "./clock.ts";
import { createApp } from "./http/app.ts";
import { createLog } from "./log.ts";
import { createMetrics } from "./metrics/metrics.ts";
import { loadSettings } from "./settings/load.ts";
import { tempDir, until } from "./test-support/app-process.ts";
import { openWorld } from "./world.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** The graph, the store and the API over a tape that this test alone writes. */
async function start() {
  const { dir, remove } = await tempDir();
  cleanups.push(remove);
  lendStore(join(dir, "synthetic", "store"));
  const env = { DATA_DIR: dir, FEED: "synthetic", LOG_LEVEL: "error" };
  const { settings } = loadSettings({ argv: [], env, cwd: dir, ownFlags: {} });
  const log = createLog(settings, "server");
  const roles = ["aggregate", "persist"] as const;
  const world = await openWorld({ origin: "synthetic", settings, version: "1.2.3", roles, log });
  cleanups.push(() => world.close());
  const metrics = createMetrics("1.2.3");
  const { cache, status, store, bus } = world;
  const app = createApp({
    cache,
    status,
    store,
    clock: systemClock,
    version: "1.2.3",
    settings,
    page: null,
    metrics,
  });
  cleanups.push(() => metrics.close());
  cleanups.push(() => app.close());
  const get = async <T>(path: string): Promise<T> => {
    const request = new Request(`http://127.0.0.1:8787${path}`, { headers: { host: "127.0.0.1:8787" } });
    const answer = await app.fetch(request, { ip: "127.0.0.1", keepOpen: () => {}, cut: () => {} });
    return (answer.headers.get("content-type")?.includes("json") ? answer.json() : answer.text()) as Promise<T>;
  };
  return { bus, get };
}

const SYMBOL = "BADUSDT";
const T0 = 1_763_683_200_000;
let sent = 0;
const trade = (change: Record<string, unknown> = {}): Record<string, unknown> => {
  const seq = ++sent;
  const ts_ms = T0 + seq * 10;
  const id = { trade_id: String(seq), seq, event_id: `test|${SYMBOL}|${ts_ms}|${seq}` };
  return {
    ver: 1,
    kind: "trade",
    provider: "test",
    symbol: SYMBOL,
    ts_ms,
    recv_ms: ts_ms,
    price: 100,
    size: 1,
    side: "buy",
    ...id,
    ...change,
  };
};

/** What each record does wrong, and the reason it is refused with; JSON has no NaN, so edges write null, or tear the text. */
const BAD: readonly (readonly [string, () => unknown])[] = [
  ["schema", () => trade({ price: Number.NaN })],
  ["schema", () => trade({ price: Number.POSITIVE_INFINITY })],
  ["undecodable", () => '{"kind":"trade","price":NaN}'],
  ["undecodable", () => '{"kind":"trade","price":Infin'],
  ["invalid", () => trade({ price: 0 })],
  ["invalid", () => trade({ price: -100 })],
  ["invalid", () => trade({ price: 1e18 })],
  ["invalid", () => trade({ size: -1 })],
  ["invalid", () => trade({ ts_ms: 1e300 })],
  ["late", () => trade({ ts_ms: T0 - 3_600_000, recv_ms: T0 - 3_600_000 })],
  ["future", () => trade({ ts_ms: T0 + 86_400_000, recv_ms: T0 + 5_000 })],
  ["schema", () => trade({ symbol: undefined })],
  ["schema", () => trade({ price: "100" })],
  ["schema", () => ({ kind: "quote", provider: "test", symbol: SYMBOL, ts_ms: T0, bid: -1 })],
  ["schema", () => ({ kind: "rumour", text: "to the moon" })],
  ["schema", () => 17],
  ["schema", () => null],
];

test("what cannot be used is set aside with its reason, counted, shown, kept, and moves no bar", async () => {
  const { bus, get } = await start();
  const partition = partitionOf(SYMBOL);
  const encode = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
  const good = (n: number): string[] => Array.from({ length: n }, () => encode(trade()));
  const beat = (ts_ms: number): string =>
    encode({ kind: "heartbeat", provider: "test", ts_ms, reason: "venue", ver: 1 });

  const wanted: Record<string, number> = {};
  const rounds = 2;
  for (const [reason] of BAD) wanted[reason] = (wanted[reason] ?? 0) + rounds;
  // The first round is there when the graph starts, the second comes while it runs.
  for (let round = 1; round <= rounds; round++) {
    const records = [...good(50), ...BAD.flatMap(([, make]) => [encode(make()), ...good(3)])];
    await bus.publish(TOPICS.market.name, partition, records);
    await until(
      () => get<Status>("/api/status"),
      ({ dead_letters, parts }) =>
        Object.values(dead_letters).reduce((sum, n) => sum + n, 0) >= BAD.length * round &&
        parts.find(({ part }) => part === "aggregate")?.state === "live",
    );
  }
  expect((await get<Status>("/api/status")).dead_letters).toEqual(wanted);
  for (let p = 0; p < MARKET_PARTITIONS; p++) await bus.publish(TOPICS.market.name, p, [beat(T0 + 120_000)]);

  // The good ones around them made their bar, all of them and nothing else.
  const bars = await until(
    () => get<{ items: Record<string, unknown>[] }>(`/api/bars?symbol=${SYMBOL}&interval=1m`),
    ({ items }) => items[0]?.final === true,
  );
  expect(bars.items).toHaveLength(1);
  expect(bars.items[0]).toMatchObject({
    trade_count: rounds * (50 + 3 * BAD.length),
    high: 100,
    low: 100,
    final: true,
  });

  // A person can look at each of them, also once the store has them; page by page none is missing or there twice.
  type Letters = { items: DeadLetter[]; next: string | null; complete: boolean };
  await until(
    () => get<string>("/metrics"),
    (text) =>
      /^tapebell_store_unwritten_records 0$/m.test(text) && /^tapebell_store_up\{engine="pglite"\} 1$/m.test(text),
  );
  const letters: DeadLetter[] = [];
  let next: string | null = "";
  while (next !== null) {
    const page: Letters = await get(`/api/dead-letters?limit=4${next === "" ? "" : `&before=${next}`}`);
    expect(page.complete).toBe(true);
    letters.push(...page.items);
    next = page.next;
  }
  expect(new Set(letters.map(({ id }) => id)).size).toBe(letters.length);
  expect(letters.map(({ reason }) => reason).sort()).toEqual(
    BAD.flatMap(([reason]) => Array<string>(rounds).fill(reason)).sort(),
  );
  expect(letters.filter(({ raw }) => raw.includes("to the moon"))).toHaveLength(rounds);
  expect(letters.find(({ raw }) => raw.includes('"price":-100'))).toMatchObject({ where: "bars", symbol: SYMBOL });
  const text = await get<string>("/metrics");
  for (const [reason, n] of Object.entries(wanted))
    expect(text).toContain(`tapebell_dead_letters_total{reason="${reason}"} ${n}`);
}, 60_000);
