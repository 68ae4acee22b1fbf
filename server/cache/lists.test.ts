import { afterEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { TapebellError } from "../../core/errors.ts";
import { Alert, type DeadLetter, type Gap } from "../../core/messages/index.ts";
import { cursorOf } from "../../db/index.ts";
import { Archive } from "./archive.ts";
import { createCache } from "./cache.ts";
import { type ListPage, Lists, lettersPlace } from "./lists.ts";
import type { CacheBounds } from "./state.ts";
import { alert, FakeStore, letter } from "./test-support/store.ts";
import { gap, memoryBus, T0, TestClock, texts, until } from "./test-support/world.ts";

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function world(bounds: Partial<CacheBounds> = {}, records: { [topic: string]: readonly unknown[] } = {}) {
  const clock = new TestClock(T0);
  const bus = await memoryBus(clock);
  for (const [topic, all] of Object.entries(records)) await bus.publish(topic, 0, texts(...all));
  const cache = createCache(bus, { clock, bounds });
  open.push(cache);
  await cache.seeded;
  const store = new FakeStore(bus);
  const isAway = { now: false };
  const archive = new Archive({ bus, clock, store: () => (isAway.now ? null : store.store), deadlineMs: 50 });
  return { clock, bus, cache, store, isAway, archive, lists: new Lists(cache, archive) };
}

const read = <T>(page: ListPage): T[] => page.items.map((text) => JSON.parse(text) as T);
const brief = (one: { id: string; revision: number }): string => `${one.id} r${one.revision}`;

/** Newest first, one per id, its highest revision: what any list has to say, read page by page. */
function newest<T extends { id: string; revision: number }>(all: readonly T[], time: (one: T) => number): T[] {
  const best = new Map<string, T>();
  for (const one of all) if ((best.get(one.id)?.revision ?? -1) < one.revision) best.set(one.id, one);
  return [...best.values()].sort((a, b) => time(b) - time(a) || (a.id < b.id ? 1 : -1));
}

async function allPages(
  ask: (before: string | null) => Promise<ListPage>,
): Promise<{ items: string[]; whole: boolean }> {
  const items: string[] = [];
  let whole = true;
  let before: string | null = null;
  for (let pages = 0; pages < 200; pages++) {
    const page: ListPage = await ask(before);
    items.push(...page.items);
    whole &&= page.complete;
    if (page.next === null) return { items, whole };
    before = page.next;
  }
  throw new Error("the pages have no end");
}

describe("lists from the store and the cache", () => {
  test("every alert once, its highest revision, newest first, wherever the store stands and however little is held", async () => {
    const statement = fc.record({
      minute: fc.nat({ max: 12 }),
      symbol: fc.constantFrom("BTCUSDT", "ETHUSDT", "*"),
      time: fc.nat({ max: 3 }),
    });
    const shape = fc.record({
      statements: fc.array(statement, { maxLength: 40 }),
      stored: fc.nat({ max: 40 }),
      held: fc.integer({ min: 1, max: 20 }),
      limit: fc.integer({ min: 1, max: 7 }),
      symbol: fc.constantFrom(undefined, "BTCUSDT"),
    });
    await fc.assert(
      fc.asyncProperty(shape, async ({ statements, stored, held, limit, symbol }) => {
        const said: Alert[] = [];
        for (const one of statements) {
          const made = alert(one.minute, {
            symbol: one.symbol,
            time: new Date(T0 + (one.minute % 4) * 1_000).toISOString(),
            ...(one.symbol === "*" && { kind: "market" as const, symbols: one.minute % 2 ? ["BTCUSDT"] : ["ETHUSDT"] }),
          });
          const revision = said.filter(({ id }) => id === made.id).length;
          said.push({ ...made, revision });
        }
        const { store, lists, cache } = await world({ ledgerMax: held }, { "tape.alerts": said });
        const upTo = Math.min(stored, said.length);
        await store.persist("alerts", upTo);
        const pages = await allPages((before) =>
          lists.alerts({ limit, symbol, before: before === null ? undefined : cursorOf(before) }),
        );
        expect(pages.whole).toBe(cache.state.ledgers.alerts.knownFrom <= upTo);
        if (!pages.whole) return;
        const wanted = newest(said, (one) => Date.parse(one.time)).filter(
          (one) => symbol === undefined || one.symbol === symbol || one.symbols?.includes(symbol),
        );
        const got = pages.items.map((text) => JSON.parse(text) as Alert);
        expect(got.map(brief)).toEqual(wanted.map(brief));
      }),
      { numRuns: 60 },
    );
  });

  test("a gap that was filled since the store heard of it is no longer open, and is filled", async () => {
    const { bus, cache, store, lists } = await world({}, { "tape.gaps": [gap(T0), gap(T0 + 1)] });
    await store.persist("gaps");
    await bus.publish("tape.gaps", 0, texts(gap(T0, { revision: 1, status: "filled" })));
    await until("the fill", () => cache.state.gapCounts.filled === 1);
    const ids = async (status: Gap["status"]) => read<Gap>(await lists.gaps({ limit: 1, status })).map(brief);
    expect(await ids("open")).toEqual([brief(gap(T0 + 1))]);
    expect(await ids("filled")).toEqual([brief(gap(T0, { revision: 1 }))]);
  });

  test("while the store is away the cache answers alone and says so; late or failing it is left alone for a second", async () => {
    const { lists, store, isAway, archive, clock } = await world({}, { "tape.alerts": [alert(1), alert(2)] });
    await store.persist("alerts");
    isAway.now = true;
    const page = await lists.alerts({ limit: 10 });
    expect(read<Alert>(page)).toEqual([alert(2), alert(1)]);
    expect(page.complete).toBe(false);
    isAway.now = false;
    store.stuck = Promise.reject(new TapebellError("outside", "store_lost", "gone"));
    store.stuck.catch(() => undefined);
    expect((await lists.alerts({ limit: 10 })).complete).toBe(false);
    store.stuck = new Promise(() => undefined);
    const { reads } = store;
    expect((await lists.alerts({ limit: 10 })).complete).toBe(false);
    expect(store.reads).toBe(reads);
    clock.advance(1_001);
    expect((await lists.alerts({ limit: 10 })).complete).toBe(false);
    expect(archive.failures).toBe(2);
    store.stuck = null;
    clock.advance(1_001);
    expect((await lists.alerts({ limit: 10 })).complete).toBe(true);
  });

  test("one alert: from the cache, else from the store, else unknown only if both were asked", async () => {
    const said = [0, 1, 2, 3].map((n) => alert(n));
    const { lists, store, isAway } = await world({ ledgerMax: 2 }, { "tape.alerts": said });
    const text = async (n: number) => {
      const found = await lists.alert(alert(n).id);
      return found === null || found === "unknown" ? found : Alert.parse(JSON.parse(found.text));
    };
    isAway.now = true;
    expect(await text(3)).toEqual(alert(3));
    expect(await text(0)).toBe("unknown");
    isAway.now = false;
    await store.persist("alerts", 1);
    expect(await text(0)).toEqual(alert(0));
    // It may be among those that the store has not read and the cache has let go.
    expect(await text(1)).toBe("unknown");
    await store.persist("alerts");
    expect(await text(1)).toEqual(alert(1));
    expect(await text(99)).toBeNull();
  });

  test("dead letters: each once, in the log's order, also while the store goes on between pages", async () => {
    const shape = fc.record({
      count: fc.nat({ max: 30 }),
      again: fc.array(fc.nat({ max: 29 }), { maxLength: 5 }),
      stored: fc.array(fc.nat({ max: 35 }), { minLength: 1, maxLength: 6 }),
      limit: fc.integer({ min: 1, max: 7 }),
    });
    await fc.assert(
      fc.asyncProperty(shape, async ({ count, again, stored, limit }) => {
        const unique = Array.from({ length: count }, (_, n) => letter(n));
        const said = [...unique, ...again.filter((n) => n < count).map((n) => letter(n))];
        const { lists, store } = await world({}, { "tape.dead-letter": said });
        const steps = [...stored].sort((a, b) => a - b).map((upTo) => Math.min(upTo, said.length));
        const pages = await allPages(async (before) => {
          const upTo = steps.shift();
          if (upTo !== undefined) await store.persist("deadLetter", upTo);
          const place = before === null ? undefined : lettersPlace(before);
          return lists.deadLetters({ limit, before: place ?? undefined });
        });
        expect(pages.whole).toBe(true);
        const got = pages.items.map((text) => (JSON.parse(text) as DeadLetter).id);
        expect(got).toEqual(unique.map(({ id }) => id).reverse());
      }),
      { numRuns: 60 },
    );
  });

  test("dead letters without the store: what is held, page by page, and that there may be more", async () => {
    const said = Array.from({ length: 9 }, (_, n) => letter(n));
    const { lists, isAway } = await world({ deadLettersMax: 5 }, { "tape.dead-letter": said });
    isAway.now = true;
    const pages = await allPages((before) =>
      lists.deadLetters({ limit: 2, before: (before === null ? null : lettersPlace(before)) ?? undefined }),
    );
    expect(pages.items.map((text) => (JSON.parse(text) as DeadLetter).id)).toEqual(
      said
        .slice(-5)
        .map(({ id }) => id)
        .reverse(),
    );
    expect(pages.whole).toBe(false);
  });
});
