import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TOPICS } from "../../../core/topics.ts";
import { until } from "../../../server/bus/test-support/until.ts";
import { systemClock } from "../../../server/clock.ts";
import { Spool } from "./spool.ts";
import { SpoolStore } from "./spool-store.ts";
import { type Mood, moodyBus } from "./test-support/moody-bus.ts";

const market = TOPICS.market.name;
const MIB = 1_048_576;
const SETTINGS = {
  RETRY_MAX_ATTEMPTS: 2,
  RETRY_BACKOFF_BASE_SEC: 0.01,
  RETRY_BACKOFF_CAP_SEC: 0.02,
  RETRY_JITTER_MIN: 1,
  RETRY_JITTER_MAX: 1,
};

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface SpoolWorld {
  readonly mood: Mood;
  values(partition?: number): Promise<string[]>;
  open(max_bytes?: number): Promise<Opened>;
}
interface Opened {
  readonly spool: Spool;
  close(): Promise<void>;
}

async function world(): Promise<SpoolWorld> {
  const dir = mkdtempSync(join(tmpdir(), "tapebell-spool-"));
  closing.push(() => rmSync(dir, { recursive: true, force: true }));
  const { bus, mood, values } = await moodyBus();
  return {
    mood,
    values,
    async open(max_bytes = 64 * MIB) {
      const stop = new AbortController();
      const topics = [TOPICS.market, TOPICS.deadLetter];
      const store = await SpoolStore.open({ dir, fsync: "normal", max_bytes, topics });
      const options = { clock: systemClock, settings: SETTINGS, random: () => 0.5, signal: stop.signal };
      const spool = await Spool.open({ ...options, bus, store, max_bytes, origin: "live" });
      let isOpen = true;
      const close = async (): Promise<void> => {
        if (!isOpen) return;
        isOpen = false;
        stop.abort();
        await spool.close();
      };
      closing.push(close);
      return { spool, close };
    },
  };
}

const trade = (n: number, more = ""): string => JSON.stringify({ kind: "trade", provider: "p", n, more });
const quote = (n: number): string => JSON.stringify({ kind: "quote", provider: "p", n });
const beat = (n: number): string => JSON.stringify({ kind: "heartbeat", provider: "p", n });
const isEmpty = ({ spool }: Opened): boolean => spool.spool().now.state === "empty";
const numbers = (texts: readonly string[]): number[] => texts.map((text) => (JSON.parse(text) as { n: number }).n);
const once = (all: readonly number[]): number[] => [...new Set(all)];

test("while the bus is well nothing is spooled", async () => {
  const { open, values } = await world();
  const { spool } = await open();
  await spool.publish(market, 0, [trade(1), quote(2), beat(3)]);
  expect(await values()).toEqual([trade(1), quote(2), beat(3)]);
  expect(spool.spool().now).toMatchObject({ state: "empty", records: 0, since_ms: null });
  expect(spool.trouble()).toBeNull();
});

test("away: a partition's records follow each other through the spool, none overtakes, others are not touched", async () => {
  const { mood, open, values } = await world();
  const opened = await open();
  const { spool } = opened;
  await spool.publish(market, 0, [trade(0)]);
  mood.away = true;
  for (let n = 1; n <= 20; n++) await spool.publish(market, 0, [trade(n), quote(-n), beat(-n)]);
  expect(spool.spool().now).toMatchObject({ state: "spooling" });
  expect(spool.spool().dropped).toEqual({ quote: 20 });
  expect(spool.trouble()?.text).toContain("does not answer; records wait in the spool");
  expect(spool.errors).toBeGreaterThanOrEqual(2);
  mood.away = false;
  // New records come while the old ones are sent on.
  for (let n = 21; n <= 60; n++) {
    await spool.publish(market, 0, [trade(n)]);
    await spool.publish(market, 1, [trade(n)]);
  }
  await until("the spool to be sent on", () => isEmpty(opened));
  expect(spool.trouble()).toBeNull();
  await spool.publish(market, 0, [trade(61), quote(62)]);
  const came = await values();
  const trades = came.filter((text) => text.includes('"trade"'));
  expect(numbers(trades)).toEqual(Array.from({ length: 62 }, (_, n) => n));
  expect(came.at(-1)).toBe(quote(62));
  expect(came.filter((text) => text.includes('"heartbeat"')).at(-1)).toBe(beat(-20));
  expect(numbers(await values(1))).toEqual(Array.from({ length: 40 }, (_, i) => i + 21));
});

