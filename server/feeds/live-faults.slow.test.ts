import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { marketCounts, marketGraph } from "../../core/graph/market.ts";
import { GRAPH_DEFAULTS } from "../../core/graph/settings.ts";
import type { Trade } from "../../core/messages/index.ts";
import { TOPICS } from "../../core/topics.ts";
import { systemClock } from "../clock.ts";
import { eventually, type LiveWorld, type LiveWorldOptions, liveWorld } from "./test-support/live-world.ts";

setDefaultTimeout(60_000);

const HOUR_MS = 3_600_000;
const open: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.stop();
});

/** Both markets trade at a steady pace, each at its own price. */
async function world(options: LiveWorldOptions = {}): Promise<LiveWorld> {
  const it = await liveWorld(options);
  const timer = setInterval(() => {
    it.first.trade("BTCUSDT", "100.0", { size: "3" });
    it.second.trade("BTCUSDT", "107.0", { size: "3" });
  }, 10);
  open.push({
    async stop() {
      clearInterval(timer);
      await it.stop();
    },
  });
  return it;
}

const distinct = (trades: readonly Trade[]): Trade[] => [...new Map(trades.map((one) => [one.event_id, one])).values()];
const of = (it: LiveWorld, provider: string): Trade[] =>
  distinct(it.trades().filter((one) => one.provider === provider));
const isRow = (seqs: readonly number[]): boolean => seqs.every((seq, i) => i === 0 || seq === seqs[i - 1]! + 1);
const sorted = (trades: readonly Trade[]): number[] => trades.map(({ seq }) => seq).sort((a, b) => a - b);

/** What the graph makes of all that was written so far. */
function graphed(it: LiveWorld) {
  const state = marketGraph.init(GRAPH_DEFAULTS);
  const said: { topic: string; out: object }[] = [];
  for (const record of it.records) marketGraph.step(state, record, (topic, out) => said.push({ topic, out }));
  const letters = said.filter(({ topic }) => topic === TOPICS.deadLetter.name);
  const alerts = said.filter(
    ({ topic, out }) => topic === TOPICS.candidates.name && (out as { kind: string }).kind === "candidate",
  );
  return { counts: marketCounts(state), letters, alerts };
}

/** The machine's clock, which a person sets while it runs. */
function settable() {
  let off_ms = 0;
  return {
    clock: { now: () => systemClock.now() + off_ms, sleep: systemClock.sleep },
    set(by_ms: number) {
      off_ms += by_ms;
    },
  };
}

test("a difference between two venues' prices is no move: there and back, each routed trade counted once, no alert", async () => {
  const it = await world();
  await eventually("Binance", () => of(it, "binance").length > 100);
  it.first.manners.mute = true;
  await eventually("Bybit", () => of(it, "bybit").length > 100);
  it.first.manners.mute = false;
  await eventually("back", () => it.routes().filter(({ provider }) => provider === "binance").length >= 3);
  const before = of(it, "binance").length;
  await eventually("more", () => of(it, "binance").length > before + 100);
  const { counts, letters, alerts } = graphed(it);
  expect(alerts).toEqual([]);
  expect(letters).toEqual([]);
  expect(counts.trades).toBe(distinct(it.trades()).length - (counts.unrouted ?? 0));
  // Only what was still under way when the other took over may be left out.
  expect(counts.unrouted ?? 0).toBeLessThanOrEqual(2);
});

for (const [what, by_ms] of [
  ["back by two hours", -2 * HOUR_MS],
  ["forth by two hours", 2 * HOUR_MS],
] as const) {
  test(`the machine's clock is set ${what} amid the stream, and right again: no trade is lost, none is refused`, async () => {
    const { clock, set } = settable();
    const it = await world({ clock });
    it.second.manners.refuse = { status: 451 };
    await eventually("trades", () => of(it, "binance").length > 50);
    for (const step_ms of [by_ms, -by_ms]) {
      set(step_ms);
      const before = of(it, "binance").length;
      await eventually("it goes on", () => of(it, "binance").length > before + 100);
    }
    await eventually("nothing is being filled", () => {
      const gaps = new Map(it.gaps().map(({ id, status }) => [id, status]));
      return ![...gaps.values()].includes("open");
    });
    expect(isRow(sorted(of(it, "binance")))).toBe(true);
    const { letters } = graphed(it);
    expect(letters).toEqual([]);
  });
}

test("a machine whose clock is an hour behind shows the market all the same, and says what is wrong", async () => {
  const { clock, set } = settable();
  set(-HOUR_MS);
  const it = await world({ clock });
  it.second.manners.refuse = { status: 451 };
  await eventually(
    "said",
    () => it.statusOf("binance")?.text.includes("this machine's clock is 60 min behind") === true,
  );
  const from = it.records.length;
  await eventually("trades", () => it.records.length > from + 200);
  const late = it.records.slice(from).filter((record) => record.kind === "trade");
  expect(late.length).toBeGreaterThan(50);
  for (const { ts_ms, recv_ms } of late) expect(Math.abs(recv_ms! - ts_ms)).toBeLessThan(5_000);
});

test("before the venue would cut a socket its successor is live: no break, no gap, every trade there", async () => {
  const it = await world({ limits: { socket_life_ms: 1_000 }, without_books: true });
  it.second.manners.refuse = { status: 451 };
  await eventually("several sockets", () => it.first.dialled.length >= 2);
  await eventually("the old one is left", () => it.first.sockets.size === 1);
  const before = of(it, "binance").length;
  await eventually("it goes on", () => of(it, "binance").length > before + 20);
  expect(isRow(sorted(of(it, "binance")))).toBe(true);
  expect(it.gaps()).toEqual([]);
  expect(it.statusOf("binance")?.state).toBe("live");
});

test("429 with Retry-After is obeyed, by the handshake and by REST", async () => {
  const it = await world({
    prepare: (first, second) => {
      second.manners.refuse = { status: 451 };
      first.manners.refuse = { status: 429, retry_after_s: 2 };
      first.manners.refuseRest = { status: 429, retry_after_s: 2 };
    },
  });
  await eventually("a first try", () => it.first.dialled.length === 1 && it.first.asked.length > 0);
  await eventually("said", () => it.statusOf("binance")?.text.includes("429") === true);
  it.first.manners.refuse = null;
  it.first.manners.refuseRest = null;
  await eventually("trades", () => of(it, "binance").length > 5);
  const [first, second] = it.first.dialled;
  expect(second! - first!).toBeGreaterThanOrEqual(1_990);
  const asked = it.first.asked.map(({ at_ms }) => at_ms);
  const again = asked.find((at_ms) => at_ms > asked[0]! + 500);
  if (again !== undefined) expect(again - asked[0]!).toBeGreaterThanOrEqual(1_990);
});

test("REST is asked no faster than the venue allows", async () => {
  const it = await world({ limits: { rest: { count: 100, per_ms: 1_500 } }, history_minutes: 10 });
  await eventually("history", () => it.records.some(({ kind }) => kind === "bar"));
  // The list of markets and the volumes weigh a hundred together: candles wait for the next span.
  const markets = it.first.asked.find(({ path }) => path === "/api/v3/ticker/24hr")!;
  const candles = it.first.asked.find(({ path }) => path === "/api/v3/klines")!;
  expect(candles.at_ms - markets.at_ms).toBeGreaterThanOrEqual(1_400);
});
