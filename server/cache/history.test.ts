import { afterEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Bar } from "../../core/messages/index.ts";
import type { Bus } from "../../core/ports/bus.ts";
import type { BarsPage, BarsQuery } from "./bars-page.ts";
import { type Cache, createCache } from "./cache.ts";
import { History } from "./history.ts";
import { bar, memoryBus, T0, TestClock, texts, until } from "./test-support/world.ts";

const MINUTE_MS = 60_000;
const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

/** Publishes each bar when it ends, then starts a cache that reads only the newest `seedRecords`. */
async function world(bars: readonly Bar[], seedRecords: number, barsPerSeries = 600) {
  const clock = new TestClock(T0);
  const bus = await memoryBus(clock);
  for (const one of bars) {
    clock.advance(Math.max(0, one.end_ts_ms - clock.now()));
    await bus.publish("tape.bars", 0, texts(one));
  }
  const cache = createCache(bus, { clock, seedRecords, bounds: { barsPerSeries } });
  open.push(cache);
  await cache.seeded;
  return { clock, bus, cache, history: historyOf(cache, clock) };
}
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

describe("old bars", () => {
  test("the newest come from the cache without a look at the log", async () => {
    const { history } = await world(
      count(30).map((n) => bar(n)),
      25,
    );
    expect(minutes(await history.bars(ask({ limit: 5 })))).toEqual([25, 26, 27, 28, 29]);
    expect(history.scans).toBe(0);
  });

  test("what the start did not read comes from the log, once", async () => {
    const { history } = await world(
      count(50).map((n) => bar(n)),
      5,
    );
    const page = await history.bars(ask({ limit: 20 }));
    expect(minutes(page)).toEqual(count(20).map((n) => n + 30));
    const scans = history.scans;
    expect(scans).toBeGreaterThan(0);
    expect(minutes(await history.bars(ask({ limit: 20 })))).toEqual(minutes(page));
    expect(history.scans).toBe(scans);
  });

  test("more than the cache may hold comes from the log each time", async () => {
    const { history } = await world(
      count(60).map((n) => bar(n)),
      60,
      10,
    );
    expect(minutes(await history.bars(ask({ limit: 40 })))).toEqual(count(40).map((n) => n + 20));
    expect(minutes(await history.bars(ask({ from_ms: T0, limit: 3 })))).toEqual([0, 1, 2]);
  });

  test("the forming bar comes last and counts", async () => {
    const { history, bus, cache } = await world(
      count(5).map((n) => bar(n)),
      100,
    );
    await bus.publish("tape.forming", 0, texts(bar(5, { final: false })));
    await until("the forming bar", () => cache.state.seriesOf("BTCUSDT", "1m")?.forming != null);
    const page = await history.bars(ask({ limit: 3 }));
    expect(minutes(page)).toEqual([3, 4, 5]);
    expect((JSON.parse(page.items.at(-1) ?? "") as Bar).final).toBe(false);
    expect(minutes(await history.bars(ask({ to_ms: T0 + 5 * MINUTE_MS })))).toEqual([0, 1, 2, 3, 4]);
  });

  test("a quiet symbol's few bars are found however far back they are", async () => {
    const quiet = bar(1, { symbol: "QUIET" });
    const busy = count(400).map((n) => bar(n + 2));
    const { history } = await world([quiet, ...busy, bar(402, { symbol: "QUIET" })], 10);
    expect(minutes(await history.bars(ask({ symbol: "QUIET", limit: 5 })))).toEqual([1, 402]);
  });

  test("a revision made long after its bar wins", async () => {
    const late = bar(2, { revision: 1, close: 77 });
    const { history } = await world([...count(40).map((n) => bar(n)), late], 3);
    const page = await history.bars(ask({ from_ms: T0 + 2 * MINUTE_MS, limit: 1 }));
    expect(JSON.parse(page.items[0] ?? "")).toMatchObject({ revision: 1, close: 77 });
  });

  test("paging in either direction gives every bar once, in order, like one that has read it all", async () => {
    const shape = fc.record({
      starts: fc.uniqueArray(fc.nat({ max: 60 }), { minLength: 1, maxLength: 40 }),
      revised: fc.array(fc.nat({ max: 60 }), { maxLength: 10 }),
      seed: fc.integer({ min: 1, max: 60 }),
      held: fc.integer({ min: 1, max: 30 }),
      limit: fc.integer({ min: 1, max: 15 }),
      isForward: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(shape, async ({ starts, revised, seed, held, limit, isForward }) => {
        const ordered = [...starts].sort((a, b) => a - b);
        const log = ordered.map((n) => bar(n));
        for (const n of revised.filter((one) => ordered.includes(one))) {
          const revision = log.filter((one) => one.start_ts_ms === bar(n).start_ts_ms).length;
          log.push(bar(n, { revision }));
        }
        const { history } = await world(log, seed, held);
        const pages: string[][] = [];
        let query = ask({ limit, from_ms: isForward ? T0 : null });
        for (;;) {
          const page = await history.bars(query);
          expect(page.items.length).toBeLessThanOrEqual(limit);
          pages.push([...page.items]);
          if (page.next === null) break;
          query = ask({ limit, from_ms: null, ...page.next });
        }
        const all = (isForward ? pages : pages.reverse()).flat().map((text) => JSON.parse(text) as Bar);
        const wanted = ordered.map((n) => ({
          start_ts_ms: bar(n).start_ts_ms,
          revision: log.filter((one) => one.start_ts_ms === bar(n).start_ts_ms).length - 1,
        }));
        expect(all.map(({ start_ts_ms, revision }) => ({ start_ts_ms, revision }))).toEqual(wanted);
      }),
      { numRuns: 40 },
    );
  });

  test("a log too long to read: the newest that are held, marked incomplete; a range is refused", async () => {
    const { cache, clock } = await world(
      count(50).map((n) => bar(n)),
      5,
    );
    const history = historyOf(cache, clock, { recordsMax: 10 });
    const page = await history.bars(ask({ limit: 20 }));
    expect(minutes(page)).toEqual([45, 46, 47, 48, 49]);
    expect(page.complete).toBe(false);
    expect(page.next).toEqual({ to_ms: T0 + 45 * MINUTE_MS });
    expect(history.bars(ask({ from_ms: T0 }))).rejects.toMatchObject({ why: "deadline" });
  });

  test("a log that does not answer ends at the deadline, and others do not queue up for ever", async () => {
    const { cache, clock } = await world(
      count(50).map((n) => bar(n)),
      5,
    );
    const stuck = new Proxy(cache, {
      get: (target, name) => (name === "bus" ? silentFollow(cache.bus) : Reflect.get(target, name)),
    });
    const history = historyOf(stuck, clock, { deadlineMs: 50, waitingMax: 2 });
    const asked = count(4).map(() => history.bars(ask({ from_ms: T0 })));
    const ends = await Promise.allSettled(asked);
    const why = ends.map((end) => (end.status === "rejected" ? (end.reason as { why: string }).why : "answered"));
    expect(why.filter((one) => one === "busy")).toHaveLength(2);
    expect(why.filter((one) => one === "deadline")).toHaveLength(2);
  });
});

const silentFollow = (bus: Bus): Bus =>
  new Proxy(bus, {
    get: (target, name) => {
      if (name !== "follow") return Reflect.get(target, name);
      return async function* (...[, , , options]: Parameters<Bus["follow"]>) {
        await new Promise<void>((resolve) => options?.signal?.addEventListener("abort", () => resolve()));
      };
    },
  });
