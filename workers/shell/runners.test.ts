import { expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Bar, Gap, MarketRecord } from "../../core/messages/index.ts";
import { partitionOf } from "../../core/partition.ts";
import type { Bus } from "../../core/ports/bus.ts";
import { parseSettings } from "../../core/settings/parse.ts";
import { TOPICS } from "../../core/topics.ts";
import { createMemoryBus } from "../../server/bus/memory/memory-bus.ts";
import { openFileCheckpoints } from "../../server/checkpoints/files.ts";
import { systemClock } from "../../server/clock.ts";
import { createLog } from "../../server/log.ts";
import { marketRunners } from "./runners.ts";

const SYMBOL = "BTCUSDT";
const PARTITION = partitionOf(SYMBOL);
const T0 = 1_763_683_200_000;

const trade = (ts_ms: number, fill?: string): MarketRecord => ({
  ver: 1,
  kind: "trade",
  provider: "alpha",
  symbol: SYMBOL,
  ts_ms,
  recv_ms: ts_ms,
  price: 100,
  size: 1,
  side: "buy",
  trade_id: String(ts_ms),
  seq: ts_ms,
  event_id: `alpha|${ts_ms}`,
  ...(fill === undefined ? {} : { fill }),
});
const beat = (ts_ms: number): MarketRecord => ({ kind: "heartbeat", provider: "alpha", ts_ms, reason: "venue" });
const gap = (status: Gap["status"], revision: number): Gap => ({
  kind: "gap",
  id: "alpha|*|trades|1",
  revision,
  provider: "alpha",
  symbol: "*",
  stream: "trades",
  from_seq: null,
  to_seq: null,
  from_ms: T0 + 2_000,
  to_ms: T0 + 3_999,
  status,
});

/** Runs the partition over a log whose records in [from, to) vanished, and tells what was said. */
async function withHole(
  records: readonly MarketRecord[],
  from: number,
  to: number,
): Promise<{ bars: Bar[]; gaps: Gap[] }> {
  const dir = await mkdtemp(join(tmpdir(), "tapebell-runners-"));
  const bus = createMemoryBus(systemClock);
  try {
    await bus.ensureTopics(Object.values(TOPICS));
    for (const record of records) await bus.publish(TOPICS.market.name, PARTITION, [JSON.stringify(record)]);
    const holed = {
      info: bus.info.bind(bus),
      publish: bus.publish.bind(bus),
      positionAt: bus.positionAt.bind(bus),
      follow: async function* (...[topic, partition, start, options]: Parameters<Bus["follow"]>) {
        for await (const batch of bus.follow(topic, partition, start, { ...options, maxRecords: 1 })) {
          const isGone = topic === TOPICS.market.name && batch.first >= from && batch.first < to;
          if (!isGone) yield batch;
        }
      },
    } as unknown as Bus;
    const { settings } = parseSettings([]);
    const runner = marketRunners({
      bus: holed,
      clock: systemClock,
      log: createLog({ LOG_LEVEL: "fatal", LOG_FORMAT: "json" }, "test"),
      origin: "synthetic",
      settings: settings!,
      checkpoints: await openFileCheckpoints(dir),
      rules: null,
    })[PARTITION]!;
    const stop = new AbortController();
    const running = runner.run(stop.signal);
    while (runner.position < records.length) await Promise.race([running, Bun.sleep(1)]);
    stop.abort();
    await running;
    const said = async (topic: string): Promise<unknown[]> =>
      (await bus.tail(topic, 1_000)).flatMap((batch) => batch.values.map((value) => JSON.parse(value)));
    return { bars: (await said(TOPICS.bars.name)) as Bar[], gaps: (await said(TOPICS.gaps.name)) as Gap[] };
  } finally {
    await bus.close();
    await rm(dir, { recursive: true, force: true });
  }
}

const isPartial = (bars: readonly Bar[], start_ts_ms: number): boolean | undefined =>
  bars.findLast((bar) => bar.interval === "1s" && bar.start_ts_ms === start_ts_ms)?.partial;

test("a hole begins, in event time, where its readers had come to: bars of an old event time say that they are partial", async () => {
  const records = [
    trade(T0),
    beat(T0 + 1_000),
    trade(T0 + 4_000),
    trade(T0 + 4_500),
    beat(T0 + 5_000),
    trade(T0 + 5_100),
    beat(T0 + 9_000),
  ];
  const { bars, gaps } = await withHole(records, 2, 3);
  expect(gaps).toHaveLength(1);
  expect(gaps[0]).toMatchObject({ status: "lost", from_seq: 2, to_seq: 2, stream: `bus:tape.market/${PARTITION}` });
  expect(gaps[0]!.from_ms).toBeLessThanOrEqual(T0 + 1_000);
  expect(isPartial(bars, T0 + 4_000)).toBe(true);
});

test("a hole reaches back to the gaps that were open before it: their fill may be what vanished", async () => {
  const records = [
    trade(T0 + 1_000),
    trade(T0 + 2_000),
    gap("open", 0),
    beat(T0 + 10_000),
    trade(T0 + 3_500, "alpha|*|trades|1"),
    trade(T0 + 20_000),
    gap("filled", 1),
    beat(T0 + 30_000),
  ];
  const whole = await withHole(records, 99, 99);
  expect(whole.gaps.at(-1)).toMatchObject({ status: "filled" });
  expect(isPartial(whole.bars, T0 + 2_000)).toBe(false);
  const { bars, gaps } = await withHole(records, 4, 5);
  expect(gaps.find(({ provider }) => provider === "bus")).toMatchObject({
    status: "lost",
    from_ms: T0 + 2_000,
  });
  expect(isPartial(bars, T0 + 2_000)).toBe(true);
});
