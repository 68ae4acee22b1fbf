import { expect, test } from "bun:test";
import { fakeClock } from "../test-support/fake-clock.ts";
import { fakeDial } from "../test-support/fake-wire.ts";
import { STEADY_BACKOFF, tinyTrade, tinyVenue } from "../test-support/tiny-venue.ts";
import type { SocketPlan, Venue } from "../venue.ts";
import { Session } from "./session.ts";

/** A socket per symbol, and messages that carry an id, as most venues want them. */
function venueOf(perSocket: number): Venue {
  let id = 0;
  const message = (names: readonly string[]): string => JSON.stringify({ id: ++id, names });
  return {
    ...tinyVenue({ limits: { messages: { count: 100, per_ms: 1_000 }, symbols_per_socket: perSocket } }),
    sockets(symbols) {
      const plans: SocketPlan[] = [];
      for (let i = 0; i < symbols.length; i += perSocket) {
        const some = symbols.slice(i, i + perSocket);
        plans.push({
          url: "ws://tiny",
          symbols: some,
          login: [],
          subscribe: [message(some.map(({ venue }) => venue))],
          add: (more) => [message(more.map(({ venue }) => venue))],
          remove: (less) => [JSON.stringify({ id: ++id, names: less.map(({ venue }) => `-${venue}`) })],
        });
      }
      return plans;
    },
  };
}

function world(names: readonly string[], perSocket = 100, queue_max = 100) {
  const clock = fakeClock();
  const { dial, wires } = fakeDial();
  const session = new Session({
    venue: venueOf(perSocket),
    symbols: names.map((name) => ({ symbol: name, venue: name.toLowerCase() })),
    channels: ["trade"],
    stream: "",
    clock,
    dial,
    random: () => 0.5,
    settings: STEADY_BACKOFF,
    queue_max,
  });
  const run = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 100) {
      session.tick();
      await clock.advance(100);
    }
  };
  const start = async (): Promise<void> => {
    await run(200);
    for (const wire of wires) wire.events.opened();
    await run(200);
  };
  const asked = (wire = wires.at(-1)!): string[][] =>
    wire.sent.map((text) => (JSON.parse(text) as { names: string[] }).names);
  return { clock, session, wires, run, start, asked };
}

test("a venue of which one socket is away is not well; its sign of life is the oldest one's", async () => {
  const { session, wires, start, clock, run } = world(["A", "B"], 1);
  await start();
  wires[0]!.say(tinyTrade(1, clock.now(), "A"));
  expect(session.said().said).toBe("trying");
  expect(session.data_ms).toBeNull();
  const first_ms = clock.now();
  await run(500);
  wires[1]!.say(tinyTrade(1, clock.now(), "B"));
  expect(session.said().said).toBe("live");
  expect(session.data_ms).toBe(first_ms);
  wires[1]!.events.ended({ kind: "closed", code: 1006, text: "" });
  expect(session.said()).toEqual({ said: "broken", reason: "Tiny broke off without a word (1006)" });
  await run(300);
  const kinds = session.queue.take(100).map((item) => (item.kind === "broken" ? item.symbols : item.kind));
  expect(kinds).toEqual(["trade", "trade", ["B"]]);
});

test("a refusal that names a symbol: the others are asked for again, now and on the next socket", async () => {
  const { session, wires, start, run, asked, clock } = world(["A", "B", "C"]);
  await start();
  wires[0]!.say({ kind: "refused", id: null, symbols: ["b"], text: "no such market" });
  await run(100);
  expect(asked()).toEqual([
    ["a", "b", "c"],
    ["a", "c"],
  ]);
  expect([...session.refused]).toEqual([["B", "Tiny refuses what we ask for: no such market"]]);
  wires[0]!.say(tinyTrade(1, clock.now(), "A"));
  wires[0]!.events.ended({ kind: "closed", code: 1000, text: "" });
  await run(1_500);
  wires[1]!.events.opened();
  await run(100);
  expect(asked(wires[1]!)).toEqual([["a", "c"]]);
});

test("a refusal that names nobody: each is asked for by itself, and the answer's id tells whom it means", async () => {
  const { session, wires, start, run, asked } = world(["A", "B", "C"]);
  await start();
  wires[0]!.say({ kind: "refused", id: "1", symbols: [], text: "invalid" });
  await run(100);
  expect(asked()).toEqual([["a", "b", "c"], ["a"], ["b"], ["c"]]);
  const id = (JSON.parse(wires[0]!.sent[3]!) as { id: number }).id;
  wires[0]!.say({ kind: "refused", id: String(id), symbols: [], text: "invalid" });
  await run(100);
  expect([...session.refused.keys()]).toEqual(["C"]);
  expect(wires[0]!.sent.length).toBe(4);
});

