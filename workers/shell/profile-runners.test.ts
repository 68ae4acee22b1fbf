import { expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Anomaly, Heartbeat, Trade } from "../../core/messages/index.ts";
import { partitionOf } from "../../core/partition.ts";
import type { Bus } from "../../core/ports/bus.ts";
import { TOPICS } from "../../core/topics.ts";
import { createMemoryTape } from "../../server/bus/memory/memory-bus.ts";
import { openFileCheckpoints } from "../../server/checkpoints/files.ts";
import { systemClock } from "../../server/clock.ts";
import { loadSettings } from "../../server/settings/load.ts";
import { profileRunners, profilesInForce } from "./profile-runners.ts";

const T0 = 1_700_000_000_000;

const trade = (symbol: string, n: number): Trade => ({
  ver: 1,
  kind: "trade",
  origin: "live",
  provider: "binance",
  symbol,
  ts_ms: T0 + n * 100,
  price: 100 + n,
  size: 1,
  side: "buy",
  trade_id: `${n}`,
  seq: n,
  event_id: `binance|${symbol}|${n}`,
});
const beat = (n: number): Heartbeat => ({
  kind: "heartbeat",
  origin: "live",
  provider: "binance",
  ts_ms: T0 + n * 100,
  reason: "venue",
});
const decision = (n: number): Anomaly => ({
  kind: "anomaly",
  event_id: `e${n}`,
  revision: 0,
  time: "2023-11-14T22:13:20+00:00",
  symbol: "A",
  window_name: "1m",
  direction: "up",
  return_value: 0.06,
  threshold: 0.05,
  headline: null,
  sentiment: null,
  summary: "s",
});

interface World {
  readonly bus: Bus;
  /** Reads what is there, in one life of the role, and stops; how much was gone. `begun_ms`: when that process began. */
  live(begun_ms: number, env?: Record<string, string>, crashes?: boolean): Promise<number>;
  market(...records: (Trade | Heartbeat)[]): Promise<void>;
  written(topic: string): Promise<Record<string, unknown>[]>;
}

async function world(run: (w: World) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "tapebell-profiles-"));
  const bus = createMemoryTape(systemClock).bus("");
  await bus.ensureTopics(Object.values(TOPICS));
  const market = async (...records: (Trade | Heartbeat)[]): Promise<void> => {
    for (const record of records) {
      const partitions =
        record.kind === "trade" ? [partitionOf(record.symbol)] : Array.from({ length: 16 }, (_, p) => p);
      for (const partition of partitions) await bus.publish("tape.market", partition, [JSON.stringify(record)]);
    }
  };
  const live: World["live"] = async (started_ms, env = {}, crashes = false) => {
    const { settings } = loadSettings({ env: { PROFILES: "narrator,pipeline,senpai,replay", ...env }, cwd: dir });
    const wanted = profilesInForce(settings);
    await bus.ensureTopics(wanted.flatMap(({ topics }) => topics));
    const files = await openFileCheckpoints(join(dir, "checkpoints"));
    // A process that is killed has saved where it began, and nothing after.
    const saved = new Set<string>();
    const checkpoints: typeof files = {
      ...files,
      save: async (key, one) => {
        if (crashes && saved.has(key)) return { bytes: 0, busy_ms: 0 };
        saved.add(key);
        return files.save(key, one);
      },
    };
    const log = { warn: () => undefined } as never;
    const readers = profileRunners({ bus, checkpoints, clock: systemClock, log, settings, started_ms }, wanted);
    const stop = new AbortController();
    const running = Promise.all(readers.map(({ runner }) => runner.run(stop.signal)));
    for (const { topic, partition, runner } of readers) {
      const { end } = await bus.info(topic, partition);
      while (runner.position < end) await Promise.race([running, Bun.sleep(1)]);
    }
    stop.abort();
    await running;
    await files.close();
    return readers.reduce((sum, { missed }) => sum + missed(), 0);
  };
  const written: World["written"] = async (topic) =>
    (await bus.tail(topic, 10_000)).flatMap(({ values }) => values.map((value) => JSON.parse(value)));
  try {
    await run({ bus, live, market, written });
  } finally {
    await bus.close();
    await rm(dir, { recursive: true });
  }
}

