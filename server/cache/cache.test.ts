import { afterEach, describe, expect, test } from "bun:test";
import type { Batch, Bus, PartitionInfo } from "../../core/ports/bus.ts";
import { type Cache, type CacheOptions, createCache } from "./cache.ts";
import type { CacheEvent } from "./events.ts";
import { bar, feed, gap, memoryBus, T0, TestClock, texts, until } from "./test-support/world.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

const cacheOf = (bus: Bus, options: Partial<CacheOptions> = {}): Cache => {
  const cache = createCache(bus, { clock: new TestClock(T0 + 10 * 60_000), ...options });
  open.push(cache);
  return cache;
};
const starts = (cache: Cache, symbol = "BTCUSDT"): number[] =>
  cache.state.seriesOf(symbol, "1m")?.finals.map((one) => (one.start_ts_ms - T0) / 60_000) ?? [];

describe("the cache", () => {
  test("has the history right after the start, then follows", async () => {
    const clock = new TestClock(T0 + 10 * 60_000);
    const bus = await memoryBus(clock);
    await bus.publish("tape.bars", 0, texts(bar(0), bar(1), bar(2)));
    await bus.publish("tape.status", 0, texts(feed()));
    const cache = cacheOf(bus, { clock });
    await cache.seeded;
    expect(starts(cache)).toEqual([0, 1, 2]);
    expect(cache.state.symbols().get("ETHUSDT")).toBe(2);

    const heard: CacheEvent[] = [];
    cache.subscribe({ event: (event) => heard.push(event), broken: () => {} });
    const before = cache.cursor();
    await bus.publish("tape.bars", 0, texts(bar(3)));
    await bus.publish("tape.forming", 0, texts(bar(4, { final: false })));
    await bus.publish("tape.gaps", 0, texts(gap(T0)));
    await until("three events", () => heard.length === 3);
    expect(heard.map((event) => event.event).sort()).toEqual(["bar", "bar", "gap"]);
    expect(cache.state.seriesOf("BTCUSDT", "1m")?.forming?.start_ts_ms).toBe(T0 + 4 * 60_000);
    const after = cache.cursor();
    expect(after.positions[0]).toBe((before.positions[0] ?? 0) + 1);
    expect(after.version).toBeGreaterThan(before.version);
    expect(after.log_ids.every((id) => id !== "")).toBe(true);
  });

  test("reads no more at the start than its bounds say, in records and in time", async () => {
    const clock = new TestClock(T0);
    const bus = await memoryBus(clock);
    for (let n = 0; n < 10; n++) {
      await bus.publish("tape.bars", 0, texts(bar(n)));
      clock.advance(60_000);
    }
    const byCount = cacheOf(bus, { clock, seedRecords: 3 });
    const byTime = cacheOf(bus, { clock, seedMs: 4 * 60_000 });
    await Promise.all([byCount.seeded, byTime.seeded]);
    expect(starts(byCount)).toEqual([7, 8, 9]);
    expect(starts(byTime)).toEqual([6, 7, 8, 9]);
    expect(byCount.state.seriesOf("BTCUSDT", "1m")?.since(6)).toBeNull();
    expect(byCount.state.seriesOf("BTCUSDT", "1m")?.since(7)).toHaveLength(3);
  });

  test("of short intervals only the end is taken in, and what was passed over is not taken for known", async () => {
    const clock = new TestClock(T0);
    const bus = await memoryBus(clock);
    for (let n = 0; n < 1_500; n++) {
      clock.advance(1_000);
      await bus.publish("tape.bars", 0, texts(bar(n, { interval: "1s" }), ...(n === 1_199 ? [bar(19)] : [])));
    }
    const cache = cacheOf(bus, { clock, bounds: { barsPerSeries: 10 } });
    await cache.seeded;
    expect(starts(cache)).toEqual([19]);
    const seconds = cache.state.seriesOf("BTCUSDT", "1s");
    expect(seconds?.finals.map((one) => one.start_ts_ms)).toEqual(
      Array.from({ length: 10 }, (_, n) => T0 + (1_490 + n) * 1_000),
    );
    expect(cache.state.barsKnownFrom("1m")).toBe(0);
    expect(cache.state.barsKnownFrom("1s")).toBe(1_000);
    expect(seconds?.knownFrom).toBe(1_000);
    expect(cache.state.seriesOf("BTCUSDT", "1m")?.since(0)).toHaveLength(1);
  });

  test("a bad record is counted and the next one is read", async () => {
    const bus = await memoryBus(new TestClock(T0));
    await bus.publish("tape.bars", 0, ["not json", '{"kind":"bar"}', ...texts(bar(1))]);
    const cache = cacheOf(bus);
    await cache.seeded;
    expect(starts(cache)).toEqual([1]);
    expect(cache.state.rejected.get("bars")).toBe(2);
  });

  test("a log that jumps or is made anew is told, and nobody resumes over the hole", async () => {
    const clock = new TestClock(T0);
    const bus = await memoryBus(clock);
    const tape = new ScriptedBars(bus);
    const cache = cacheOf(tape.bus, { clock });
    await cache.seeded;
    const why: string[] = [];
    cache.subscribe({ event: () => {}, broken: (topic, reason) => why.push(`${topic} ${reason}`) });
    tape.deliver(batch("one", 0, texts(bar(0), bar(1))));
    tape.deliver(batch("one", 7, texts(bar(7))));
    await until("the jump", () => why.length === 1);
    await until("the bar behind it", () => starts(cache).length === 3);
    expect(cache.state.seriesOf("BTCUSDT", "1m")?.since(2)).toBeNull();
    tape.anew("two");
    tape.deliver(batch("two", 0, texts(bar(8))));
    await until("the new log", () => {
      clock.advance(1_000);
      return starts(cache).includes(8);
    });
    expect(why).toEqual(["bars log_jumped", "bars log_changed"]);
    expect(cache.breaks).toBe(2);
    expect(starts(cache)).toEqual([0, 1, 7, 8]);
    expect(cache.cursor().positions[0]).toBe(1);
  });

  test("says when a log cannot be read, goes on when it can", async () => {
    const clock = new TestClock(T0);
    const bus = await memoryBus(clock);
    const tape = new ScriptedBars(bus);
    tape.fails = "the disk is gone";
    const cache = cacheOf(tape.bus, { clock });
    await until("the trouble", () => cache.troubles().length === 1);
    expect(cache.troubles()).toEqual(["Cannot read tape.bars: the disk is gone"]);
    expect(cache.isSeeded).toBe(false);
    tape.fails = null;
    await until("another try", () => {
      clock.advance(1_000);
      return cache.isSeeded;
    });
    tape.deliver(batch("one", 0, texts(bar(0))));
    await until("the bar", () => starts(cache).length === 1);
    expect(cache.troubles()).toEqual([]);
  });
});

