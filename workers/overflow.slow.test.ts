import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import type { Gap, MarketRecord, PartStatus, SystemAlert, Trade } from "../core/messages/index.ts";
import { MARKET_PARTITIONS, partitionOf } from "../core/partition.ts";
import type { Bus } from "../core/ports/bus.ts";
import { TOPICS } from "../core/topics.ts";
import { systemClock } from "../server/clock.ts";
import { createLiveFeed } from "../server/feeds/live.ts";
import { eventually } from "../server/feeds/test-support/live-world.ts";
import { VENUES } from "../server/feeds/venues.ts";
import { loadSettings } from "../server/settings/load.ts";
import { fakeBinance } from "../testkit/venues/binance.ts";
import type { FakeVenue } from "../testkit/venues/venue.ts";
import { IngestWatch } from "./shell/ingest-watch.ts";
import { MarketSink } from "./shell/market-sink.ts";
import { PatientOutlet } from "./shell/outlet.ts";
import { type Mood, moodyBus } from "./shell/spool/test-support/moody-bus.ts";

setDefaultTimeout(90_000);

const QUEUE_MAX = 2_000;
const SYMBOL = "BTCUSDT";
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface Overflow {
  readonly venue: FakeVenue;
  readonly mood: Mood;
  readonly lines: string[];
  readonly sink: MarketSink;
  parts(): Promise<Map<string, PartStatus>>;
  written(): Promise<MarketRecord[]>;
  system(): Promise<SystemAlert[]>;
  /** So many trades happen on the market, with a quote beside each. */
  burst(count: number): Promise<void>;
}

/** A live feed of one venue with a short queue, and a log that can be made to refuse. */
async function overflow(): Promise<Overflow> {
  const venue = await fakeBinance([SYMBOL]);
  closing.push(() => venue.stop());
  const { bus, mood, values } = await moodyBus();
  const env = {
    SYMBOLS: SYMBOL,
    BINANCE_STREAM: `${venue.wsUrl}/stream`,
    BINANCE_REST: venue.restUrl,
    PRICE_BACKOFF_BASE_SEC: "0.05",
    PRICE_BACKOFF_CAP_SEC: "0.1",
    RETRY_BACKOFF_BASE_SEC: "0.05",
    RETRY_BACKOFF_CAP_SEC: "0.2",
    INGEST_STUCK_LOG_EVERY: "3",
  };
  const { settings } = loadSettings({ argv: [], env, cwd: "/" });
  const stop = new AbortController();
  const { signal } = stop;
  const lines: string[] = [];
  const say = (level: string) => (fields: unknown, text?: string) =>
    void lines.push(`${level} ${text === undefined ? String(fields) : `${text} ${JSON.stringify(fields)}`}`);
  const log = { info: say("info"), warn: say("warn"), error: say("error") };
  const common = { clock: systemClock, settings, random: () => 0.5, signal };
  // What nobody keeps is taken while the disk is full.
  const refusing: Pick<Bus, "publish"> = {
    publish: async (topic, partition, texts) => {
      const isKept = topic !== TOPICS.status.name;
      if (isKept || !mood.away) return bus.publish(topic, partition, texts);
      mood.away = false;
      const taken = bus.publish(topic, partition, texts);
      mood.away = true;
      return taken;
    },
  };
  const outlet = new PatientOutlet(refusing, common);
  const watch = new IngestWatch({ outlet, clock: systemClock, origin: "live", log: log as never, settings });
  const sink = new MarketSink(outlet, systemClock, "live", watch);
  const venues = [await VENUES.binance!()];
  const feed = createLiveFeed({ venues, settings, clock: systemClock, resume: null, queue_max: QUEUE_MAX });
  const running = Promise.all([feed.run(sink, signal), watch.report(sink, signal)]);
  closing.push(async () => {
    stop.abort();
    await running;
    await sink.drain();
  });
  const all = async <T>(topic: string): Promise<T[]> =>
    (await bus.tail(topic, 10_000)).flatMap((batch) => batch.values.map((text) => JSON.parse(text) as T));
  await eventually("the venue to be heard", () => {
    venue.trade(SYMBOL, "100.0");
    return (sink.received.binance?.trade ?? 0) > 0;
  });
  return {
    venue,
    mood,
    lines,
    sink,
    async parts() {
      const { away } = mood;
      mood.away = false;
      const said = all<PartStatus>(TOPICS.status.name);
      mood.away = away;
      return new Map((await said).map((status) => [status.part, status]));
    },
    async written() {
      const records: MarketRecord[] = [];
      for (let p = 0; p < MARKET_PARTITIONS; p++)
        if (p === partitionOf(SYMBOL))
          records.push(...(await values(p)).map((text) => JSON.parse(text) as MarketRecord));
      return records;
    },
    system: () => all<SystemAlert>(TOPICS.system.name),
    async burst(count) {
      for (let n = 0; n < count; n++) {
        venue.trade(SYMBOL, "100.0");
        venue.quote(SYMBOL, "99.9", "100.1");
        // The market and its listener share this thread.
        if (n % 200 === 199) await Bun.sleep(1);
      }
    },
  };
}

