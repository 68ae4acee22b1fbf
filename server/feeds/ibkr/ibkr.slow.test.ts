import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import type { MarketRecord, PartStatus } from "../../../core/messages/index.ts";
import type { FeedSink } from "../../../core/ports/feed.ts";
import { parseSettings } from "../../../core/settings/parse.ts";
import { type FakeGateway, fakeGateway } from "../../../testkit/venues/gateway.ts";
import { systemClock } from "../../clock.ts";
import { createLiveFeed } from "../live.ts";
import { eventually } from "../test-support/live-world.ts";
import { gatewayDial } from "./gateway.ts";
import { ibkrOf } from "./spec.ts";

setDefaultTimeout(40_000);

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** The live feed over a local gateway, by the settings a person would write. */
async function world(given: Record<string, string> = {}, prepare: (gateway: FakeGateway) => void = () => undefined) {
  const gateway = await fakeGateway();
  open.push(() => gateway.stop());
  prepare(gateway);
  const all = {
    FEED: "ibkr",
    SYMBOLS: "AAPL,MSFT",
    IBKR_PORT: String(gateway.port),
    PRICE_BACKOFF_BASE_SEC: "0.1",
    PRICE_BACKOFF_CAP_SEC: "0.5",
    ...given,
  };
  const { settings, problems } = parseSettings(
    Object.entries(all).map(([name, text]) => ({ name, text, from: "test" })),
  );
  if (settings === null) throw new Error(problems.map(({ text }) => text).join("; "));
  const venue = ibkrOf(settings);
  const quick = { ...venue, limits: { ...venue.limits, silent_after_ms: 1_000 } };
  const records: MarketRecord[] = [];
  let part: PartStatus | null = null;
  const sink: FeedSink = {
    emit: async (some) => void records.push(...some),
    status: (status) => {
      part = status;
    },
    reject: () => undefined,
  };
  const stop = new AbortController();
  const run = createLiveFeed({ venues: [quick], settings, clock: systemClock, resume: null }).run(sink, stop.signal);
  open.push(async () => {
    stop.abort();
    await run;
  });
  const trades = () => records.filter((record) => record.kind === "trade");
  return { gateway, records, trades, text: () => part?.text ?? "", part: () => part };
}

/** Something of every named symbol, as long as the test lasts. */
function trading(gateway: FakeGateway, symbols: readonly string[]): void {
  let price = 100;
  const timer = setInterval(() => {
    price = price === 100 ? 100.25 : 100;
    for (const symbol of symbols) {
      gateway.trade(symbol, price, 10);
      gateway.quote(symbol, price - 0.01, price + 0.01);
    }
  }, 20);
  open.push(() => clearInterval(timer));
}

test("trades one by one for the first, with the volume for the others, best prices of all", async () => {
  const it = await world({ IBKR_TICK_BY_TICK: "1" });
  trading(it.gateway, ["AAPL", "MSFT"]);
  await eventually("both", () => new Set(it.trades().map(({ symbol }) => symbol)).size === 2);
  await eventually("quotes", () => it.records.some(({ kind }) => kind === "quote"));
  const of = (symbol: string) => it.trades().filter((trade) => trade.symbol === symbol);
  expect(of("AAPL")[0]).toMatchObject({
    provider: "ibkr",
    size: 10,
    side: null,
    trade_id: expect.stringMatching(/^t\d+$/),
  });
  expect(of("AAPL")[0]!.ts_ms % 1_000).toBe(0);
  expect(of("MSFT")[0]).toMatchObject({ provider: "ibkr", size: 10, trade_id: expect.stringMatching(/^v\d+$/) });
  expect(Math.abs(of("MSFT")[0]!.ts_ms - Date.now())).toBeLessThan(5_000);
  const quote = it.records.findLast(({ kind }) => kind === "quote")!;
  expect(quote).toMatchObject({ bid_size: 3, ask_size: 1 });
  expect(new Set(it.trades().map(({ event_id }) => event_id)).size).toBe(it.trades().length);
  const contracts = it.gateway.asked.filter(({ fields }) => fields[0] === "1").map(({ fields }) => fields);
  expect(contracts.map((fields) => [fields[4], fields[5], fields[10], fields[12]])).toEqual([
    ["AAPL", "STK", "SMART", "USD"],
    ["MSFT", "STK", "SMART", "USD"],
  ]);
});

test("the daily restart: away for a while, then the same again without a word of ours; what was missed is said", async () => {
  const it = await world({ IBKR_TICK_BY_TICK: "1" });
  trading(it.gateway, ["AAPL", "MSFT"]);
  await eventually("trades", () => it.trades().length > 10);
  const restarting = it.gateway.restart(1_500);
  await eventually("said", () => it.text().includes("is not reached"));
  expect(it.text()).toContain("start TWS or IB Gateway");
  await restarting;
  const before = it.trades().length;
  await eventually(
    "again",
    () =>
      new Set(
        it
          .trades()
          .slice(before)
          .map(({ symbol }) => symbol),
      ).size === 2,
  );
  await eventually("the gap", () => it.records.some((record) => record.kind === "gap" && record.status === "lost"));
  // The stream of all trades of a symbol may not be asked for again so soon: they come with the volume meanwhile.
  expect(it.gateway.violations).toEqual([]);
  expect(it.trades().findLast(({ symbol }) => symbol === "AAPL")!.trade_id).toMatch(/^v/);
});

