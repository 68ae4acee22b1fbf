import { afterEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Bar } from "../../core/messages/index.ts";
import type { Bus, FollowOptions } from "../../core/ports/bus.ts";
import { Archive } from "./archive.ts";
import type { BarsPage, BarsQuery } from "./bars-page.ts";
import { type Cache, createCache } from "./cache.ts";
import { History } from "./history.ts";
import { FakeStore } from "./test-support/store.ts";
import { bar, memoryBus, T0, TestClock, texts, until } from "./test-support/world.ts";

const MINUTE_MS = 60_000;
const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

function historyOf(cache: Cache, clock: TestClock, options = {}): History {
  const history = new History(cache, { clock, ...options });
  open.push(history);
  return history;
}
const ask = (query: Partial<BarsQuery>): BarsQuery => ({
  symbol: "BTCUSDT",
  interval: "1m",
  from_ms: null,
  to_ms: null,
  limit: 10,
  ...query,
});
const minutes = (page: BarsPage): number[] =>
  page.items.map((text) => ((JSON.parse(text) as Bar).start_ts_ms - T0) / MINUTE_MS);
const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** The bus without what stood before `start` in `tape.bars`: its oldest segments are gone. */
const cutAt = (bus: Bus, start: number): Bus =>
  new Proxy(bus, {
    get: (target, name) => {
      if (name === "info")
        return async (topic: string, partition: number) => {
          const info = await bus.info(topic, partition);
          return topic === "tape.bars" ? { ...info, start } : info;
        };
      if (name === "follow")
        return (topic: string, partition: number, from: number, options?: FollowOptions) =>
          bus.follow(topic, partition, topic === "tape.bars" ? Math.max(from, start) : from, options);
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });

describe("old bars, with a store behind the cache", () => {
  /** The log from `start` on, a cache that read its newest `seed` records, a store that has read up to `stored`. */
  async function withStore(
    log: readonly Bar[],
    {
      start = 0,
      stored = log.length,
      seed = 5,
      held = 600,
    }: { start?: number; stored?: number; seed?: number; held?: number } = {},
  ) {
    const clock = new TestClock(T0);
    const bus = await memoryBus(clock);
    for (const one of log) {
      clock.advance(Math.max(0, one.end_ts_ms - clock.now()));
      await bus.publish("tape.bars", 0, texts(one));
    }
    const store = new FakeStore(bus);
    await store.persist("bars", stored);
    const cut = cutAt(bus, start);
    const cache = createCache(cut, { clock, seedRecords: seed, bounds: { barsPerSeries: held } });
    open.push(cache);
    await cache.seeded;
    const isAway = { now: false };
    const archive = new Archive({ bus: cut, clock, store: () => (isAway.now ? null : store.store) });
    return { clock, bus, cache, store, isAway, history: historyOf(cache, clock, { archive }) };
  }

  test("bars older than the log come from the store; without it the answer says that there may be more", async () => {
    const { history, isAway } = await withStore(
      count(50).map((n) => bar(n)),
      { start: 30 },
    );
    const all = await history.bars(ask({ limit: 100 }));
    expect(minutes(all)).toEqual(count(50));
    expect(all).toMatchObject({ next: null, complete: true });
    expect(minutes(await history.bars(ask({ from_ms: T0 + 7 * MINUTE_MS, limit: 3 })))).toEqual([7, 8, 9]);
    expect(history.scans).toBe(0);
    isAway.now = true;
    const left = await history.bars(ask({ limit: 100 }));
    expect(minutes(left)).toEqual(count(20).map((n) => n + 30));
    expect(left.complete).toBe(false);
  });

  test("the newest that the cache holds cost the store nothing", async () => {
    const { history, store } = await withStore(
      count(50).map((n) => bar(n)),
      { seed: 40 },
    );
    expect(minutes(await history.bars(ask({ limit: 20 })))).toEqual(count(20).map((n) => n + 30));
    expect(store.reads).toBe(0);
  });

  test("of one revision the statement with more trades stands, as a start without memory says less", async () => {
    const log = [
      ...count(20).map((n) => bar(n, { trade_count: 9 })),
      ...[18, 19].map((n) => bar(n, { trade_count: 2 })),
    ];
    const { history } = await withStore(log, { seed: 2 });
    const page = await history.bars(ask({ limit: 20 }));
    expect(page.items.map((text) => (JSON.parse(text) as Bar).trade_count)).toEqual(count(20).map(() => 9));
  });

  test("wherever log, store and cache begin and end: every bar once, in order, its highest revision", async () => {
    const shape = fc.record({
      starts: fc.uniqueArray(fc.nat({ max: 60 }), { minLength: 1, maxLength: 40 }),
      others: fc.array(fc.nat({ max: 60 }), { maxLength: 20 }),
      revised: fc.array(fc.nat({ max: 60 }), { maxLength: 15 }),
      start: fc.nat({ max: 60 }),
      stored: fc.nat({ max: 80 }),
      seed: fc.integer({ min: 1, max: 60 }),
      held: fc.integer({ min: 1, max: 30 }),
      limit: fc.integer({ min: 1, max: 15 }),
      later: fc.nat({ max: 5 }),
      isForward: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(shape, async (one) => {
        const ordered = [...one.starts].sort((a, b) => a - b);
        const log = ordered.map((n) => bar(n));
        for (const n of one.others) log.push(bar(n, { symbol: "ETHUSDT", revision: log.length }));
        const said = (n: number): number =>
          log.filter((made) => made.symbol === "BTCUSDT" && made.start_ts_ms === bar(n).start_ts_ms).length;
        for (const n of one.revised.filter((n) => ordered.includes(n))) log.push(bar(n, { revision: said(n) }));
        // The log may let go only of what the store has.
        const stored = Math.min(one.stored, log.length);
        const { history, cache, bus } = await withStore(log, { ...one, stored, start: Math.min(one.start, stored) });
        // And some more while pages are read, which push others out of the cache.
        const coming = count(one.later).map((n) => bar(61 + n));
        const pages: string[][] = [];
        let query = ask({ limit: one.limit, from_ms: one.isForward ? T0 : null });
        for (;;) {
          const page = await history.bars(query);
          expect(page.complete).toBe(true);
          pages.push([...page.items]);
          if (page.next === null) break;
          query = ask({ limit: one.limit, from_ms: null, ...page.next });
          const next = coming.shift();
          if (next !== undefined) {
            await bus.publish("tape.bars", 0, texts(next));
            log.push(next);
            await until("the next bar", () => cache.cursor().positions[0] === log.length);
          }
        }
        const all = (one.isForward ? pages : pages.reverse()).flat().map((text) => JSON.parse(text) as Bar);
        const known = all.filter((made) => made.start_ts_ms < bar(61).start_ts_ms);
        expect(known.map(({ start_ts_ms, revision }) => [start_ts_ms, revision])).toEqual(
          ordered.map((n) => [bar(n).start_ts_ms, said(n) - 1]),
        );
      }),
      { numRuns: 80 },
    );
  });

  test("a store that is far behind is filled up from the log", async () => {
    const { history } = await withStore(
      count(60).map((n) => bar(n)),
      { stored: 10, seed: 5, held: 10 },
    );
    expect(minutes(await history.bars(ask({ limit: 100 })))).toEqual(count(60));
    expect(history.scans).toBe(1);
  });
});
