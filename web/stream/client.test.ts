import { describe, expect, test } from "bun:test";
import { makeFakeTransport } from "../test-support/fake-transport.ts";
import { makeManualClock } from "../test-support/manual-clock.ts";
import { type LinkInfo, makeStream } from "./client.ts";
import type { SseEvent } from "./sse-parser.ts";

function world() {
  const clock = makeManualClock();
  const { transport, attempts, last } = makeFakeTransport();
  const events: SseEvent[] = [];
  const links: LinkInfo[] = [];
  const opens: boolean[] = [];
  let query = "a";
  const stream = makeStream({
    transport,
    clock,
    random: () => 0.5,
    url: () => `/api/stream?${query}`,
    onEvent: (event) => {
      events.push(event);
      return event.event === "old" ? "backlog" : event.event === "hello" ? "neutral" : "data";
    },
    onOpen: (resumed) => opens.push(resumed),
    onLink: (info) => links.push(info),
  });
  return {
    ...{ clock, stream, attempts, last, events, links, opens },
    setQuery: (next: string) => {
      query = next;
    },
    live() {
      stream.start();
      last().opened();
      last().event("now", 1, "id-1");
    },
    link: () => stream.info().link,
  };
}

describe("stream", () => {
  test("is live only once data of now came", () => {
    const w = world();
    w.stream.start();
    expect(w.link()).toBe("connecting");
    w.last().opened();
    w.last().event("hello", {});
    expect(w.link()).toBe("catching_up");
    w.last().event("old", {});
    expect(w.link()).toBe("catching_up");
    w.last().event("now", {});
    expect(w.link()).toBe("live");
    expect(w.opens).toEqual([false]);
  });

  test("a connection that fell comes back with the last id it saw, and says so", () => {
    const w = world();
    w.live();
    w.last().event("now", 2, "id-2");
    w.last().closed("the server cannot be reached");
    expect(w.stream.info()).toMatchObject({ link: "waiting", problem: "the server cannot be reached" });
    const retryAt = w.stream.info().retryAtMs ?? 0;
    expect(retryAt - w.clock.now()).toBe(300);
    w.clock.pass(299);
    expect(w.attempts).toHaveLength(1);
    w.clock.pass(1);
    expect(w.attempts).toHaveLength(2);
    expect(w.last().lastEventId).toBe("id-2");
    w.last().opened();
    expect(w.opens).toEqual([false, true]);
  });

  test("an id of an event that was cut off is not a place to go on from", () => {
    const w = world();
    w.live();
    w.last().text('id: id-2\nevent: now\ndata: {"half":');
    w.last().closed("gone");
    w.clock.pass(1_000);
    expect(w.last().lastEventId).toBe("id-1");
  });

  test("waits grow while nothing works and start small again after data", () => {
    const w = world();
    w.stream.start();
    const waits: number[] = [];
    for (let i = 0; i < 8; i += 1) {
      w.last().closed("refused");
      const waitMs = (w.stream.info().retryAtMs ?? 0) - w.clock.now();
      waits.push(waitMs);
      w.clock.pass(waitMs);
    }
    expect(waits).toEqual([300, 600, 1_200, 2_400, 4_800, 7_500, 7_500, 7_500]);
    w.last().opened();
    w.last().event("now", 1);
    w.last().closed("gone");
    expect((w.stream.info().retryAtMs ?? 0) - w.clock.now()).toBe(300);
  });

  test("a time the server names is kept", () => {
    const w = world();
    w.stream.start();
    w.last().closed("the server answered 429", 7_000);
    expect((w.stream.info().retryAtMs ?? 0) - w.clock.now()).toBe(7_000);
    w.clock.pass(6_999);
    expect(w.attempts).toHaveLength(1);
    w.clock.pass(1);
    expect(w.attempts).toHaveLength(2);
  });

  test("silence makes it stale within 2 s, and data live again at once", () => {
    const w = world();
    w.live();
    w.clock.pass(1_000);
    w.last().event("now", 2);
    w.clock.pass(1_799);
    expect(w.link()).toBe("live");
    w.clock.pass(1);
    expect(w.link()).toBe("stale");
    w.last().event("now", 3);
    expect(w.link()).toBe("live");
    w.clock.pass(1_800);
    expect(w.link()).toBe("stale");
  });

  test("longer silence gives the connection up and makes a new one, from the same place", () => {
    const w = world();
    w.live();
    const first = w.last();
    w.clock.pass(8_000);
    expect(first.aborted()).toBe(true);
    expect(w.stream.info()).toMatchObject({ link: "waiting", problem: "nothing came for 8 s" });
    w.clock.pass(1_000);
    expect(w.last().lastEventId).toBe("id-1");
  });

  test("an answer that never comes is a failed attempt", () => {
    const w = world();
    w.stream.start();
    w.clock.pass(5_000);
    expect(w.attempts[0]?.aborted()).toBe(true);
    expect(w.stream.info().problem).toBe("no answer within 5 s");
    w.clock.pass(1_000);
    expect(w.attempts).toHaveLength(2);
  });

  test("what an abandoned connection still says is not heard", () => {
    const w = world();
    w.live();
    const first = w.last();
    w.setQuery("b");
    w.stream.restart();
    expect(first.aborted()).toBe(true);
    first.event("now", "late", "id-9");
    first.closed("late");
    expect(w.events).toHaveLength(1);
    expect(w.link()).toBe("connecting");
    expect(w.last()).toMatchObject({ url: "/api/stream?b", lastEventId: "id-1" });
  });

  test("a stream that cannot be read is dropped, with the reason, and tried again", () => {
    const w = world();
    w.live();
    w.last().text(`data: ${"x".repeat(1_100_000)}`);
    expect(w.link()).toBe("waiting");
    expect(w.stream.info().problem).toContain("could not be read");
    expect(w.attempts[0]?.aborted()).toBe(true);
  });

  test("someone who does not want to wait need not", () => {
    const w = world();
    w.stream.start();
    w.last().closed("refused");
    w.stream.retryNow();
    expect(w.attempts).toHaveLength(2);
    w.stream.retryNow();
    expect(w.attempts).toHaveLength(2);
  });

  test("counts the backlog of each connection and reports it as it grows", () => {
    const w = world();
    w.live();
    w.last().closed("gone");
    w.clock.pass(300);
    w.last().opened();
    for (let i = 0; i < 3; i += 1) w.last().event("old", i);
    expect(w.links.at(-1)).toMatchObject({ link: "catching_up", backlog: 3 });
  });

  test("stopping ends it: no timer, no attempt", () => {
    const w = world();
    w.live();
    w.stream.stop();
    w.clock.pass(60_000);
    expect(w.attempts).toHaveLength(1);
    expect(w.last().aborted()).toBe(true);
    expect(w.link()).toBe("idle");
  });

  test("a refusal within the call itself is a failed attempt like any other", () => {
    const clock = makeManualClock();
    let opened = 0;
    const stream = makeStream({
      transport: {
        open: (_request, on) => {
          opened += 1;
          on.closed("refused at once", null);
          return () => {};
        },
      },
      ...{ clock, random: () => 0, url: () => "/", onEvent: () => "data", onOpen: () => {}, onLink: () => {} },
    });
    stream.start();
    expect(stream.info()).toMatchObject({ link: "waiting", problem: "refused at once" });
    clock.pass(200);
    expect(opened).toBe(2);
  });
});
