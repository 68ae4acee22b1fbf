import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Trade } from "../../core/messages/index.ts";
import { KINDS } from "./test-support/kinds.ts";
import { eventually, type Kind, type LiveWorld, type LiveWorldOptions, liveWorld } from "./test-support/live-world.ts";

setDefaultTimeout(40_000);

/** Bybit remembers 60 trades: those of three seconds. */
const PACE_MS = 50;

const open: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.stop();
});

/** Both venues trade at a steady pace, each at its own price, until the test ends. */
async function world(kind: Kind, options: LiveWorldOptions = {}): Promise<LiveWorld> {
  const it = await liveWorld({ ...options, kind, without_books: true });
  const [btc] = kind.names;
  const timer = setInterval(() => {
    it.first.trade(btc, "100.5");
    it.second.trade("BTCUSDT", "101.0");
    it.first.quote(btc, "100.4", "100.6");
    it.second.quote("BTCUSDT", "100.9", "101.1");
  }, PACE_MS);
  open.push({
    async stop() {
      clearInterval(timer);
      await it.stop();
    },
  });
  return it;
}

const distinct = (trades: readonly Trade[]): Trade[] => [...new Map(trades.map((one) => [one.event_id, one])).values()];
const of = (it: LiveWorld, { id }: Kind): Trade[] => distinct(it.trades().filter(({ provider }) => provider === id));

/** The venue's own numbers of those trades, whatever its ids look like. */
const numbers = (trades: readonly Trade[]): number[] =>
  trades.map(({ trade_id }) => Number(/\d{1,9}$/.exec(trade_id!)![0])).sort((a, b) => a - b);
const isRow = (some: readonly number[]): boolean => some.every((one, i) => i === 0 || one === some[i - 1]! + 1);

describe.each(KINDS.map((kind) => [kind.title ?? kind.id, kind] as const))("%s", (_, kind) => {
  const [btc, eth] = kind.names;

  test("candles, then trades and quotes under our names, however slowly they trickle in; a refused symbol is named", async () => {
    const it = await world(kind, {
      history_minutes: 5,
      prepare(first, second) {
        second.manners.refuse = { status: 451 };
        first.refused.add(eth);
        first.manners.slow = { bytes: 37, every_ms: 1 };
      },
    });
    await eventually("trades", () => of(it, kind).length > 10);
    await eventually("quotes", () => it.records.some(({ kind }) => kind === "quote"));
    await eventually("named", () => it.statusOf(kind.id)?.text.includes("not served: ETHUSDT") === true);
    const [trade] = of(it, kind);
    const told = it.first.trades(btc).find(({ id }) => id === numbers([trade!])[0])!;
    expect(trade).toMatchObject({
      provider: kind.id,
      symbol: "BTCUSDT",
      price: 100.5,
      size: 0.01,
      ts_ms: told.ts_ms,
      side: told.taker,
    });
    expect(it.records.find((record) => record.kind === "quote")).toMatchObject({ bid: 100.4, ask: 100.6 });
    const bars = it.records.filter((record) => record.kind === "bar");
    expect(bars.length).toBeGreaterThanOrEqual(5);
    expect(bars.every(({ origin, final, interval }) => origin === "venue" && final && interval === "1m")).toBe(true);
    expect(it.rejects).toEqual([]);
    expect(isRow(numbers(of(it, kind)))).toBe(true);
  });

  test("cut off amid the stream, then mute: what was missed is fetched both times, every trade is there once", async () => {
    const it = await world(kind);
    it.second.manners.refuse = { status: 451 };
    await eventually("trades", () => of(it, kind).length > 10);
    it.first.closeAll(1006);
    for (let i = 0; i < 3; i++) it.first.trade(btc, "100.5");
    await eventually("filled", () => it.gaps().some(({ status }) => status === "filled"));
    const filled = it.gaps().filter(({ status }) => status === "filled").length;
    it.first.manners.mute = true;
    await eventually("said", () => it.statusOf(kind.id)?.text.includes("has been silent for") === true);
    const dialled = it.first.dialled.length;
    await eventually("another socket", () => it.first.dialled.length > dialled);
    it.first.manners.mute = false;
    await eventually("filled", () => it.gaps().filter(({ status }) => status === "filled").length > filled);
    const before = of(it, kind).length;
    await eventually("it goes on", () => of(it, kind).length > before + 5);
    const all = of(it, kind);
    expect(isRow(numbers(all))).toBe(true);
    expect(all.some(({ fill }) => fill !== undefined)).toBe(true);
    expect(it.gaps().some(({ status }) => status === "lost")).toBe(false);
  });

  test("another venue takes over while it is mute, and it takes back", async () => {
    const it = await world(kind);
    const other = kind.id === "binance" ? "bybit" : "binance";
    await eventually("trades", () => of(it, kind).length > 10);
    it.first.manners.mute = true;
    await eventually("the other", () => it.trades().filter(({ provider }) => provider === other).length > 10);
    const over = it.routes().find(({ provider, symbol }) => provider === other && symbol === "BTCUSDT")!;
    expect(over.reason).toContain("is connected but has been silent");
    it.first.manners.mute = false;
    const isBack = (): boolean => it.routes().at(-1)?.provider === kind.id;
    await eventually("back", isBack);
    const back = it.routes().findLast(({ symbol }) => symbol === "BTCUSDT")!;
    const between = it.second.trades("BTCUSDT").filter(({ ts_ms }) => ts_ms >= over.from_ms && ts_ms < back.from_ms);
    await eventually("more", () => of(it, kind).at(-1)!.ts_ms > back.from_ms + 200);
    const told = distinct(it.trades().filter(({ provider, ts_ms }) => provider === other && ts_ms < back.from_ms));
    expect(numbers(told)).toEqual(between.map(({ id }) => id));
    const after = of(it, kind).filter(({ ts_ms }) => ts_ms >= back.from_ms);
    expect(isRow(numbers(after))).toBe(true);
  });

  test("said twice, out of order, garbage between, then the venue begins anew: nothing is lost, nothing stops", async () => {
    const it = await liveWorld({ kind });
    open.push(it);
    it.second.manners.refuse = { status: 403 };
    await eventually("live", () => {
      it.first.trade(eth, "10");
      return it.trades().length > 0;
    });
    const [a, b, c] = [1, 2, 3].map(() => it.first.trade(btc, "1", { send: false })) as [never, never, never];
    for (const one of [a, c, b, b]) it.first.sendAll(it.first.frameOf(btc, one));
    it.first.sendAll("no json at all");
    await eventually("all three", () => it.trades().filter(({ symbol }) => symbol === "BTCUSDT").length >= 3);
    await eventually("kept", () => it.rejects.includes("unknown_frame"));
    it.first.nextId(btc, 1);
    it.first.closeAll(1012, "restart");
    await eventually("anew", () => {
      it.first.trade(btc, "2");
      it.first.trade(eth, "10");
      return it.trades().some(({ price, fill }) => price === 2 && fill === undefined);
    });
    const count = it.trades().length;
    await eventually("it goes on", () => {
      it.first.trade(btc, "2");
      return it.trades().length > count + 5;
    });
    expect(it.statusOf(kind.id)?.state).not.toBe("failed");
  });
});
