import { expect, test } from "bun:test";
import { createLimiter } from "../limiter.ts";
import { fakeClock } from "../test-support/fake-clock.ts";
import { fakeDial } from "../test-support/fake-wire.ts";
import { STEADY_BACKOFF, tinyTrade, tinyVenue } from "../test-support/tiny-venue.ts";
import { Connection } from "./connection.ts";

function world() {
  const clock = fakeClock();
  const { dial, wires } = fakeDial();
  const venue = tinyVenue({ limits: { silent_after_ms: 60_000 } });
  const plan = venue.sockets([{ symbol: "BTCUSDT", venue: "btc" }], ["trade"])[0]!;
  const connection = new Connection({
    venue,
    plan: { ...plan, login: ["login"] },
    symbolOf: (symbol) => symbol,
    clock,
    dial,
    random: () => 0.5,
    settings: STEADY_BACKOFF,
    connects: createLimiter(venue.limits.connects, clock),
    emit: () => undefined,
  });
  const run = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 100) {
      connection.tick();
      await clock.advance(Math.min(100, left));
    }
  };
  const open = async (): Promise<void> => {
    await run(100);
    wires.at(-1)!.events.opened();
    await run(100);
  };
  return { clock, wires, connection, run, open };
}

test("nothing is asked for before the venue knows us", async () => {
  const { wires, connection, run, open, clock } = world();
  await open();
  connection.send(["add"]);
  await run(1_000);
  expect(wires[0]!.sent).toEqual(["login"]);
  wires[0]!.say({ kind: "logged_in" });
  await run(100);
  expect(wires[0]!.sent).toEqual(["login", "subscribe btc"]);
  connection.send(["add"]);
  await run(100);
  expect(wires[0]!.sent.at(-1)).toBe("add");
  wires[0]!.say(tinyTrade(1, clock.now()));
  expect(connection.link).toBe("live");
});

test("who is not let in is told why, and tries again after the wait", async () => {
  const { wires, connection, run, open } = world();
  await open();
  wires[0]!.say({ kind: "denied", text: "does not know this key (402)" });
  expect(wires[0]!.isEnded).toBe(true);
  expect([connection.link, connection.reason]).toEqual(["waiting", "Tiny does not know this key (402)"]);
  await run(1_200);
  expect(wires.length).toBe(2);
});

test("a venue that is open and never answers the login is left", async () => {
  const { wires, connection, run, open } = world();
  await open();
  await run(10_200);
  expect(connection.reason).toBe("Tiny does not answer within 10 s");
  expect(wires[0]!.isEnded).toBe(true);
});

test("what comes in the frame that denies us does not make the line live", async () => {
  const { wires, connection, open, clock } = world();
  await open();
  wires[0]!.say([{ kind: "denied", text: "no" }, tinyTrade(1, clock.now())]);
  expect([connection.link, connection.reason]).toEqual(["waiting", "Tiny no"]);
});