const numbers = (records: Record<string, unknown>[]): unknown[] => records.map(({ seq }) => seq);

test("the tape is said in four systems' words, what concerns all symbols once", () =>
  world(async ({ bus, live, market, written }) => {
    await market(trade("A", 1), trade("B", 2), beat(20));
    await bus.publish("tape.anomalies", 0, [JSON.stringify(decision(1))]);
    await live(0);
    // Of two symbols: the tape has them in two partitions, which have no order between them.
    expect(numbers(await written("mdp.events")).sort()).toEqual([1, 2]);
    expect(numbers(await written("md.events.trade")).sort()).toEqual([1, 2]);
    expect(await written("md.events.heartbeat")).toHaveLength(1);
    expect((await written("ticks.raw")).map(({ bin_id }) => bin_id).sort()).toEqual([`A-${T0 + 100}`, `B-${T0 + 200}`]);
    expect((await written("alerts")).map(({ event_id }) => event_id)).toEqual(["e1"]);
    expect(await written("summaries")).toHaveLength(1);
  }));

test("a clean stop and another start say each record once, and bins go on", () =>
  world(async ({ live, market, written }) => {
    await market(trade("A", 1));
    await live(0);
    await market(trade("A", 2), beat(30));
    await live(Date.now() + 60_000);
    expect(numbers(await written("mdp.events"))).toEqual([1, 2]);
    expect((await written("ticks.raw")).map(({ bin_id }) => bin_id)).toEqual([`A-${T0 + 100}`, `A-${T0 + 200}`]);
  }));

test("after a crash nothing is missing; what comes again has the same ids", () =>
  world(async ({ live, market, written }) => {
    await market(trade("A", 1), trade("A", 2));
    await live(0, {}, true);
    await market(trade("A", 3));
    await live(Date.now() + 60_000);
    const events = await written("mdp.events");
    expect(numbers(events)).toEqual([1, 2, 1, 2, 3]);
    expect(new Set(events.map(({ event_id }) => event_id)).size).toBe(3);
  }));

test("records that are gone before they are read are counted", () =>
  world(async ({ bus, live, market, written }) => {
    await market(trade("A", 1));
    await live(0, { PROFILES: "pipeline" });
    // More than the log keeps, while nobody reads.
    await bus.ensureTopics([{ ...TOPICS.market, retentionBytes: 16_384 }]);
    for (let n = 2; n < 500; n++) await market(trade("A", n));
    const { start, end } = await bus.info("tape.market", partitionOf("A"));
    expect(start).toBeGreaterThan(1);
    expect(await live(0, { PROFILES: "pipeline" })).toBe(start - 1);
    expect(await written("mdp.events")).toHaveLength(1 + end - start);
  }));

test("a reader without a position begins with what came since the start, or with all there is", () =>
  world(async ({ bus, live, written }) => {
    await bus.publish("tape.anomalies", 0, [JSON.stringify(decision(1))]);
    await live(Date.now() + 60_000, { PROFILES: "narrator" });
    expect(await written("alerts")).toEqual([]);
    await bus.publish("tape.anomalies", 0, [JSON.stringify(decision(2))]);
    // Other names and other profiles do not move the position.
    await live(Date.now() + 60_000, { PROFILES: "narrator,replay", ALERTS_TOPIC: "my-alerts" });
    expect((await written("my-alerts")).map(({ event_id }) => event_id)).toEqual(["e2"]);
  }));

test("KAFKA_AUTO_OFFSET_RESET=earliest begins with all there is", () =>
  world(async ({ bus, live, written }) => {
    await bus.publish("tape.anomalies", 0, [JSON.stringify(decision(1))]);
    await live(Date.now() + 60_000, { PROFILES: "narrator", KAFKA_AUTO_OFFSET_RESET: "earliest" });
    expect((await written("alerts")).map(({ event_id }) => event_id)).toEqual(["e1"]);
  }));
