import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { type FakeAlpacaOptions, fakeAlpaca } from "../../../testkit/venues/alpaca.ts";
import type { FakeVenue } from "../../../testkit/venues/venue.ts";
import { systemClock } from "../../clock.ts";
import { dial } from "../connection/dial.ts";
import { Session } from "../connection/session.ts";
import { eventually, liveWorld } from "../test-support/live-world.ts";
import type { Item } from "../venue.ts";
import { alpacaOf } from "./spec.ts";

setDefaultTimeout(30_000);

const KEYS = { ALPACA_API_KEY: "key", ALPACA_API_SECRET: "secret", ALPACA_FEED: "iex" } as const;
const SETTINGS = {
  PRICE_BACKOFF_FAILURES_THRESHOLD: 5,
  PRICE_BACKOFF_BASE_SEC: 0.1,
  PRICE_BACKOFF_BASE_AFTER_FAILURES_SEC: 0.2,
  PRICE_BACKOFF_CAP_SEC: 0.5,
  RETRY_JITTER_MIN: 1,
  RETRY_JITTER_MAX: 1,
};

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function serve(symbols: string[], options: FakeAlpacaOptions = {}): Promise<FakeVenue> {
  const server = await fakeAlpaca(symbols, options);
  open.push(() => server.stop());
  return server;
}

/** One program with these keys, as long as the test lasts. */
function program(server: FakeVenue, symbols: readonly string[], keys: typeof KEYS | Record<string, string> = KEYS) {
  const venue = alpacaOf(keys as typeof KEYS);
  const session = new Session({
    venue,
    symbols: symbols.map((symbol) => venue.toVenue(symbol)!),
    channels: ["trade", "quote"],
    stream: server.wsUrl,
    clock: systemClock,
    dial,
    random: Math.random,
    settings: SETTINGS,
  });
  const items: Item[] = [];
  const timer = setInterval(() => {
    session.tick();
    items.push(...session.queue.take(1_000));
  }, 5);
  const stop = (): void => {
    clearInterval(timer);
    session.stop();
  };
  open.push(stop);
  const trades = (): Item[] => items.filter(({ kind }) => kind === "trade");
  return { session, trades, stop };
}

test("stocks: in by key, then subscribed; candles, trades and what was missed come over REST with the same key", async () => {
  const it = await liveWorld({
    kind: {
      id: "alpaca",
      venue: () => Promise.resolve(alpacaOf(KEYS)),
      serve: (options) => fakeAlpaca(["AAPL", "IBM"], options),
      names: ["AAPL", "IBM"],
    },
    symbols: "top:1,IBM",
    history_minutes: 3,
  });
  open.push(() => it.stop());
  const timer = setInterval(() => it.first.trade("IBM", "310.5", { size: "100" }), 20);
  open.push(() => clearInterval(timer));
  await eventually("trades", () => it.trades().length > 5);
  expect(it.trades()[0]).toMatchObject({ provider: "alpaca", symbol: "IBM", price: 310.5, size: 100, side: null });
  expect(it.records.filter(({ kind }) => kind === "bar").length).toBeGreaterThanOrEqual(6);
  await eventually("both", () => it.statusOf("alpaca")?.symbols?.length === 2);
  expect(it.statusOf("alpaca")?.symbols?.map(({ symbol }) => symbol)).toEqual(["IBM", "AAPL"]);
  it.first.closeAll(1006);
  await eventually("filled", () => it.gaps().some(({ status }) => status === "filled"));
  // Nothing was asked for before we were let in: that is an error there.
  expect(it.statusOf("alpaca")?.counters?.rejected).toBe(0);
});

test("a wrong key is said with what to do, and tried again later", async () => {
  const server = await serve(["AAPL"]);
  const { session } = program(server, ["AAPL"], { ...KEYS, ALPACA_API_SECRET: "wrong" });
  await eventually("said", () => session.said().said === "broken");
  expect(session.said().reason).toBe("Alpaca does not know this key: check ALPACA_API_KEY and ALPACA_API_SECRET (402)");
  await eventually("again", () => server.dialled.length >= 2);
});

test("an account has one connection: the second program is told, and gets in once the first one has ended", async () => {
  const server = await serve(["AAPL"]);
  const first = program(server, ["AAPL"]);
  const tick = setInterval(() => server.trade("AAPL", "250"), 10);
  open.push(() => clearInterval(tick));
  await eventually("the first is in", () => first.trades().length > 0);
  const second = program(server, ["AAPL"]);
  await eventually("the second is told", () => second.session.said().reason.includes("(406)"));
  expect(second.session.said().reason).toContain("another program has it");
  expect(second.trades()).toEqual([]);
  first.stop();
  await eventually("the second is in", () => second.trades().length > 0);
});

test("stocks and coins each have a connection of their own", async () => {
  const server = await serve(["AAPL", "BTC/USD"]);
  const { trades } = program(server, ["AAPL", "BTCUSD"]);
  await eventually("both", () => {
    server.trade("AAPL", "250");
    server.trade("BTC/USD", "64000");
    return new Set(trades().map((item) => "symbol" in item && item.symbol)).size === 2;
  });
  expect([...server.sockets].map(({ url }) => url).sort()).toEqual(["/v1beta3/crypto/us", "/v2/iex"]);
});

test("more symbols than the plan allows: as many as it does are served, the others are named", async () => {
  const server = await serve(["A", "B", "C", "D"], { symbols_max: 2 });
  const { session, trades } = program(server, ["A", "B", "C", "D"]);
  await eventually("named", () => session.refused.size === 2);
  expect([...session.refused.keys()]).toEqual(["C", "D"]);
  expect(session.refused.get("C")).toContain("more symbols than the account's plan allows");
  await eventually("the others go on", () => {
    for (const symbol of ["A", "B", "C"]) server.trade(symbol, "10");
    return trades().length > 10;
  });
  expect(new Set(trades().map((item) => "symbol" in item && item.symbol))).toEqual(new Set(["A", "B"]));
  server.closeAll(1006);
  await eventually("the next connection asks for them alone", () => {
    server.trade("B", "11");
    return trades().some((item) => "price" in item && item.price === 11);
  });
});

test("a feed the plan does not include is said, and which setting chooses another", async () => {
  const server = await serve(["AAPL"], { isFeedAllowed: false });
  const { session } = program(server, ["AAPL"]);
  await eventually("said", () => session.said().said === "broken");
  expect(session.said().reason).toContain("choose another with ALPACA_FEED (409)");
});
