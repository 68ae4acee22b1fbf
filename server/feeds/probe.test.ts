import { afterEach, expect, test } from "bun:test";
import { parseSettings } from "../../core/settings/parse.ts";
import { fakeBinance } from "../../testkit/venues/binance.ts";
import type { FakeVenue } from "../../testkit/venues/venue.ts";
import { systemClock } from "../clock.ts";
import { chooseOrigin } from "../origin.ts";
import { probeVenues } from "./probe.ts";
import { fakeDial } from "./test-support/fake-wire.ts";

const open: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.stop();
});

function settingsOf(given: Record<string, string>) {
  const all = Object.entries(given).map(([name, text]) => ({ name, text, from: "the test" }));
  const { settings, problems } = parseSettings(all);
  if (settings === null) throw new Error(problems.map(({ text }) => text).join("; "));
  return settings;
}

/** Every venue lies at this machine, where nobody but the one that is made listens. */
function here(binance: FakeVenue | null): Record<string, string> {
  const nobody = "127.0.0.1:1";
  return {
    BINANCE_STREAM: binance === null ? `ws://${nobody}` : `${binance.wsUrl}/stream`,
    BYBIT_STREAM: `ws://${nobody}`,
    COINBASE_STREAM: `ws://${nobody}`,
    KRAKEN_STREAM: `ws://${nobody}`,
  };
}

async function trading(): Promise<FakeVenue> {
  const server = await fakeBinance();
  const timer = setInterval(() => server.trade("BTCUSDT", "100"), 5);
  open.push({
    async stop() {
      clearInterval(timer);
      await server.stop();
    },
  });
  return server;
}

test("a venue that brings data makes this start live", async () => {
  const settings = settingsOf({ FEED: "auto", ...here(await trading()) });
  expect((await probeVenues(settings, systemClock)).provider).toBe("binance");
  expect((await chooseOrigin(settings, systemClock)).origin).toBe("live");
});

test("none answers: each one's reason in words, and the market that is made up", async () => {
  const server = await trading();
  server.manners.refuse = { status: 451 };
  const settings = settingsOf({ FEED: "auto", ...here(server) });
  const { origin, reasons } = await chooseOrigin(settings, systemClock);
  expect(origin).toBe("synthetic");
  expect(reasons[0]).toBe("Binance refuses this country (451)");
  expect(reasons.slice(1).every((reason) => reason.endsWith("refuses the connection"))).toBe(true);
});

test("without name service nobody is dialled", async () => {
  const settings = settingsOf({
    FEED: "auto",
    BINANCE_STREAM: "ws://a.invalid",
    BYBIT_STREAM: "ws://b.invalid",
    COINBASE_STREAM: "ws://c.invalid",
    KRAKEN_STREAM: "ws://d.invalid",
  });
  const { dial, wires } = fakeDial();
  const { provider, reasons } = await probeVenues(settings, systemClock, dial);
  expect(provider).toBeNull();
  expect(reasons).toEqual(["No venue is found: no network, or no name service"]);
  expect(wires).toEqual([]);
});

test("synthetic asks nobody; a named venue is shown whether it answers or not; what is not there is said", async () => {
  const { dial, wires } = fakeDial();
  expect(await chooseOrigin(settingsOf({ FEED: "synthetic" }), systemClock, dial)).toEqual({
    origin: "synthetic",
    reasons: [],
  });
  expect(await chooseOrigin(settingsOf({ FEED: "binance" }), systemClock, dial)).toEqual({
    origin: "live",
    reasons: [],
  });
  expect(wires).toEqual([]);
  expect(chooseOrigin(settingsOf({ FEED: "alpaca" }), systemClock, dial)).rejects.toThrow("FEED=alpaca needs a key");
  expect(chooseOrigin(settingsOf({ FEED: "replay" }), systemClock, dial)).rejects.toThrow("FEED=replay");
});