async function eventuallyPart(it: Overflow, what: string, isSo: (parts: Map<string, PartStatus>) => boolean) {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const parts = await it.parts();
    if (isSo(parts)) return parts;
    if (Date.now() > deadline) throw new Error(`never came: ${what}; ${JSON.stringify([...parts.values()])}`);
    await Bun.sleep(20);
  }
}

const idsOf = (records: readonly MarketRecord[]): number[] => [
  ...new Set(records.filter((one): one is Trade => one.kind === "trade").map(({ seq }) => seq)),
];

test("a log that refuses: said, trades held in bounds, sockets paused, quotes give way; then all of it is written", async () => {
  const it = await overflow();
  await it.burst(100);
  it.mood.away = true;
  await it.burst(30_000);
  const parts = await eventuallyPart(
    it,
    "feeds to be held back",
    (all) => all.get("ingest")?.flow?.queue.is_paused === true,
  );
  const ingest = parts.get("ingest")!;
  expect(ingest.state).toBe("offline");
  expect(ingest.text).toContain("Not written for");
  expect(ingest.text).toContain("the bus does not answer; feeds are held back");
  expect(it.lines.some((line) => line.startsWith("error not written: the bus does not answer"))).toBe(true);
  const held = it.sink.received.binance?.trade ?? 0;
  await it.burst(10_000);
  // Nothing more is taken in, however much the market trades.
  expect(it.sink.received.binance?.trade).toBe(held);
  await eventually(
    "lines at their cadence",
    () => it.lines.filter((line) => line.includes("stuck_seconds")).length >= 2,
  );

  it.mood.away = false;
  const last = it.venue.trades(SYMBOL).at(-1)!.id;
  const first = idsOf(await it.written())[0]!;
  await eventually("every trade since the first", () => it.sink.outputs.written.trade === last - first + 1);
  const records = await it.written();
  expect(idsOf(records)).toEqual(Array.from({ length: last - first + 1 }, (_, i) => first + i));
  expect(records.filter(({ kind }) => kind === "gap")).toEqual([]);
  const after = await eventuallyPart(it, "all to be well", (all) => all.get("ingest")?.state === "live");
  const feed = (
    await eventuallyPart(
      it,
      "the feed to speak",
      (all) => (all.get("feed:binance")?.flow?.kinds.trade?.received ?? 0) >= 40_100,
    )
  ).get("feed:binance")!;
  expect(feed.flow?.kinds.quote?.dropped.queue_full).toBeGreaterThan(1_000);
  expect(feed.flow?.kinds.trade?.dropped).toEqual({});
  expect(after.get("ingest")?.flow?.publish_errors).toBeGreaterThan(2);
  const [alert] = await it.system();
  expect(alert).toMatchObject({ kind: "system_alert", reason: "backpressure" });
  expect(alert?.text).toContain("feeds were held back");
  expect(it.lines.some((line) => line.startsWith("info records are written again"))).toBe(true);
});

test("a venue that loses patience with a paused socket: what it dropped is a recorded gap, and filled", async () => {
  const it = await overflow();
  await it.burst(100);
  it.mood.away = true;
  // No more than is needed: of a hole beyond 10 000 trades the venue is not asked.
  while (it.sink.outputs.fill.waiting <= it.sink.outputs.fill.capacity) await it.burst(200);
  await it.burst(QUEUE_MAX + 1_000);
  await eventuallyPart(it, "feeds to be held back", (all) => all.get("ingest")?.flow?.queue.is_paused === true);
  it.venue.breakAll();
  await it.burst(500);
  it.mood.away = false;
  const filled = async (): Promise<Gap | undefined> =>
    (await it.written()).find((one): one is Gap => one.kind === "gap" && one.status === "filled");
  const deadline = Date.now() + 30_000;
  let gap = await filled();
  while (gap === undefined && Date.now() < deadline) {
    // The hole shows when the next trade comes.
    it.venue.trade(SYMBOL, "100.0");
    await Bun.sleep(50);
    gap = await filled();
  }
  expect(gap).toMatchObject({ provider: "binance", symbol: SYMBOL, status: "filled" });
  const newest = it.venue.trades(SYMBOL).at(-1)!.id;
  await eventually(
    "the newest trade",
    () => it.sink.received.binance?.trade !== undefined && it.sink.outputs.fill.waiting === 0,
  );
  const came = idsOf(await it.written())
    .filter((id) => id < newest - 5)
    .sort((a, b) => a - b);
  expect(came).toEqual(Array.from({ length: came.length }, (_, i) => came[0]! + i));
  expect(came.length).toBeGreaterThan(QUEUE_MAX + 1_500);
});