test("a batch that was taken though the answer was lost comes again, in its place", async () => {
  const { mood, open, values } = await world();
  const opened = await open();
  mood.forgetful = true;
  await opened.spool.publish(market, 0, [trade(1), trade(2)]);
  await opened.spool.publish(market, 0, [trade(3)]);
  mood.forgetful = false;
  await until("the spool to be sent on", () => isEmpty(opened));
  expect(once(numbers(await values()))).toEqual([1, 2, 3]);
});

test("a slow bus is no bus that is away", async () => {
  const { mood, open, values } = await world();
  const { spool } = await open();
  mood.slow_ms = 30;
  await spool.publish(market, 0, [trade(1), quote(2)]);
  expect(spool.spool().now.state).toBe("empty");
  expect(await values()).toEqual([trade(1), quote(2)]);
});

test("what was spooled is there after a restart, is sent on before anything newer, and is known to who starts again", async () => {
  const { mood, open, values } = await world();
  const first = await open();
  await first.spool.publish(market, 3, [trade(0)]);
  mood.away = true;
  for (let n = 1; n <= 5; n++) await first.spool.publish(market, 3, [trade(n)]);
  await first.close();
  mood.away = false;
  mood.slow_ms = 50;
  const second = await open();
  expect(second.spool.spool().now).toMatchObject({ state: "spooling", records: 5 });
  const tail = (await second.spool.tail(market, 100)).flatMap((batch) => batch.values);
  expect(once(numbers(tail))).toEqual([0, 1, 2, 3, 4, 5]);
  await second.spool.publish(market, 3, [trade(6)]);
  await until("the spool to be sent on", () => isEmpty(second));
  expect(numbers(await values(3))).toEqual([0, 1, 2, 3, 4, 5, 6]);
  await second.close();
  const third = await open();
  expect(third.spool.spool().now).toMatchObject({ state: "empty", records: 0 });
});

test("a full share holds who writes and is said; when the bus is back all goes on by itself and the disk is free again", async () => {
  const { mood, open, values } = await world();
  const opened = await open(MIB);
  const { spool } = opened;
  mood.away = true;
  const big = "x".repeat(100_000);
  let written = 0;
  const writing = (async () => {
    for (let n = 0; n < 30; n++) {
      await spool.publish(market, 0, [trade(n, big)]);
      written++;
    }
  })();
  await until("the share to be full", () => spool.spool().now.state === "full");
  expect(written).toBeGreaterThan(5);
  expect(written).toBeLessThan(12);
  expect(spool.spool().now.bytes).toBeLessThanOrEqual(MIB);
  expect(spool.trouble()?.text).toContain("share of the disk is full, feeds are paused");
  mood.away = false;
  await writing;
  await until("the spool to be sent on", () => isEmpty(opened));
  expect(numbers(await values())).toEqual(Array.from({ length: 30 }, (_, n) => n));
  expect(spool.spool().now.bytes).toBe(0);
});

test("stopped while the share is full: what has no place is said to be lost", async () => {
  const { mood, open } = await world();
  const { spool, close } = await open(MIB);
  mood.away = true;
  const big = "x".repeat(400_000);
  await spool.publish(market, 0, [trade(1, big), trade(2, big)]);
  const refused = spool.publish(market, 0, [trade(3, big)]).catch((cause: Error) => cause.message);
  await until("the share to be full", () => spool.spool().now.state === "full");
  await close();
  expect(await refused).toContain("the spool is full and the bus away");
});

test("what no further try can mend is not spooled", async () => {
  const { open } = await world();
  const { spool } = await open();
  await expect(spool.publish(market, 99, [trade(1)])).rejects.toThrow("no partition 99");
});

test("records that newer ones replace are not kept for a bus that is away", async () => {
  const { mood, open } = await world();
  const { spool } = await open();
  mood.away = true;
  await spool.publish(TOPICS.status.name, 0, ["{}"]);
  expect(spool.spool().now.records).toBe(0);
  expect(spool.errors).toBe(1);
});
