import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import type { Trade } from "../../core/messages/index.ts";
import { eventually, type LiveWorld, type LiveWorldOptions, liveWorld } from "./test-support/live-world.ts";

setDefaultTimeout(30_000);

const open: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.stop();
});

/** Both markets trade at a steady pace, each at its own price, until the test ends. */
async function world(options: LiveWorldOptions = {}): Promise<LiveWorld> {
  const it = await liveWorld(options);
  const timer = setInterval(() => {
    it.first.trade("BTCUSDT", "100.0");
    it.second.trade("BTCUSDT", "101.0");
    it.first.quote("BTCUSDT", "99.9", "100.1");
    it.second.quote("BTCUSDT", "100.9", "101.1");
  }, 10);
  open.push({
    async stop() {
      clearInterval(timer);
      await it.stop();
    },
  });
  return it;
}

const ids = (trades: readonly Trade[]): number[] => trades.map(({ seq }) => seq);
const distinct = (trades: readonly Trade[]): Trade[] => [...new Map(trades.map((one) => [one.event_id, one])).values()];
const of = (it: LiveWorld, provider: string): Trade[] =>
  distinct(it.trades().filter((one) => one.provider === provider));
const isRow = (seqs: readonly number[]): boolean => seqs.every((seq, i) => i === 0 || seq === seqs[i - 1]! + 1);
const sorted = (trades: readonly Trade[]): number[] => ids(trades).sort((a, b) => a - b);

test("a socket that breaks amid the stream: what was missed is fetched, marked, and every id is there once", async () => {
  const it = await world();
  it.second.manners.refuse = { status: 451 };
  await eventually("trades", () => of(it, "binance").length > 20);
  it.first.breakAll();
  await eventually("the gap is filled", () => it.gaps().some(({ status }) => status === "filled"));
  await eventually("more trades", () => of(it, "binance").at(-1)!.fill === undefined);
  const all = of(it, "binance");
  expect(isRow(sorted(all))).toBe(true);
  const [gap] = it.gaps();
  const fills = all.filter(({ fill }) => fill === gap!.id);
  expect(sorted(fills)).toEqual(
    Array.from({ length: gap!.to_seq! - gap!.from_seq! - 1 }, (_, i) => gap!.from_seq! + 1 + i),
  );
  expect(it.trades().length).toBe(all.length);
});

test("mute and back, with no other venue: the line is dialled again and no trade is lost", async () => {
  const it = await world();
  it.second.manners.refuse = { status: 451 };
  await eventually("trades", () => of(it, "binance").length > 20);
  it.first.manners.mute = true;
  await eventually("it is said", () => it.statusOf("binance")?.text.includes("has been silent for") === true);
  await eventually("another socket", () => it.first.dialled.length >= 2);
  it.first.manners.mute = false;
  await eventually("filled", () => it.gaps().some(({ status }) => status === "filled"));
  expect(isRow(sorted(of(it, "binance")))).toBe(true);
  expect(it.routes().every(({ provider }) => provider === "binance")).toBe(true);
});

test("there and back: every moment is told by one venue, each routed trade once, and the words say why", async () => {
  const it = await world();
  await eventually("Binance", () => of(it, "binance").length > 20);
  expect(of(it, "bybit")).toEqual([]);
  it.first.manners.mute = true;
  const mute_ms = Date.now();
  await eventually("Bybit takes over", () => of(it, "bybit").length > 20);
  const over = it.routes().find(({ provider, symbol }) => provider === "bybit" && symbol === "BTCUSDT")!;
  expect(over.reason).toContain("Binance is connected but has been silent");
  // It goes on where the other ended, not where the silence was noticed.
  expect(over.from_ms).toBeLessThan(mute_ms + 200);
  await eventually("the page hears of it", () => it.statusOf("bybit")?.symbols?.length === 2);
  expect(it.statusOf("binance")?.symbols).toBeUndefined();
  it.first.manners.mute = false;
  await eventually("back", () => it.routes().filter(({ provider }) => provider === "binance").length >= 3);
  const back = it.routes().findLast(({ provider, symbol }) => provider === "binance" && symbol === "BTCUSDT")!;
  const before = it.trades().length;
  await eventually("more", () => it.trades().length > before + 20);
  await Bun.sleep(100);
  const between = distinct(it.trades()).filter(({ fill }) => fill === undefined);
  const byBybit = between.filter(({ provider }) => provider === "bybit");
  expect(byBybit.every(({ ts_ms }) => ts_ms >= over.from_ms && ts_ms < back.from_ms + 50)).toBe(true);
  const expected = it.second
    .trades("BTCUSDT")
    .filter(({ ts_ms }) => ts_ms >= over.from_ms && ts_ms < back.from_ms)
    .map(({ id }) => id);
  expect(sorted(byBybit.filter(({ ts_ms }) => ts_ms < back.from_ms))).toEqual(expected);
  const newest = Math.max(...sorted(of(it, "binance")));
  const after = it.first
    .trades("BTCUSDT")
    .filter(({ ts_ms, id }) => ts_ms >= back.from_ms && id <= newest)
    .map(({ id }) => id);
  expect(sorted(of(it, "binance").filter(({ ts_ms }) => ts_ms >= back.from_ms))).toEqual(after);
  expect(it.trades().length).toBe(distinct(it.trades()).length);
});