const batch = (log_id: string, first: number, values: string[]): Batch => ({
  log_id,
  topic: "tape.bars",
  partition: 0,
  first,
  next: first + values.length,
  values,
  time_ms: T0,
});

/** `tape.bars` as the test says, everything else as it is. */
class ScriptedBars {
  readonly bus: Bus;
  fails: string | null = null;
  private info: PartitionInfo = { log_id: "one", start: 0, end: 0 };
  private waiting: Batch[] = [];
  private wake = (): void => {};

  constructor(real: Bus) {
    this.bus = new Proxy(real, {
      get: (target, name) => {
        if (name === "info") return (topic: string) => (topic === "tape.bars" ? this.bars() : target.info(topic, 0));
        if (name === "positionAt")
          return async (topic: string) => (topic === "tape.bars" ? 0 : target.positionAt(topic, 0, 0));
        if (name === "tail") return async () => [];
        if (name === "follow")
          return (...given: Parameters<Bus["follow"]>) =>
            given[0] === "tape.bars" ? this.follow(given[3]?.signal as AbortSignal) : target.follow(...given);
        return Reflect.get(target, name);
      },
    });
  }

  deliver(one: Batch): void {
    this.waiting.push(one);
    this.wake();
  }

  anew(log_id: string): void {
    this.info = { log_id, start: 0, end: 0 };
  }

  private async bars(): Promise<PartitionInfo> {
    if (this.fails !== null) throw new Error(this.fails);
    return this.info;
  }

  private async *follow(signal: AbortSignal): AsyncIterable<Batch> {
    const { log_id } = this.info;
    signal.addEventListener("abort", () => this.wake());
    while (!signal.aborted) {
      const next = this.waiting[0];
      if (next === undefined) {
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
        continue;
      }
      // A batch of another log ends this reading and is given again to the next one.
      if (next.log_id === log_id) this.waiting.shift();
      yield next;
      if (next.log_id !== log_id) return;
    }
  }
}
