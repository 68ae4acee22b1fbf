import { afterEach, describe, expect, test } from "bun:test";
import { Features, Latest, Metrics, Rolling, type Signal, signalId, signalTime } from "../../core/messages/index.ts";
import { FakeStore } from "../cache/test-support/store.ts";
import { bar, memoryBus, T0, TestClock, texts, until } from "../cache/test-support/world.ts";
import { SseReader, type World, world } from "./test-support/world.ts";

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function start(): Promise<World & { store: FakeStore; isAway: { now: boolean } }> {
  const clock = new TestClock(T0 + 3_600_000);
  const bus = await memoryBus(clock);
  const store = new FakeStore(bus);
  const isAway = { now: false };
  const made = await world({ clock, bus, store: () => (isAway.now ? null : store.store) });
  open.push(async () => {
    expect(made.bugs).toEqual([]);
    await made.close();
    await bus.close();
  });
  return { ...made, store, isAway };
}

const signal = (n: number, symbol = "BTCUSDT", name = "hot"): Signal => {
  const ts = signalTime(T0 + n * 1_000);
  const id = signalId("p", symbol, ts, name);
  return { ver: 1, kind: "signal", id, provider: "p", symbol, ts, name, value: 1, score: 0.5, meta: { n } };
};
const metrics = (n: number, symbol = "BTCUSDT"): Metrics => ({
  kind: "metrics",
  symbol,
  time: signalTime(T0 + n * 1_000),
  attention: n,
  return_1m: 0.01,
});
const features = (n: number, symbol = "BTCUSDT"): Features => ({
  kind: "features",
  provider: "p",
  symbol,
  ts_ms: T0 + n,
  mid: 100,
  spread_abs: 1,
  spread_bps: 100,
  trade_vwap_10s: null,
  trade_vwap_60s: null,
  trade_count_10s: n,
  trade_volume_10s: 1,
  return_10s: null,
  realized_vol_60s: null,
  latency_ms_p50: 5,
  latency_ms_p95: 9,
});
const rolling = (n: number): Rolling => ({
  kind: "rolling",
  provider: "p",
  symbol: "BTCUSDT",
  ts_ms: T0 + n,
  price: 10,
  vol_5m_n: n,
});
const latest = (n: number): Latest => ({
  kind: "latest",
  provider: "p",
  symbol: "BTCUSDT",
  ts_ms: T0 + n,
  trade: null,
  quote: null,
});

async function say(at: World, topic: "signals" | "metrics" | "features" | "rolling" | "latest", ...records: object[]) {
  const before = at.cache.reading().find((one) => one.topic === topic)!.next;
  await at.bus.publish(`tape.${topic}`, 0, texts(...records));
  await until(topic, () => at.cache.reading().find((one) => one.topic === topic)!.next === before + records.length);
}

interface Body {
  readonly items: Record<string, unknown>[];
  readonly next: string | null;
  readonly complete: boolean;
  readonly code?: string;
}
const body = async (answer: Response): Promise<Body> => (await answer.json()) as Body;

describe("/api/signals", () => {
  test("newest first from the store and the cache, one item per signal, pages go on", async () => {
    const at = await start();
    await say(at, "signals", signal(1), signal(2, "ETHUSDT"), signal(3));
    await at.store.persist("signals");
    await say(at, "signals", signal(3), signal(5), signal(4, "BTCUSDT", "long"));
    const all = await body(await at.get("/api/signals"));
    const right = [signal(5), signal(4, "BTCUSDT", "long"), signal(3), signal(2, "ETHUSDT"), signal(1)];
    expect(all).toEqual({ items: right as never, next: null, complete: true });
    const first = await body(await at.get("/api/signals?limit=2&symbol=BTCUSDT"));
    const second = await body(await at.get(`/api/signals?limit=2&symbol=BTCUSDT&before=${first.next}`));
    expect([...first.items, ...second.items]).toEqual(right.filter(({ symbol }) => symbol === "BTCUSDT") as never);
    expect((await at.get("/api/signals?symbol=NOPE")).status).toBe(404);
    expect((await at.get("/api/signals?before=x")).status).toBe(400);
  });

  test("on a stream: each once, in order, after any absence", async () => {
    const at = await start();
    const stream = new SseReader(await at.get("/api/stream?topics=signals"));
    await stream.take(1);
    await say(at, "signals", signal(1));
    const [event] = await stream.take(1);
    expect(event).toMatchObject({ event: "signal", data: signal(1) });
    await say(at, "signals", signal(2), signal(1), signal(3));
    const again = new SseReader(
      await at.get("/api/stream?topics=signals", { headers: { "last-event-id": event!.id } }),
    );
    const missed = await again.through(({ data }) => (data as Signal).id === signal(3).id);
    expect(missed.filter((one) => one.event === "signal").map(({ data }) => data)).toEqual([signal(2), signal(3)]);
  });
});

