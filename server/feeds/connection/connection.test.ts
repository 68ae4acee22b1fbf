import { expect, test } from "bun:test";
import { createLimiter } from "../limiter.ts";
import { fakeClock } from "../test-support/fake-clock.ts";
import { fakeDial } from "../test-support/fake-wire.ts";
import { STEADY_BACKOFF, tinyTrade, tinyVenue } from "../test-support/tiny-venue.ts";
import type { Item, VenueLimits } from "../venue.ts";
import { Connection } from "./connection.ts";

function world(limits: Partial<VenueLimits> = {}) {
  const clock = fakeClock();
  const { dial, wires } = fakeDial();
  const items: Item[] = [];
  const venue = tinyVenue({ limits });
  const connects = createLimiter(venue.limits.connects, clock);
  const connection = new Connection({
    venue,
    plan: venue.sockets([{ symbol: "BTCUSDT", venue: "btc" }], ["trade"])[0]!,
    symbolOf: (symbol) => symbol,
    clock,
    dial,
    random: () => 0.5,
    settings: STEADY_BACKOFF,
    connects,
    emit: (item) => void items.push(item),
  });
  const run = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 100) {
      connection.tick();
      await clock.advance(Math.min(100, left));
    }
    connection.tick();
    await clock.advance(0);
  };
  let seq = 0;
  const trade = (wire = wires.at(-1)!): void => wire.say(tinyTrade(++seq, clock.now()));
  const live = async (): Promise<void> => {
    await run(100);
    wires.at(-1)!.events.opened();
    await run(100);
    trade();
  };
  return { clock, wires, items, connection, run, trade, live };
}

test("opens, subscribes, and is live with the first data, not before", async () => {
  const { connection, wires, items, run, trade } = world();
  await run(100);
  expect(connection.link).toBe("connecting");
  wires[0]!.events.opened();
  await run(100);
  expect(wires[0]!.sent).toEqual(["subscribe btc"]);
  wires[0]!.say({ kind: "ack", id: "1", text: "ok" });
  expect(connection.link).toBe("open");
  trade();
  expect(connection.link).toBe("live");
  expect(items.map(({ kind }) => kind)).toEqual(["ack", "trade"]);
});

test("connected but mute: stale, then another socket, and pongs do not excuse it", async () => {
  const { connection, wires, run, live } = world();
  await live();
  for (let second = 0; second < 5; second++) {
    await run(1_000);
    wires[0]!.events.alive();
  }
  await run(200);
  expect(connection.link).toBe("stale");
  expect(connection.reason).toContain("connected but has been silent for 5 s");
  await run(1_000);
  expect(wires[0]!.isEnded).toBe(true);
  await run(1_100);
  expect(wires.length).toBe(2);
});

test("data while stale makes it live again on the same socket", async () => {
  const { connection, wires, run, live, trade } = world();
  await live();
  await run(5_200);
  expect(connection.link).toBe("stale");
  trade();
  expect(connection.link).toBe("live");
  expect(connection.reason).toBe("");
  expect(wires.length).toBe(1);
});

test("waits double over failures in a row and begin anew after a steady while", async () => {
  const { wires, run, live, trade, clock } = world();
  await run(100);
  const at: number[] = [];
  for (let i = 0; i < 4; i++) {
    wires.at(-1)!.events.ended({ kind: "status", status: 451, retry_after_ms: null });
    const from_ms = clock.now();
    const known = wires.length;
    while (wires.length === known) await run(100);
    at.push(Math.round((clock.now() - from_ms) / 1_000));
  }
  expect(at).toEqual([1, 2, 4, 8]);
  wires.at(-1)!.events.opened();
  for (let i = 0; i < 12; i++) {
    trade();
    await run(1_000);
  }
  wires.at(-1)!.events.ended({ kind: "closed", code: 1006, text: "" });
  const known = wires.length;
  await run(1_200);
  expect(wires.length).toBe(known + 1);
  await live();
});

test("Retry-After of a refused handshake is obeyed", async () => {
  const { wires, run } = world();
  await run(100);
  wires[0]!.events.ended({ kind: "status", status: 429, retry_after_ms: 30_000 });
  await run(29_900);
  expect(wires.length).toBe(1);
  await run(300);
  expect(wires.length).toBe(2);
});