test("answers without ids come in the order of the questions", async () => {
  const { session, wires, start, run, asked } = world(["A", "B", "C"]);
  await start();
  const refused = { kind: "refused", id: null, symbols: [], text: "too many" };
  wires[0]!.say(refused);
  await run(100);
  expect(asked()).toEqual([["a", "b", "c"], ["a"], ["b"], ["c"]]);
  wires[0]!.say({ kind: "ack", id: null, text: "" });
  wires[0]!.say(refused);
  wires[0]!.say({ kind: "ack", id: null, text: "" });
  expect([...session.refused.keys()]).toEqual(["B"]);
  await run(100);
  expect(wires[0]!.sent.length).toBe(4);
});

test("all refused is a failure, said in the venue's words", async () => {
  const { session, wires, start } = world(["A"]);
  await start();
  wires[0]!.say({ kind: "refused", id: null, symbols: ["a"], text: "delisted" });
  expect(session.said()).toEqual({ said: "broken", reason: "Tiny refuses what we ask for: delisted" });
});

test("an announced restart seeks the next socket while this one works; a full queue pauses every socket", async () => {
  const { session, wires, start, run, clock } = world(["A"], 100, 10);
  await start();
  wires[0]!.say(tinyTrade(1, clock.now(), "A"));
  wires[0]!.say({ kind: "going_away", text: "maintenance" });
  await run(200);
  expect(wires.length).toBe(2);
  expect(session.said().said).toBe("live");
  for (let seq = 2; seq <= 12; seq++) wires[0]!.say(tinyTrade(seq, clock.now(), "A"));
  expect(wires.map(({ isPaused }) => isPaused)).toEqual([true, true]);
  expect(session.queue.take(100).length).toBe(12);
  expect(wires.map(({ isPaused }) => isPaused)).toEqual([false, false]);
});

const of = (symbol: string) => ({ symbol, venue: symbol.toLowerCase() });

test("symbols come and go on the open socket; a new socket is for what has no room, and for no one it is closed", async () => {
  const { session, wires, start, run, asked, clock } = world(["A", "B"], 3);
  await start();
  wires[0]!.say(tinyTrade(1, clock.now(), "A"));
  session.add([of("C"), of("D")]);
  await run(200);
  expect(wires.length).toBe(2);
  expect(asked(wires[0])).toEqual([["a", "b"], ["c"]]);
  wires[1]!.events.opened();
  await run(100);
  expect(asked(wires[1])).toEqual([["d"]]);
  // Until the new line has brought something nothing hangs on it.
  expect(session.said().said).toBe("live");
  expect(session.data_ms).not.toBeNull();
  session.remove("B");
  session.remove("D");
  await run(100);
  expect(asked(wires[0])).toEqual([["a", "b"], ["c"], ["-b"]]);
  expect(wires.map(({ isEnded }) => isEnded)).toEqual([false, true]);
  wires[0]!.events.ended({ kind: "closed", code: 1006, text: "" });
  await run(1_500);
  expect(session.queue.take(100).at(-1)).toEqual({ kind: "broken", symbols: ["A", "C"] });
  wires[2]!.events.opened();
  await run(100);
  expect(asked(wires[2])).toEqual([["a", "c"]]);
});

test("an added symbol that is refused costs the others nothing, not even another message", async () => {
  const { session, wires, start, run, asked, clock } = world(["A"]);
  await start();
  wires[0]!.say(tinyTrade(1, clock.now(), "A"));
  session.add([of("X")]);
  await run(100);
  const id = (JSON.parse(wires[0]!.sent[1]!) as { id: number }).id;
  wires[0]!.say({ kind: "refused", id: String(id), symbols: ["x"], text: "no such market" });
  await run(100);
  expect(asked()).toEqual([["a"], ["x"]]);
  expect([...session.refused.keys()]).toEqual(["X"]);
  expect(session.said().said).toBe("live");
  session.add([of("X")]);
  expect(session.refused.size).toBe(0);
});

test("what is added while a socket is being replaced is asked for on both", async () => {
  const { session, wires, start, run, asked, clock } = world(["A"]);
  await start();
  wires[0]!.say(tinyTrade(1, clock.now(), "A"));
  wires[0]!.say({ kind: "going_away", text: "maintenance" });
  await run(100);
  wires[1]!.events.opened();
  await run(100);
  session.add([of("B")]);
  await run(100);
  expect(wires.map((wire) => asked(wire))).toEqual([
    [["a"], ["b"]],
    [["a"], ["b"]],
  ]);
});

test("a book is begun anew on the open socket: left, and asked for again", async () => {
  const { session, start, run, asked } = world(["A", "B"]);
  await start();
  session.again("B");
  await run(100);
  expect(asked()).toEqual([["a", "b"], ["-b"], ["b"]]);
});