describe("/api/metrics", () => {
  test("rows newest first; the newest one of all is there before the store has it", async () => {
    const at = await start();
    await say(at, "metrics", metrics(1), metrics(2), metrics(3, "ETHUSDT"));
    await at.store.persist("metrics");
    const stored = await body(await at.get("/api/metrics?symbol=BTCUSDT"));
    expect(stored).toEqual({ items: [metrics(2), metrics(1)], next: null, complete: true });
    await say(at, "metrics", metrics(4), metrics(5));
    expect(await body(await at.get("/api/metrics?symbol=BTCUSDT"))).toMatchObject({
      items: [metrics(5), metrics(2), metrics(1)],
      complete: false,
    });
    const pages: unknown[] = [];
    let next: string | null = "";
    while (next !== null) {
      const page: Body = await body(
        await at.get(`/api/metrics?symbol=BTCUSDT&limit=1${next === "" ? "" : `&before=${next}`}`),
      );
      pages.push(...page.items);
      next = page.next;
    }
    expect(pages).toEqual([metrics(5), metrics(2), metrics(1)]);
    for (const item of pages) expect(Metrics.parse(item)).toEqual(item as Metrics);
  });

  test("the store away: the newest row, marked incomplete; a symbol is needed, and must be known", async () => {
    const at = await start();
    await say(at, "metrics", metrics(1));
    at.isAway.now = true;
    expect(await body(await at.get("/api/metrics?symbol=BTCUSDT"))).toEqual({
      items: [metrics(1)],
      next: null,
      complete: false,
    });
    expect((await at.get("/api/metrics")).status).toBe(400);
    expect((await at.get("/api/metrics?symbol=NOPE")).status).toBe(404);
  });

  test("a row that a restarted graph says again does not take the newest one's place", async () => {
    const at = await start();
    await say(at, "metrics", metrics(5), metrics(4));
    expect((await body(await at.get("/api/metrics?symbol=BTCUSDT"))).items).toEqual([metrics(5)]);
  });
});

describe("what is known of a symbol now", () => {
  test("features, rolling features, trade and quote: the newest of each", async () => {
    const at = await start();
    await say(at, "features", features(1), features(2), features(3, "ETHUSDT"));
    await say(at, "rolling", rolling(1), rolling(2));
    await say(at, "latest", latest(1), latest(2));
    const one = async (path: string): Promise<unknown> => (await at.get(`${path}?symbol=BTCUSDT`)).json();
    expect(Features.parse(await one("/features/latest"))).toEqual(features(2));
    expect(Latest.parse(await one("/state/latest"))).toEqual(latest(2));
    expect(await one("/api/rolling")).toEqual({ items: [rolling(2)], next: null });
    expect(Rolling.parse(rolling(2))).toEqual(rolling(2));
  });

  test("404 for an unknown symbol, and for one of which nothing has come; 400 without one", async () => {
    const at = await start();
    for (const path of ["/features/latest", "/state/latest"]) {
      expect((await at.get(path)).status).toBe(400);
      const unknown = await at.get(`${path}?symbol=NOPE`);
      expect([unknown.status, (await body(unknown)).code]).toEqual([404, "unknown_symbol"]);
      const quiet = await at.get(`${path}?symbol=BTCUSDT`);
      expect([quiet.status, (await body(quiet)).code]).toEqual([404, "nothing_yet"]);
    }
    expect(await (await at.get("/api/rolling?symbol=BTCUSDT")).json()).toEqual({ items: [], next: null });
  });

  test("on a stream only the newest of a symbol counts", async () => {
    const at = await start();
    const stream = new SseReader(await at.get("/api/stream?topics=features,rolling,metrics&symbols=BTCUSDT"));
    await stream.take(1);
    await say(at, "rolling", rolling(1), rolling(2), rolling(3));
    const seen = await stream.through(({ data }) => (data as Rolling).vol_5m_n === 3);
    expect(seen.at(-1)).toMatchObject({ event: "rolling", data: rolling(3) });
    await say(at, "metrics", metrics(1));
    expect((await stream.take(1))[0]).toMatchObject({ event: "metrics", data: metrics(1) });
    await say(at, "features", features(9, "ETHUSDT"), features(1));
    expect((await stream.take(1))[0]).toMatchObject({ event: "features", data: features(1) });
  });
});

test("micro-batches of two seconds can be asked for like any bar", async () => {
  const { get, bus, cache } = await start();
  const two = [0, 1, 2].map((n) => bar(n, { interval: "2s" }));
  await bus.publish("tape.bars", 0, texts(...two, bar(0)));
  await until("the bars", () => cache.state.knowsSymbol("BTCUSDT"));
  const page = (await (await get("/api/bars?symbol=BTCUSDT&interval=2s")).json()) as { items: unknown };
  expect(page.items).toEqual(two);
  expect((await get("/api/bars?symbol=BTCUSDT&interval=3s")).status).toBe(400);
});