test("a hundred symbols and more: the lines that there are, no message too many, and who is left out is named", async () => {
  const symbols = Array.from(
    { length: 104 },
    (_, i) => `S${String.fromCharCode(65 + Math.floor(i / 26), 65 + (i % 26))}`,
  );
  const it = await world({ SYMBOLS: symbols.join(",") });
  trading(it.gateway, symbols);
  await eventually("named", () => it.text().includes("not served"), 20_000);
  await eventually("all", () => new Set(it.trades().map(({ symbol }) => symbol)).size === 100, 20_000);
  expect(it.gateway.violations).toEqual([]);
  expect(it.text()).toContain(`not served: ${symbols[100]}`);
  expect(it.gateway.asked.filter(({ fields }) => fields[0] === "97").length).toBe(5);
});

test("no such contract, and no subscription: named, with what to do; the others go on", async () => {
  const it = await world({ SYMBOLS: "AAPL,NOSUC,MSFT" }, (gateway) => void gateway.manners.unknown.add("NOSUC"));
  trading(it.gateway, ["AAPL", "MSFT"]);
  await eventually("named", () => it.text().includes("not served: NOSUC"));
  await eventually("the others", () => new Set(it.trades().map(({ symbol }) => symbol)).size === 2);
  it.gateway.error(354, "Requested market data is not subscribed.", "MSFT");
  await eventually("named too", () => it.text().includes("MSFT"));
  const before = it.trades().length;
  await eventually("AAPL goes on", () => it.trades().length > before + 5);
});

test("the gateway has fewer streams of all trades than we were told: those trades come with the volume", async () => {
  const it = await world({}, (gateway) => {
    gateway.manners.one_by_one_max = 1;
  });
  trading(it.gateway, ["AAPL", "MSFT"]);
  await eventually("both", () => new Set(it.trades().map(({ symbol }) => symbol)).size === 2);
  const ids = new Map(it.trades().map(({ symbol, trade_id }) => [symbol, trade_id![0]]));
  expect([ids.get("AAPL"), ids.get("MSFT")]).toEqual(["t", "v"]);
  expect(it.text()).not.toContain("not served");
});

test("another program has the client id, or the gateway has lost its servers: said in words, and over once it is", async () => {
  const it = await world({}, (gateway) => void gateway.manners.taken.add(1));
  trading(it.gateway, ["AAPL"]);
  await eventually("said", () => it.text().includes("choose another with IBKR_CLIENT_ID"));
  it.gateway.manners.taken.clear();
  await eventually("in", () => it.trades().length > 5);
  it.gateway.manners.isCutOff = true;
  it.gateway.error(1100, "Connectivity between IB and Trader Workstation has been lost.");
  await eventually("cut off", () => it.text().includes("has lost its own servers"));
  it.gateway.manners.isCutOff = false;
  const before = it.trades().length;
  await eventually("back", () => it.trades().length > before + 5);
});

test("mute is noticed and dialled anew", async () => {
  const it = await world();
  trading(it.gateway, ["AAPL", "MSFT"]);
  await eventually("trades", () => it.trades().length > 5);
  it.gateway.manners.mute = true;
  await eventually("said", () => it.text().includes("has been silent for"));
  it.gateway.manners.mute = false;
  const before = it.trades().length;
  await eventually("back", () => it.trades().length > before + 5);
});

test("without the package it is said how to get it", async () => {
  const missing = gatewayDial(
    { host: "127.0.0.1", port: 1, client_id: 1, lines_max: 1, one_by_one_max: 0, data_type: 1 },
    systemClock,
    () => Promise.reject(new Error("Cannot find package")),
  );
  const failure = await new Promise<unknown>((resolve) =>
    missing("ibkr://127.0.0.1:1", 1, { opened() {}, frame() {}, alive() {}, ended: resolve }),
  );
  expect(failure).toEqual({
    kind: "denied",
    text: "needs the package @stoqey/ib, which is missing: `bun install` brings it",
  });
});

test("nothing of the package is read before the first dial", async () => {
  const script = `
    const isRead = () => Object.keys(require.cache).some((path) => path.includes("@stoqey"));
    const { ibkrOf } = await import("${import.meta.dir}/spec.ts");
    const venue = ibkrOf({ IBKR_PORT: 1 });
    const before = isRead();
    await new Promise((frame) => venue.dial("", 1, { opened() {}, frame, alive() {}, ended() {} }));
    console.log(before, isRead());
    process.exit(0);
  `;
  const child = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe" });
  expect((await new Response(child.stdout).text()).trim()).toBe("false true");
});