test("no more connections and messages than the venue allows", async () => {
  const { wires, run, clock } = world({
    connects: { count: 2, per_ms: 60_000 },
    messages: { count: 1, per_ms: 1_000 },
  });
  const start_ms = clock.now();
  await run(100);
  for (let i = 0; i < 2; i++) {
    wires.at(-1)!.events.ended({ kind: "closed", code: 1006, text: "" });
    await run(5_000);
  }
  expect(wires.length).toBe(2);
  while (wires.length === 2) await run(1_000);
  expect(clock.now() - start_ms).toBeGreaterThanOrEqual(60_000);
  wires[2]!.events.opened();
  wires[2]!.say({ kind: "answer", text: "pong 1" });
  wires[2]!.say({ kind: "answer", text: "pong 2" });
  await clock.advance(0);
  expect(wires[2]!.sent).toEqual(["subscribe btc"]);
  await run(2_000);
  expect(wires[2]!.sent.length).toBe(3);
});

test("leaves before the venue's cut, and only when the new socket has brought data", async () => {
  const { connection, wires, run, live, trade, items } = world({ socket_life_ms: 60 * 60_000, silent_after_ms: 1e9 });
  await live();
  await run(50 * 60_000 + 500);
  expect(wires.length).toBe(2);
  expect(wires[0]!.isEnded).toBe(false);
  wires[1]!.events.opened();
  await run(500);
  trade(wires[0]!);
  expect(wires[0]!.isEnded).toBe(false);
  trade(wires[1]!);
  expect(wires[0]!.isEnded).toBe(true);
  trade(wires[1]!);
  expect(connection.link).toBe("live");
  expect(items.filter(({ kind }) => kind === "trade").length).toBe(4);
  expect(connection.failures).toBe(0);
});

test("a socket cut while its successor opens hands over at once", async () => {
  const { connection, wires, run, live, trade } = world();
  await live();
  connection.replace();
  await run(200);
  wires[0]!.events.ended({ kind: "closed", code: 1001, text: "" });
  expect(connection.link).toBe("connecting");
  wires[1]!.events.opened();
  trade(wires[1]!);
  expect(connection.link).toBe("live");
  expect(wires.length).toBe(2);
});

test("a successor that fails leaves the line as it is", async () => {
  const { connection, wires, run, live, trade } = world();
  await live();
  connection.replace();
  await run(200);
  wires[1]!.events.ended({ kind: "error", code: "ECONNREFUSED", text: "" });
  trade(wires[0]!);
  expect(connection.link).toBe("live");
  await run(3_000);
  expect(wires.length).toBe(2);
});

test("a quiet market is given longer and longer; data resets that", async () => {
  const { connection, wires, run, clock } = world();
  const lives: number[] = [];
  await run(100);
  for (let i = 0; i < 3; i++) {
    const mine = wires.at(-1)!;
    mine.events.opened();
    const from_ms = clock.now();
    while (!mine.isEnded) {
      mine.events.alive();
      await run(100);
    }
    lives.push(Math.round((clock.now() - from_ms) / 1_000));
    const known = wires.length;
    while (wires.length === known) await run(100);
  }
  expect(lives).toEqual([5, 10, 20]);
  expect(connection.link).toBe("connecting");
});

test("back pressure pauses the socket and is no silence", async () => {
  const { connection, wires, run, live } = world();
  await live();
  connection.pause();
  await run(30_000);
  expect(wires[0]!.isPaused).toBe(true);
  expect(connection.link).toBe("live");
  connection.resume();
  await run(1_000);
  expect(connection.link).toBe("live");
  expect(wires[0]!.isPaused).toBe(false);
});

test("a parser that throws is a rejected frame; nothing it brought makes the line live", async () => {
  const { connection, wires, items, run } = world();
  await run(100);
  wires[0]!.events.opened();
  wires[0]!.say("boom");
  wires[0]!.say("{");
  expect(items).toMatchObject([{ kind: "rejected", reason: "parser_failed" }, { kind: "unknown" }]);
  expect(connection.link).toBe("open");
});

test("a stop ends both sockets and nothing is dialled again", async () => {
  const { connection, wires, run, live } = world();
  await live();
  connection.replace();
  await run(200);
  connection.stop();
  expect(wires.map(({ isEnded }) => isEnded)).toEqual([true, true]);
  await run(10_000);
  expect(wires.length).toBe(2);
  expect(connection.link).toBe("stopped");
});
