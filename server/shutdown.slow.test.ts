import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import type { Status, Trade } from "../core/messages/index.ts";
import { partitionOf } from "../core/partition.ts";
import { TOPICS } from "../core/topics.ts";
import { embeddedIn, openStore, PERSIST_READER, startEmbedded } from "../db/index.ts";
import { fakeBinance } from "../testkit/venues/binance.ts";
import { openEmbeddedBus } from "./bus/embedded/host.ts";
import { read, valuesOf } from "./bus/test-support/read.ts";
import { getJson, startApp, tempDir, until } from "./test-support/app-process.ts";

setDefaultTimeout(180_000);
const SYMBOL = "BTCUSDT";
const closing: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

test("asked to stop amid trades: sockets, then what reads them, then the archive, then database and log; nothing in between is lost", async () => {
  const server = await fakeBinance([SYMBOL]);
  let open_ids = 0;
  const timer = setInterval(() => {
    for (let i = 0; i < 5; i++) {
      const { id } = server.trade(SYMBOL, "100.0");
      if (server.sockets.size > 0) open_ids = id;
    }
  }, 10);
  closing.push(() => {
    clearInterval(timer);
    return server.stop();
  });
  const { dir, remove } = await tempDir();
  closing.push(remove);
  const app = await startApp({
    FEED: "binance",
    SYMBOLS: SYMBOL,
    DATA_DIR: dir,
    BINANCE_STREAM: `${server.wsUrl}/stream`,
    BINANCE_REST: server.restUrl,
    LOG_LEVEL: "debug",
  });
  closing.push(() => app.kill());
  const status = (): Promise<Status> => getJson(`${app.url}/api/status`);
  await until(
    status,
    ({ ready, parts }) => ready && (parts.find(({ part }) => part === "persist")?.counters?.rows ?? 0) > 0,
    90_000,
  );
  expect(await app.stop()).toBe(0);
  const last_id = open_ids;

  const stopped = [...app.output().matchAll(/"role":"(\w+)","state":"stopped"/g)].map((found) => found[1]);
  const order = ["ingest", "aggregate", "persist"];
  expect(stopped.filter((role) => order.includes(role!))).toEqual(order);
  expect(app.output()).not.toContain("failed");

  const world = join(dir, "live");
  const bus = await openEmbeddedBus({ dir: world, prefix: "", fsync: "normal" });
  closing.push(() => bus.close());
  await bus.ensureTopics(Object.values(TOPICS));
  expect(bus.problems()).toEqual([]);
  const partition = partitionOf(SYMBOL);
  const { start, end } = await bus.info(TOPICS.market.name, partition);
  const records = valuesOf(await read(bus, TOPICS.market.name, partition, start, end - start));
  const ids = records
    .map((text) => JSON.parse(text) as Trade)
    .filter(({ kind }) => kind === "trade")
    .map(({ seq }) => seq);
  // All that the socket brought before it was closed, without a hole; a handful may have been on the wire.
  expect([...new Set(ids)]).toEqual(Array.from({ length: ids.length }, (_, i) => ids[0]! + i));
  expect(last_id - ids.at(-1)!).toBeLessThan(100);

  const database = await startEmbedded({ ...embeddedIn(world), backup_every_ms: 0 });
  closing.push(() => database.close());
  // It was closed in good order: nothing had to be restored.
  expect(database.recovery).toBeNull();
  const store = await openStore({ kind: "embedded", port: database.port() }, "live");
  closing.push(() => store.close());
  const offsets = await store.readOffsets(PERSIST_READER);
  const bars = await bus.info(TOPICS.bars.name, 0);
  const stored = offsets.find(({ topic, log_id }) => topic === TOPICS.bars.name && log_id === bars.log_id);
  expect(stored?.position).toBe(bars.end);
});
