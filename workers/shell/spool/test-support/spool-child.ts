/**
 * A process to be killed amid spooling: it writes numbered trades by way of the spool to a second log, which stands for a bus
 * of another machine and is away now and then. What is said on stdout was durable by then.
 */
import { writeSync } from "node:fs";
import { join } from "node:path";
import { TapebellError } from "../../../../core/errors.ts";
import type { Bus } from "../../../../core/ports/bus.ts";
import { TOPICS } from "../../../../core/topics.ts";
import { openEmbeddedBus } from "../../../../server/bus/embedded/host.ts";
import { systemClock } from "../../../../server/clock.ts";
import { Spool } from "../spool.ts";
import { SpoolStore } from "../spool-store.ts";

export const PARTITIONS = [0, 1];
const MAX_BYTES = 64 * 1_048_576;
const SETTINGS = {
  RETRY_MAX_ATTEMPTS: 2,
  RETRY_BACKOFF_BASE_SEC: 0.005,
  RETRY_BACKOFF_CAP_SEC: 0.02,
  RETRY_JITTER_MIN: 0.5,
  RETRY_JITTER_MAX: 1.5,
};

const market = TOPICS.market.name;
const numberOf = (text: string): number => (JSON.parse(text) as { n: number }).n;

/** How far the log reaches in a partition, as a feed that starts again asks. */
async function reached(spool: Spool, partition: number): Promise<number> {
  const batches = (await spool.tail(market, 5_000)).filter((batch) => batch.partition === partition);
  return Math.max(-1, ...batches.flatMap((batch) => batch.values.map(numberOf)));
}

async function main(dir: string, isLast: boolean): Promise<void> {
  const outer = await openEmbeddedBus({ dir: join(dir, "outer"), prefix: "", fsync: "normal" });
  await outer.ensureTopics([TOPICS.market]);
  let isAway = false;
  const bus: Pick<Bus, "publish" | "tail"> = {
    async publish(topic, partition, values) {
      if (isAway) throw new TapebellError("outside", "bus_away", "the bus does not answer");
      return outer.publish(topic, partition, values);
    },
    tail: (topic, limit) => outer.tail(topic, limit),
  };
  const stop = new AbortController();
  const store = await SpoolStore.open({ dir, fsync: "normal", max_bytes: MAX_BYTES, topics: [TOPICS.market] });
  const common = { clock: systemClock, settings: SETTINGS, random: Math.random, signal: stop.signal };
  const spool = await Spool.open({ ...common, bus, store, max_bytes: MAX_BYTES, origin: "live" });
  if (isLast) {
    while (spool.spool().now.state !== "empty") await Bun.sleep(5);
    stop.abort();
    await spool.close();
    await outer.close();
    return;
  }
  void (async () => {
    for (;;) {
      await Bun.sleep(30);
      isAway = true;
      await Bun.sleep(40);
      isAway = false;
      while (spool.spool().now.state !== "empty") await Bun.sleep(1);
    }
  })();
  const write = async (partition: number): Promise<void> => {
    for (let n = (await reached(spool, partition)) + 1; ; ) {
      const values = Array.from({ length: 1 + (n % 7) }, (_, i) => JSON.stringify({ kind: "trade", n: n + i }));
      await spool.publish(market, partition, values);
      n += values.length;
      await Bun.sleep(1);
      writeSync(1, `ack ${partition} ${n - 1} ${spool.spool().now.state}\n`);
    }
  };
  await Promise.all(PARTITIONS.map(write));
}

if (import.meta.main) await main(process.argv[2]!, process.argv[3] === "last");
