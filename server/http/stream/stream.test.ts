import { afterEach, describe, expect, test } from "bun:test";
import { Status } from "../../../core/messages/index.ts";
import { bar, gap, memoryBus, T0, TestClock, texts, until } from "../../cache/test-support/world.ts";
import { type Sse, SseReader, type World, type WorldOptions, world } from "../test-support/world.ts";
import { decodeId, encodeId } from "./id.ts";

const open: World[] = [];
const start = async (options: WorldOptions = {}): Promise<World> => {
  const made = await world(options);
  open.push(made);
  return made;
};
afterEach(async () => {
  for (const one of open.splice(0)) {
    expect(one.bugs).toEqual([]);
    await one.close();
  }
});

const connect = async (at: World, query = "", id?: string): Promise<SseReader> =>
  new SseReader(await at.get(`/api/stream${query}`, id === undefined ? {} : { headers: { "last-event-id": id } }));
const bars = (count: number, from = 0) => Array.from({ length: count }, (_, n) => bar(from + n));
const names = (events: readonly Sse[]): string[] => events.map((event) => event.event);
const data = (events: readonly Sse[]): unknown[] => events.map((event) => event.data);
const read = async (at: World, topic: number, position: number): Promise<void> =>
  until(`position ${position}`, () => at.cache.cursor().positions[topic] === position);

describe("a new stream", () => {
  test("begins with the status and the newest bar of each series, then follows; every event has an id", async () => {
    const at = await start({ bars: [...bars(3), bar(0, { symbol: "ETHUSDT" }), bar(0, { interval: "1h" })] });
    const stream = await connect(at);
    const first = await stream.take(3);
    expect(names(first)).toEqual(["status", "bar", "bar"]);
    expect(Status.safeParse(first[0]?.data).success).toBe(true);
    expect(data(first.slice(1))).toEqual([bar(2), bar(0, { symbol: "ETHUSDT" })]);
    await at.bus.publish("tape.bars", 0, texts(bar(3)));
    await at.bus.publish("tape.gaps", 0, texts(gap(T0)));
    const live = await stream.take(2);
    expect(new Set(names(live))).toEqual(new Set(["bar", "gap"]));
    for (const event of [...first, ...live]) expect(decodeId(event.id)).not.toBeNull();
  });

  test("sends only what was asked for, and the status always", async () => {
    const at = await start({
      bars: [bar(0), bar(0, { symbol: "ETHUSDT", interval: "5m" }), bar(0, { interval: "5m" })],
    });
    const stream = await connect(at, "?topics=bars&symbols=ETHUSDT&intervals=5m,1h");
    expect(data(await stream.take(2))[1]).toEqual(bar(0, { symbol: "ETHUSDT", interval: "5m" }));
    await at.bus.publish("tape.gaps", 0, texts(gap(T0)));
    await at.bus.publish(
      "tape.bars",
      0,
      texts(bar(1), bar(1, { symbol: "ETHUSDT" }), bar(1, { symbol: "ETHUSDT", interval: "1h" })),
    );
    await read(at, 0, 6);
    expect(data(await stream.take(1))).toEqual([bar(1, { symbol: "ETHUSDT", interval: "1h" })]);
    at.clock.advance(1_000);
    expect(names(await stream.take(1))).toEqual(["status"]);
  });

  test("a status comes every second, whatever else happens", async () => {
    const at = await start();
    const stream = await connect(at, "?topics=alerts");
    await stream.take(1);
    const seen: number[] = [];
    for (let n = 0; n < 5; n++) {
      at.clock.advance(1_000);
      const [event] = await stream.take(1);
      seen.push((event!.data as Status).ts_ms);
    }
    expect(seen).toEqual([1, 2, 3, 4, 5].map((n) => T0 + 3_600_000 + n * 1_000));
  });

  test("what cannot be asked for is refused with its name", async () => {
    const at = await start({ bars: bars(1) });
    const cases: [string, number, string][] = [
      ["?topics=bars,nonsense", 400, "topics"],
      ["?intervals=2m", 400, "intervals"],
      ["?symbols=BTCUSDT,NOPE", 404, "symbols"],
      ["?symbol=BTCUSDT", 400, "symbol"],
    ];
    for (const [query, status, param] of cases) {
      const answer = await at.get(`/api/stream${query}`);
      expect(answer.status).toBe(status);
      expect(await answer.json()).toMatchObject({ param });
    }
    expect(at.app.hub.size).toBe(0);
  });

  test("only so many at once; the next one is told when to come back", async () => {
    const at = await start({ stream: { clientsMax: 2 } });
    const first = await connect(at);
    await connect(at);
    const answer = await at.get("/api/stream");
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(await answer.json()).toMatchObject({ code: "too_many_streams" });
    await first.cancel();
    await connect(at);
    expect(at.app.hub.counts.refused).toBe(1);
  });

  test("a look at the headers opens none", async () => {
    const at = await start();
    const answer = await at.get("/api/stream", { method: "HEAD" });
    expect(answer.headers.get("content-type")).toStartWith("text/event-stream");
    expect(at.app.hub.size).toBe(0);
  });

  test("the client's going ends it, and so does the server's, cleanly", async () => {
    const at = await start();
    const [one, two] = [await connect(at), await connect(at)];
    await one.take(1);
    await one.cancel();
    expect(at.app.hub.size).toBe(1);
    await two.take(1);
    at.app.close();
    expect(await two.next()).toBeNull();
    expect(Object.fromEntries(at.app.hub.counts.ends)).toEqual({ left: 1, shutdown: 1 });
    expect((await at.get("/api/stream")).status).toBe(503);
  });
});

