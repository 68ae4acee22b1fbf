import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import type { Alert, Bar, Book, Gap, Status } from "../core/messages/index.ts";
import { fakeBinance } from "../testkit/venues/binance.ts";
import type { FakeVenue } from "../testkit/venues/venue.ts";
import { SseReader } from "./http/test-support/world.ts";
import { type AppProcess, getJson, startApp, tempDir, until } from "./test-support/app-process.ts";

setDefaultTimeout(90_000);
const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

interface List<T> {
  readonly items: readonly T[];
}

async function venue(
  past: { history_minutes: number; moved_ms?: number } = { history_minutes: 120 },
  symbols: string[] = ["BTCUSDT", "ETHUSDT"],
): Promise<FakeVenue> {
  const server = await fakeBinance(symbols, past);
  let n = 0;
  const timer = setInterval(() => {
    n++;
    for (const symbol of server.market.symbols) {
      server.trade(symbol, "100.0");
      server.quote(symbol, "99.9", "100.1");
      server.change(symbol, { bids: [["99.9", String(n)]], asks: [["100.1", "1"]] });
    }
  }, 20);
  open.push(async () => {
    clearInterval(timer);
    await server.stop();
  });
  return server;
}

async function start(
  server: FakeVenue,
  dir: string,
  feed = "auto",
  more: Record<string, string> = {},
): Promise<AppProcess> {
  const nobody = "ws://127.0.0.1:1";
  const app = await startApp({
    FEED: feed,
    DATA_DIR: dir,
    SYMBOLS: "top:2",
    BINANCE_STREAM: `${server.wsUrl}/stream`,
    BINANCE_REST: server.restUrl,
    BYBIT_STREAM: nobody,
    COINBASE_STREAM: nobody,
    KRAKEN_STREAM: nobody,
    ...more,
  });
  open.push(() => app.kill());
  return app;
}

const status = (app: AppProcess) => getJson<Status>(`${app.url}/api/status`);
const bars = async (app: AppProcess, interval: string) =>
  (await getJson<List<Bar>>(`${app.url}/api/bars?symbol=BTCUSDT&interval=${interval}&limit=600`)).items;
const gaps = async (app: AppProcess) => (await getJson<List<Gap>>(`${app.url}/api/gaps`)).items;

test("a venue that answers is shown live, with its past; killed and started again, the time between is filled by id", async () => {
  const server = await venue();
  const { dir, remove } = await tempDir();
  open.push(remove);
  const app = await start(server, dir);
  const said = await until(
    () => status(app),
    (now) => now.feed.state === "live" && now.ready,
  );
  expect(said).toMatchObject({ origin: "live", feed: { provider: "binance", text: "Binance, 2 symbols" } });
  expect(app.output()).toContain("Bybit refuses the connection");
  const past = await until(
    () => bars(app, "1m"),
    (some) => some.length >= 119,
  );
  expect(past.every(({ origin }) => origin === "venue" || origin === "live")).toBe(true);
  await until(
    () => bars(app, "1s"),
    (some) => some.filter((bar) => bar.final).length >= 2,
  );
  await app.kill();
  const killed_id = server.trades("BTCUSDT").at(-1)!.id;
  while (server.trades("BTCUSDT").at(-1)!.id < killed_id + 100) await Bun.sleep(20);

  const again = await start(server, dir, "binance");
  const filled = await until(
    () => gaps(again),
    (some) => some.some(({ symbol, status }) => symbol === "BTCUSDT" && status === "filled"),
  );
  const gap = filled.find(({ symbol }) => symbol === "BTCUSDT")!;
  expect(gap.from_seq!).toBeLessThanOrEqual(killed_id);
  expect(gap.to_seq!).toBeGreaterThan(killed_id + 100);
  // Every second of the time away is there, with every trade the venue had in it.
  const from_ms = Math.ceil(gap.from_ms / 1_000) * 1_000;
  const to_ms = Math.floor(gap.to_ms / 1_000) * 1_000;
  const expected = new Map<number, number>();
  for (const { ts_ms } of server.trades("BTCUSDT")) {
    const second = Math.floor(ts_ms / 1_000) * 1_000;
    if (second >= from_ms && second < to_ms) expected.set(second, (expected.get(second) ?? 0) + 1);
  }
  expect(expected.size).toBeGreaterThan(0);
  await until(
    () => bars(again, "1s"),
    (some) =>
      [...expected].every(([second, count]) =>
        some.some((bar) => bar.start_ts_ms === second && bar.final && bar.trade_count === count),
      ),
  );
});

