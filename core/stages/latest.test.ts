import { expect, test } from "bun:test";
import { Latest, type MarketRecord, type Quote } from "../messages/index.ts";
import { heartbeat, route, T0, trade } from "./bars/test-support/world.ts";
import { LATEST_SETTINGS, latest } from "./latest.ts";

const quote = (ms: number, bid: number, over: Partial<Quote> = {}): Quote => ({
  ver: 1,
  kind: "quote",
  provider: "venue",
  symbol: "BTCUSDT",
  ts_ms: T0 + ms,
  seq: ms,
  event_id: `venue|BTCUSDT|${ms}|q`,
  bid,
  bid_size: 1,
  ask: bid + 1,
  ask_size: 1,
  ...over,
});
const at = (ms: number, price: number, over = {}) => trade({ ts_ms: T0 + ms, seq: ms, price, ...over });

function run(records: readonly MarketRecord[], restartAt = -1): Latest[] {
  const said: Latest[] = [];
  let state = latest.init(LATEST_SETTINGS);
  records.forEach((record, i) => {
    if (i === restartAt) state = JSON.parse(JSON.stringify(state)) as typeof state;
    latest.step(state, record, (out) => said.push(Latest.parse(out)));
  });
  return said;
}
const pairs = (said: readonly Latest[]) =>
  said.map(({ ts_ms, trade: t, quote: q }) => [ts_ms - T0, t?.price ?? null, q?.bid ?? null]);

test("the newest trade beside the newest quote, four times a second, the last of a burst too", () => {
  const tape = [at(0, 10), quote(100, 9), at(200, 11), at(300, 12), at(260, 99), quote(310, 8), heartbeat(T0 + 600)];
  expect(pairs(run(tape))).toEqual([
    [0, 10, null],
    [300, 12, 9],
    [310, 12, 8],
  ]);
  for (const cut of tape.keys()) expect(run(tape, cut)).toEqual(run(tape));
});

test("of two of one moment the later one is the latest", () => {
  expect(pairs(run([at(0, 10), at(0, 11), quote(0, 8), quote(0, 9), heartbeat(T0 + 250)])).at(-1)).toEqual([0, 11, 9]);
});

test("fills are not the latest; another venue counts from its route on, and what was is forgotten", () => {
  const tape = [
    route("venue", T0),
    at(0, 10),
    { ...at(500, 77), fill: "gap" },
    at(600, 88, { provider: "other" }),
    quote(700, 5),
    route("other", T0 + 800),
    at(790, 66, { provider: "other" }),
    at(900, 1),
  ];
  expect(pairs(run(tape))).toEqual([
    [0, 10, null],
    [700, 10, 5],
    [790, 66, null],
  ]);
});