describe("coming back", () => {
  test("brings every final bar that was missed, in order, then goes on live", async () => {
    const at = await start({ bars: bars(5) });
    const stream = await connect(at);
    const id = (await stream.take(2)).at(-1)?.id;
    await stream.cancel();
    await at.bus.publish("tape.bars", 0, texts(...bars(4, 5), bar(2, { revision: 1 })));
    await at.bus.publish("tape.forming", 0, texts(bar(9, { final: false })));
    await read(at, 0, 10);
    await until("the forming bar", () => at.cache.state.seriesOf("BTCUSDT", "1m")?.forming != null);
    const again = await connect(at, "", id);
    const back = await again.take(7);
    expect(names(back)).toEqual(["status", "bar", "bar", "bar", "bar", "bar", "bar"]);
    expect(data(back.slice(1))).toEqual([...bars(4, 5), bar(2, { revision: 1 }), bar(9, { final: false })]);
    await at.bus.publish("tape.bars", 0, texts(bar(9)));
    expect(data(await again.take(1))).toEqual([bar(9)]);
  });

  test("broken off at any event and taken up again any number of times, nothing is missed", async () => {
    const at = await start({ bars: bars(1), stream: { client: { chunkBytes: 1 } } });
    const got = new Set<string>();
    let id: string | undefined;
    for (let round = 0; round < 30; round++) {
      const stream = await connect(at, "?topics=bars,alerts,gaps", id);
      await at.bus.publish("tape.bars", 0, texts(bar(round * 2 + 1), bar(round * 2 + 2)));
      await at.bus.publish("tape.alerts", 0, texts({ id: `a${round}`, revision: 0, kind: "move", symbol: "BTCUSDT" }));
      await at.bus.publish("tape.gaps", 0, texts(gap(T0 + round)));
      await read(at, 4, round + 1);
      await read(at, 0, round * 2 + 3);
      for (const event of await stream.take(1 + (round % 4))) {
        if (event.event !== "status") got.add(`${event.event} ${JSON.stringify(event.data)}`);
        id = event.id;
      }
      await stream.cancel();
    }
    const last = await connect(at, "?topics=bars,alerts,gaps", id);
    const wanted = 60 + 30 + 30;
    while (got.size < wanted) {
      const [event] = await last.take(1);
      if (event && event.event !== "status") got.add(`${event.event} ${JSON.stringify(event.data)}`);
    }
    for (let n = 1; n <= 60; n++) expect(got).toContain(`bar ${JSON.stringify(bar(n))}`);
    for (let n = 0; n < 30; n++) expect(got).toContain(`gap ${JSON.stringify(gap(T0 + n))}`);
    expect([...got].filter((one) => one.startsWith("alert"))).toHaveLength(30);
  });

  test("works on another server of the same log, and after a restart", async () => {
    const clock = new TestClock(T0 + 3_600_000);
    const bus = await memoryBus(clock);
    const one = await start({ bus, clock, bars: bars(5) });
    const id = (await (await connect(one)).take(2)).at(-1)?.id;
    await bus.publish("tape.bars", 0, texts(...bars(3, 5)));
    const two = await start({ bus, clock });
    expect(data(await (await connect(two, "", id)).take(4)).slice(1)).toEqual(bars(3, 5));
    const short = await start({ bus, clock, cacheOptions: { seedRecords: 2 } });
    expect((await (await connect(short, "", id)).take(1))[0]).toMatchObject({
      event: "reset",
      data: { reason: "too_far_back" },
    });
  });

  test("brings alerts the cache no longer holds from the log", async () => {
    const at = await start({ cacheOptions: { bounds: { ledgerMax: 3 } } });
    const id = (await (await connect(at)).take(1))[0]?.id;
    const alerts = Array.from({ length: 10 }, (_, n) => ({
      id: `a${n}`,
      revision: 0,
      kind: "move",
      symbol: n % 2 ? "BTCUSDT" : "ETHUSDT",
    }));
    await at.bus.publish("tape.alerts", 0, texts(...alerts));
    await read(at, 1, 10);
    expect(data(await (await connect(at, "", id)).take(11)).slice(1)).toEqual(alerts);
    const some = await (await connect(at, "?symbols=BTCUSDT", id)).take(6);
    expect(data(some).slice(1)).toEqual(alerts.filter(({ symbol }) => symbol === "BTCUSDT"));
  });

  test("with an id that leads nowhere: reset with the reason, then as new", async () => {
    const at = await start({ bars: bars(5) });
    const good = decodeId((await (await connect(at)).take(1))[0]?.id ?? "")!;
    const far = { ...good, positions: [999, 0, 0, 0, 0, 0] };
    const cases: [string, string][] = [
      ["garbage", "unreadable_id"],
      ["42", "unreadable_id"],
      [`${encodeId(good)}!`, "unreadable_id"],
      ["%00%ff", "unreadable_id"],
      [encodeId(far), "future_id"],
      [encodeId({ ...good, time_ms: at.clock.now() + 3_600_000 }), "future_id"],
      [encodeId({ ...good, logs: "abc-def" }), "log_changed"],
    ];
    for (const [id, reason] of cases) {
      const events = await (await connect(at, "", id)).take(3);
      expect(names(events)).toEqual(["reset", "status", "bar"]);
      expect(events[0]?.data).toEqual({ reason });
      expect(events[2]?.data).toEqual(bar(4));
      expect(encodeId(good)).toBe(events[0]?.id ?? "");
    }
    expect(names(await (await connect(at, `?last_event_id=nonsense`)).take(1))).toEqual(["reset"]);
    expect(names(await (await connect(at, "?last_event_id=")).take(1))).toEqual(["status"]);
  });

  test("after more bars than are held: reset", async () => {
    const at = await start({ bars: bars(5), cacheOptions: { bounds: { barsPerSeries: 10 } } });
    const id = (await (await connect(at)).take(1))[0]?.id;
    await at.bus.publish("tape.bars", 0, texts(...bars(10, 5)));
    await read(at, 0, 15);
    expect(names(await (await connect(at, "", id)).take(2))).toEqual(["status", "bar"]);
    await at.bus.publish("tape.bars", 0, texts(bar(15)));
    await read(at, 0, 16);
    const events = await (await connect(at, "", id)).take(3);
    expect(events[0]).toMatchObject({ event: "reset", data: { reason: "too_far_back" } });
    expect(events[2]?.data).toEqual(bar(15));
  });

  test("a log with a hole in it resets who was listening", async () => {
    const at = await start({ bars: bars(1) });
    const stream = await connect(at);
    await stream.take(2);
    at.app.hub.broken("bars", "log_jumped");
    expect((await stream.take(1))[0]).toMatchObject({ event: "reset", data: { reason: "log_jumped" } });
    const other = await connect(at, "?topics=alerts");
    await other.take(1);
    at.app.hub.broken("bars", "log_jumped");
    at.clock.advance(1_000);
    expect(names(await other.take(1))).toEqual(["status"]);
  });
});

