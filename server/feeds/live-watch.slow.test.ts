import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { eventually, type LiveWorld, type LiveWorldOptions, liveWorld } from "./test-support/live-world.ts";

setDefaultTimeout(30_000);

const open: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.stop();
});

/** One market that trades four symbols at a steady pace; two of them are watched. */
async function world(options: LiveWorldOptions = {}): Promise<LiveWorld> {
  const it = await liveWorld(options);
  it.second.manners.refuse = { status: 451 };
  const timer = setInterval(() => {
    for (const symbol of ["BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT"]) it.first.trade(symbol, "100.0");
  }, 10);
  open.push({
    async stop() {
      clearInterval(timer);
      await it.stop();
    },
  });
  await eventually("trades", () => it.trades().length > 10);
  return it;
}

const idsOf = (it: LiveWorld, symbol: string): number[] =>
  it.trades().flatMap((one) => (one.symbol === symbol ? [one.seq] : []));
const isRow = (seqs: readonly number[]): boolean => seqs.every((seq, i) => i === 0 || seq === seqs[i - 1]! + 1);
const outcomes = async (it: LiveWorld, action: "add" | "remove", ...symbols: string[]): Promise<string[]> =>
  (await it.feed.watch!(action, symbols)).map(({ symbol, outcome }) => `${symbol} ${outcome}`);

test("symbols come and go on the open socket: their candles first, then their trades; the others miss none", async () => {
  const it = await world({ history_minutes: 20 });
  await eventually("a socket for trades, one for books", () => it.first.sockets.size === 2);
  const dialled = it.first.dialled.length;
  expect(await outcomes(it, "add", "SOLUSDT", "solusdt ", "BTCUSDT", "NOPEUSDT")).toEqual([
    "SOLUSDT added",
    "BTCUSDT already_watched",
    "NOPEUSDT unknown_symbol",
  ]);
  await eventually("its trades", () => idsOf(it, "SOLUSDT").length > 20);
  const mine = it.records.filter((record) => "symbol" in record && record.symbol === "SOLUSDT");
  const kinds = mine.map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind === "bar").length).toBe(20);
  expect(kinds.lastIndexOf("bar")).toBeLessThan(kinds.indexOf("route"));
  expect(kinds.indexOf("route")).toBeLessThan(kinds.indexOf("trade"));
  await eventually("the watch list", () => it.statusOf("binance")?.symbols?.length === 3);
  expect(await outcomes(it, "remove", "ETHUSDT", "ETHUSDT", "DOGEUSDT")).toEqual([
    "ETHUSDT removed",
    "DOGEUSDT not_watched",
  ]);
  const left = idsOf(it, "ETHUSDT").length;
  const before = idsOf(it, "BTCUSDT").length;
  await eventually("the others go on", () => idsOf(it, "BTCUSDT").length > before + 20);
  expect(idsOf(it, "ETHUSDT").length).toBeLessThanOrEqual(left + 2);
  await eventually("not on the list", () => it.statusOf("binance")?.symbols?.length === 2);
  for (const symbol of ["BTCUSDT", "SOLUSDT"]) expect(isRow(idsOf(it, symbol))).toBe(true);
  expect(it.first.dialled.length).toBe(dialled);
  expect(it.gaps()).toEqual([]);
});

test("removed and added again: no gap is told of the time between, its minutes come from the venue", async () => {
  const it = await world({ history_minutes: 20 });
  await it.feed.watch!("remove", ["ETHUSDT"]);
  const last = idsOf(it, "ETHUSDT").at(-1)!;
  const next = it.first.trades("ETHUSDT").length + 30;
  await eventually("time passes", () => it.first.trades("ETHUSDT").length > next);
  await it.feed.watch!("add", ["ETHUSDT"]);
  await eventually("again", () => idsOf(it, "ETHUSDT").at(-1)! > last + 30);
  expect(new Set(idsOf(it, "ETHUSDT")).size).toBe(idsOf(it, "ETHUSDT").length);
  expect(it.gaps()).toEqual([]);
});

test("the last one stays; a refusal by the venue names the symbol", async () => {
  const it = await world({ prepare: (first) => void first.refused.add("XRPUSDT") });
  expect(await outcomes(it, "remove", "BTCUSDT", "ETHUSDT")).toEqual(["BTCUSDT removed", "ETHUSDT last_symbol"]);
  await it.feed.watch!("add", ["XRPUSDT"]);
  await eventually("named", () => it.statusOf("binance")?.text.includes("not served: XRPUSDT") === true);
  const before = idsOf(it, "ETHUSDT").length;
  await eventually("the others go on", () => idsOf(it, "ETHUSDT").length > before + 10);
});

test("what a person changed in an earlier run holds, beside the symbols of the settings", async () => {
  const it = await world({ changes: { added: ["SOLUSDT"], removed: ["ETHUSDT"] } });
  await eventually("the list", () => it.statusOf("binance")?.symbols?.length === 2);
  expect(it.statusOf("binance")?.symbols?.map(({ symbol }) => symbol)).toEqual(["BTCUSDT", "SOLUSDT"]);
});

test("added while no socket has room: a socket more, and a market that is quiet does not make the venue ill", async () => {
  const it = await world({ limits: { symbols_per_socket: 2 } });
  await eventually("a socket for trades, one for books", () => it.first.sockets.size === 2);
  const dialled = it.first.dialled.length;
  await it.feed.watch!("add", ["SOLUSDT"]);
  await eventually("its trades", () => idsOf(it, "SOLUSDT").length > 10);
  expect(it.first.dialled.length).toBeGreaterThan(dialled);
  expect(it.statusOf("binance")?.state).toBe("live");
  expect(isRow(idsOf(it, "BTCUSDT"))).toBe(true);
});

test("a market that is taken off the exchange is named; the others go on", async () => {
  const it = await world({ markets_every_ms: 200 });
  it.first.delisted.add("ETHUSDT");
  await eventually("named", () => it.statusOf("binance")?.text.includes("no longer traded here: ETHUSDT") === true);
  it.first.delisted.delete("ETHUSDT");
  await eventually("back", () => it.statusOf("binance")?.text.includes("no longer traded") === false);
});