test("the last 24 h: what they would have brought is listed once, marked, through a restart; nothing is learning", async () => {
  const moved_ms = Date.now() - 5 * 3_600_000;
  const server = await venue({ history_minutes: 1_440, moved_ms });
  const { dir, remove } = await tempDir();
  open.push(remove);
  const app = await start(server, dir, "binance");
  const alerts = async (of: AppProcess) => (await getJson<List<Alert>>(`${of.url}/api/alerts`)).items;
  const isTold = (some: readonly Alert[]) => some.filter(({ state }) => state === "over").length === 2;
  const told = await until(() => alerts(app), isTold);
  const minute_ms = Math.floor(moved_ms / 60_000) * 60_000;
  expect(told.map(({ id }) => id).sort()).toEqual([`BTCUSDT:up:${minute_ms}`, `ETHUSDT:up:${minute_ms}`]);
  for (const alert of told)
    expect(alert).toMatchObject({
      would_have: true,
      severity: "alert",
      window: "1m",
      origin: "venue",
      evidence: { resolution: "1m", baseline: "known", baseline_source: "candles" },
    });
  const now = await until(
    () => status(app),
    ({ nearest }) => (nearest?.trades ?? 0) > 0,
  );
  expect(now.nearest?.alerts).toBe(0);
  await app.kill();
  const again = await start(server, dir, "binance");
  await until(
    () => status(again),
    ({ feed, nearest }) => feed.state === "live" && (nearest?.trades ?? 0) > 0,
  );
  expect(await until(() => alerts(again), isTold)).toEqual(told);
});

test("over HTTP: a symbol is added with its past, its book is there, it is removed, and all that holds after a restart", async () => {
  const server = await venue({ history_minutes: 120 }, ["BTCUSDT", "ETHUSDT", "SOLUSDT"]);
  const { dir, remove } = await tempDir();
  open.push(remove);
  const app = await start(server, dir, "binance");
  const symbols = async (from: AppProcess): Promise<string[]> =>
    (await getJson<List<{ symbol: string }>>(`${from.url}/api/symbols`)).items.map(({ symbol }) => symbol);
  await until(
    () => symbols(app),
    (some) => some.length === 2,
  );
  const book = await until(
    () => getJson<Book & { levels_known: number }>(`${app.url}/api/book?symbol=BTCUSDT&depth=1`),
    ({ bids }) => bids?.length === 1,
  );
  expect(book).toMatchObject({ provider: "binance", bids: [[99.9, expect.any(Number)]], asks: [[100.1, 1]] });
  const wish = (body: unknown) => fetch(`${app.url}/api/symbols`, { method: "POST", body: JSON.stringify(body) });
  const unknown = await wish({ symbols: ["NOPEUSDT"] });
  expect([unknown.status, ((await unknown.json()) as { detail: string }).detail]).toEqual([
    404,
    "Binance has no market NOPEUSDT",
  ]);
  expect((await wish({ symbols: ["SOLUSDT"] })).status).toBe(200);
  const past = await until(
    () => getJson<List<Bar>>(`${app.url}/api/bars?symbol=SOLUSDT&interval=1m&limit=600`),
    ({ items }) => items !== undefined && items.length >= 119,
  );
  expect(past.items[0]?.origin).toBe("venue");
  expect((await fetch(`${app.url}/api/symbols/ETHUSDT`, { method: "DELETE" })).status).toBe(200);
  await until(
    () => symbols(app),
    (some) => some.join() === "BTCUSDT,SOLUSDT",
  );
  await app.stop();
  const again = await start(server, dir, "binance");
  await until(
    () => symbols(again),
    (some) => some.join() === "BTCUSDT,SOLUSDT",
  );
});

test("no venue at the start: the made-up market, and that it is; once one answers the live one, for good, without a restart", async () => {
  const server = await venue({ history_minutes: 10 });
  server.manners.refuse = { status: 451 };
  const { dir, remove } = await tempDir();
  open.push(remove);
  const app = await start(server, dir, "auto", { LIVE_RETRY_SEC: "1", SYNTHETIC_SCENARIO: "quiet" });
  const said = await until(
    () => status(app),
    ({ origin, feed }) => origin === "synthetic" && feed.provider === "synthetic",
  );
  const why = said.problems.find((text) => text.startsWith("feed:live: "));
  expect(why).toContain("Binance refuses this country (451)");
  expect(why).toContain("What is shown is made up; live is tried again every 1 s");
  const stream = await fetch(`${app.url}/api/stream?topics=bars,status`);
  const reader = new SseReader(stream);
  const [first] = await reader.take(1);
  expect(first!.data).toMatchObject({ origin: "synthetic" });

  server.manners.refuse = null;
  let last = first!.id;
  for (;;) {
    const event = await reader.next().catch(() => null);
    if (event === null) break;
    last = event.id;
  }
  const again = new SseReader(
    await fetch(`${app.url}/api/stream?topics=bars,status`, { headers: { "last-event-id": last } }),
  );
  const [reset, greeting] = await again.take(2);
  expect(reset).toMatchObject({ event: "reset", data: { reason: "log_changed" } });
  expect(greeting!.data).toMatchObject({ origin: "live", feed: { provider: "binance" } });
  await again.cancel();
  expect(app.output()).toContain("the live market is shown from now on");
  const past = await until(
    () => bars(app, "1m"),
    (some) => some.length >= 9,
  );
  expect(past.every(({ origin }) => origin !== "synthetic")).toBe(true);
  expect((await status(app)).problems.some((text) => text.startsWith("feed:live"))).toBe(false);

  // Live was seen: when it goes away again that is said, and nothing is made up.
  server.manners.mute = true;
  const mute = await until(
    () => status(app),
    (now) => now.feed.state !== "live",
  );
  expect(mute.origin).toBe("live");
  server.manners.mute = false;
  await until(
    () => status(app),
    (now) => now.feed.state === "live",
  );
  expect(await app.stop()).toBe(0);
});