describe("slow clients", () => {
  test("get the newest forming bar and every final one", async () => {
    const at = await start({ bars: bars(1) });
    const readers = await Promise.all(Array.from({ length: 10 }, () => connect(at, "?topics=bars")));
    await Promise.all(readers.map((reader) => reader.take(2)));
    for (let n = 1; n <= 200; n++)
      await at.bus.publish("tape.forming", 0, texts(bar(1, { final: false, close: 100 + n / 100 })));
    await until("all forming bars", () => at.cache.reading().find(({ topic }) => topic === "forming")?.records === 200);
    await at.bus.publish("tape.bars", 0, texts(bar(1)));
    await at.bus.publish("tape.forming", 0, texts(bar(2, { final: false })));
    for (const reader of readers) {
      const events = await reader.through(
        ({ data }) => (data as { start_ts_ms: number }).start_ts_ms === bar(2).start_ts_ms,
      );
      expect(data(events.slice(-2))).toEqual([bar(1), bar(2, { final: false })]);
      expect(events.length).toBeLessThan(20);
    }
    expect(at.app.hub.counts.coalesced).toBeGreaterThan(1_500);
  });

  test("that cannot hold what matters are let go, counted, cut, and come back without a loss", async () => {
    const at = await start({ bars: bars(1), stream: { client: { framesMax: 20 } } });
    const slow = await connect(at);
    const quick = await connect(at);
    const id = (await slow.take(2)).at(-1)?.id;
    await quick.take(2);
    const got: unknown[] = [];
    for (let n = 1; n <= 50; n++) {
      await at.bus.publish("tape.bars", 0, texts(bar(n)));
      got.push(...data(await quick.take(1)));
    }
    expect(got).toEqual(bars(50, 1));
    expect(at.app.hub.counts.ends.get("slow")).toBe(1);
    expect(at.cuts.count).toBe(1);
    expect(at.app.hub.size).toBe(1);
    expect(data(await (await connect(at, "", id)).take(51)).slice(1)).toEqual(bars(50, 1));
  });

  test("that take nothing for long are let go even if nothing that matters waits", async () => {
    const at = await start({ stream: { stallMs: 5_000 } });
    const stuck = await connect(at);
    const live = await connect(at);
    await stuck.take(1);
    await live.take(1);
    for (let n = 0; n < 10 && at.app.hub.size === 2; n++) {
      at.clock.advance(1_000);
      await live.take(1);
    }
    expect(Object.fromEntries(at.app.hub.counts.ends)).toEqual({ stalled: 1 });
    expect(at.cuts.count).toBe(1);
    expect(at.app.hub.size).toBe(1);
  });

  test("all of them share the bytes of an event", async () => {
    const at = await start();
    const readers = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const body = (await at.get("/api/stream?topics=gaps")).body!.getReader();
        await body.read();
        return body;
      }),
    );
    const chunks = readers.map((reader) => reader.read());
    await at.bus.publish("tape.gaps", 0, texts(gap(T0)));
    const bytes = await Promise.all(chunks.map(async (chunk) => (await chunk).value));
    for (const one of bytes) expect(one).toBe(bytes[0]!);
    for (const reader of readers) await reader.cancel();
  });
});
