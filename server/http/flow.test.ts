import { afterEach, expect, test } from "bun:test";
import type { Flow, PartStatus } from "../../core/messages/index.ts";
import { TOPICS } from "../../core/topics.ts";
import { memoryBus, T0, TestClock, texts, until } from "../cache/test-support/world.ts";
import { type World, type WorldOptions, world } from "./test-support/world.ts";

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

const part = (name: string, flow: Flow, more: Partial<PartStatus> = {}): PartStatus => ({
  kind: "part_status",
  part: name,
  ts_ms: T0,
  state: "live",
  text: name,
  flow,
  ...more,
});

const FEED = part("feed:binance", {
  kinds: {
    trade: { received: 700, dropped: {} },
    quote: { received: 300, dropped: { queue_full: 12 } },
    book: { received: 40, dropped: { queue_full: 5 } },
  },
  per_s: 520,
  queue: { waiting: 49_152, capacity: 65_536, is_paused: false },
});
const INGEST = part("ingest", {
  kinds: {
    trade: { received: 700, written: 690, spooled: 90, collapsed: 0, dropped: {} },
    quote: { received: 288, written: 280, spooled: 0, collapsed: 0, dropped: { not_spooled: 8 } },
    heartbeat: { received: 60, written: 60, spooled: 4, collapsed: 36, dropped: {} },
  },
  per_s: 510,
  queue: { waiting: 1_000_000, capacity: 4_000_000, is_paused: true },
  publish_errors: 3,
  spool: { state: "spooling", records: 90, bytes: 20_000, max_bytes: 1_000_000, since_ms: T0 },
});

async function start(options: WorldOptions = {}): Promise<World> {
  const clock = new TestClock(T0 + 3_600_000);
  const bus = await memoryBus(clock);
  const made = await world({ clock, bus, ...options });
  open.push(async () => {
    expect(made.bugs).toEqual([]);
    await made.close();
    await bus.close();
  });
  const parts = [FEED, INGEST, { ...part("aggregate", FEED.flow!), flow: undefined, lag: 17 }];
  await bus.publish(TOPICS.status.name, 0, texts(...parts));
  await until("the parts", () => made.cache.state.parts.has("aggregate"));
  return made;
}

const json = async (answer: Response): Promise<Record<string, unknown>> =>
  (await answer.json()) as Record<string, unknown>;

test("/stats: queue fill, drops by reason and type, events a second, in the source system's names", async () => {
  const { get } = await start();
  expect(await json(await get("/stats"))).toEqual({
    uptime_sec: 3_600,
    queue_fill_ratio: 0.75,
    events_per_sec: 520,
    events_in: { binance: { trade: 700, quote: 300, book_l2: 40 } },
    events_dropped: { queue_full: { quote: 12, book_l2: 5 }, not_spooled: { quote: 8 } },
  });
});

test("/bus-stats: queues, what was published, spooled, refused, and each topic with its retention and lag", async () => {
  const held = { topic: "synthetic.tape.market", bytes: 4_096, segments: 2, partitions: [{ start: 5, end: 25 }] };
  const { get } = await start({ busStats: async () => ({ topics: [held] }) });
  const answer = await json(await get("/bus-stats"));
  expect(answer).toMatchObject({
    engine: "memory",
    queue_fill_ratio: 0.75,
    queues: [
      { part: "feed:binance", waiting: 49_152, capacity: 65_536, fill_ratio: 0.75, is_paused: false },
      { part: "ingest", fill_ratio: 0.25, is_paused: true },
    ],
    published: { trade: 690, quote: 280, heartbeat: 60 },
    spooled: { trade: 90, quote: 0, heartbeat: 4 },
    collapsed: { trade: 0, quote: 0, heartbeat: 36 },
    publish_errors: 3,
    spool: { state: "spooling", records: 90, bytes: 20_000 },
  });
  const { retentionMs: retention_ms, retentionBytes: retention_bytes } = TOPICS.market;
  expect(answer.topics).toEqual([
    {
      topic: "tape.market",
      partitions: 1,
      durable: true,
      records: 20,
      bytes: 4_096,
      segments: 2,
      retention_ms,
      retention_bytes,
      lag: { aggregate: 17 },
    },
  ]);
});

test("/bus-stats says when the log does not answer", async () => {
  const { get } = await start({ busStats: () => Promise.reject(new Error("gone")) });
  expect(await json(await get("/bus-stats"))).toMatchObject({ status: 503, code: "bus_away" });
});

test("/metrics has the source system's names with their labels", async () => {
  const { get } = await start();
  const text = await (await get("/metrics")).text();
  for (const line of [
    'senpai_events_in_total{type="trade",provider="binance"} 700',
    'senpai_events_in_total{type="book_l2",provider="binance"} 40',
    'senpai_events_dropped_total{reason="queue_full",type="quote"} 12',
    'senpai_events_dropped_total{reason="not_spooled",type="quote"} 8',
    "senpai_queue_fill_ratio 0.75",
    'tapebell_publish_errors_total{part="ingest"} 3',
    "tapebell_spool_bytes 20000",
  ])
    expect(text).toContain(line);
});