test("who refuses is said, and the next one is shown at once", async () => {
  const it = await world({
    prepare: (first) => {
      first.manners.refuse = { status: 451 };
    },
  });
  await eventually("Bybit", () => of(it, "bybit").length > 5);
  await eventually(
    "words",
    () => it.statusOf("bybit")?.text === "Bybit, 2 symbols; Binance refuses this country (451); showing Bybit",
  );
  expect(it.statusOf("binance")).toMatchObject({ state: "offline", text: "Binance refuses this country (451)" });
  expect(it.statusOf("binance")?.symbols).toBeUndefined();
  expect(it.statusOf("bybit")?.symbols?.map(({ symbol }) => symbol)).toEqual(["BTCUSDT", "ETHUSDT"]);
});

test("history comes first, oldest minute first, as final candles of the venue; then the routes, then trades", async () => {
  const it = await world({ history_minutes: 30 });
  await eventually("trades", () => of(it, "binance").length > 5);
  const kinds = it.records.map(({ kind }) => kind);
  const bars = it.records.filter((record) => record.kind === "bar");
  expect(bars.length).toBe(60);
  expect(bars.every(({ origin, final, interval }) => origin === "venue" && final && interval === "1m")).toBe(true);
  expect(bars.map(({ start_ts_ms }) => start_ts_ms)).toEqual(
    bars.map(({ start_ts_ms }) => start_ts_ms).sort((a, b) => a - b),
  );
  expect(kinds.lastIndexOf("bar")).toBeLessThan(kinds.indexOf("route"));
  expect(kinds.indexOf("route")).toBeLessThan(kinds.indexOf("trade"));
});

test("the time since an earlier run is a gap too, filled by id; a gap that run left open is closed", async () => {
  const last = { id: 1_009, ts_ms: Date.now() - 59_100 };
  const world = await liveWorldWithPast(last);
  open.push(world);
  await eventually("a trade", () => {
    world.first.trade("BTCUSDT", "100");
    return world.gaps().filter(({ status }) => status === "filled").length >= 2;
  });
  const fills = distinct(world.trades().filter(({ fill }) => fill !== undefined));
  expect(sorted(fills).slice(0, 2)).toEqual([1_002, 1_003]);
  expect(sorted(fills.filter(({ seq }) => seq > last.id))[0]).toBe(last.id + 1);
  expect(isRow(sorted(distinct(world.trades()).filter(({ seq }) => seq > last.id)))).toBe(true);
});

function liveWorldWithPast(last: { id: number; ts_ms: number }): Promise<LiveWorld> {
  const start_ms = last.ts_ms - 900;
  return liveWorld({
    resume: {
      symbols: new Map([["BTCUSDT", { provider: "binance", seq: last.id, ts_ms: last.ts_ms }]]),
      minutes: new Map(),
      open_gaps: [
        {
          kind: "gap",
          id: "binance|BTCUSDT|trade|1001",
          revision: 0,
          provider: "binance",
          symbol: "BTCUSDT",
          stream: "trade",
          from_seq: 1_001,
          to_seq: 1_004,
          from_ms: start_ms,
          to_ms: start_ms + 500,
          status: "open",
        },
      ],
    },
    prepare: (first, second) => {
      second.manners.refuse = { status: 403 };
      for (let i = 0; i < 20; i++) first.trade("BTCUSDT", "100", { ts_ms: start_ms + i * 100 });
    },
  });
}

test("a refused symbol is named and costs the others nothing; garbage is kept and counted", async () => {
  const it = await world({ prepare: (first) => void first.refused.add("ETHUSDT") });
  it.second.manners.refuse = { status: 451 };
  await eventually("trades", () => of(it, "binance").length > 5);
  await eventually("named", () => it.statusOf("binance")?.text.includes("not served: ETHUSDT") === true);
  it.first.sendAll("no json at all");
  it.first.sendAll(JSON.stringify({ stream: "btcusdt@trade", data: { e: "trade", s: "BTCUSDT", p: "-1" } }));
  await eventually("kept", () => it.rejects.length >= 2);
  const count = of(it, "binance").length;
  await eventually("it goes on", () => of(it, "binance").length > count + 5);
});

test("duplicates and overtaken trades make no gap; a missing one does, and is filled", async () => {
  const it = await liveWorld();
  open.push(it);
  it.second.manners.refuse = { status: 451 };
  const { first } = it;
  await eventually("live", () => {
    first.trade("ETHUSDT", "10");
    return it.trades().length > 0;
  });
  const [a, b] = [first.trade("BTCUSDT", "1"), first.trade("BTCUSDT", "1", { send: false })];
  const c = first.trade("BTCUSDT", "1");
  first.sendAll(first.frameOf("BTCUSDT", b));
  first.sendAll(first.frameOf("BTCUSDT", a));
  const missing = first.trade("BTCUSDT", "1", { send: false });
  first.trade("BTCUSDT", "1");
  await eventually("filled", () => {
    first.trade("ETHUSDT", "10");
    return it.gaps().some(({ status }) => status === "filled");
  });
  const btc = it.gaps().filter(({ symbol }) => symbol === "BTCUSDT");
  expect(btc.map(({ from_seq, to_seq, status }) => [from_seq, to_seq, status])).toEqual([
    [c.id, missing.id + 1, "open"],
    [c.id, missing.id + 1, "filled"],
  ]);
});
