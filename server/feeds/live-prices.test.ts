import { expect, test } from "bun:test";
import type { MarketRecord } from "../../core/messages/index.ts";
import { parseSettings } from "../../core/settings/parse.ts";
import { createLiveFeed } from "./live.ts";
import { fakeClock } from "./test-support/fake-clock.ts";
import { fakeDial } from "./test-support/fake-wire.ts";
import { tinyTrade, tinyVenue } from "./test-support/tiny-venue.ts";

test("a venue's own prices are written for the symbols it tells, never dated ahead; others are not", async () => {
  const clock = fakeClock();
  const { dial, wires } = fakeDial();
  const { settings } = parseSettings([{ name: "SYMBOLS", text: "BTCUSDT,ETHUSDT", from: "the test" }]);
  const records: MarketRecord[] = [];
  const stop = new AbortController();
  const feed = createLiveFeed({
    venues: [tinyVenue()],
    settings: settings!,
    clock,
    resume: null,
    dial,
    random: () => 0.5,
  });
  const sink = { emit: async (some: readonly MarketRecord[]) => void records.push(...some), status() {}, reject() {} };
  const run = feed.run(sink, stop.signal);
  const price = (symbol: string, ms: number) => ({
    kind: "price",
    origin: "live",
    symbol,
    price: 5,
    time: new Date(clock.now() + ms).toISOString(),
  });
  await clock.advance(4_000);
  wires[0]!.events.opened();
  wires[0]!.say(tinyTrade(1, clock.now(), "ETHUSDT"));
  await clock.advance(20_000);
  const now_ms = clock.now();
  wires.at(-1)!.events.opened();
  for (const one of [price("BTCUSDT", -5), price("BTCUSDT", 3_600_000), price("XRPUSDT", 0)]) wires.at(-1)!.say(one);
  await clock.advance(50);
  stop.abort();
  await clock.advance(1_000);
  await run;
  const said = records.flatMap((one) => (one.kind === "price" ? [[one.symbol, Date.parse(one.time) - now_ms]] : []));
  expect(said.map(([symbol]) => symbol)).toEqual(["BTCUSDT", "BTCUSDT"]);
  expect(said[0]![1]).toBe(-5);
  expect(said[1]![1] as number).toBeLessThanOrEqual(50);
});
