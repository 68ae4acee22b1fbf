import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type CacheEvent, KEPT_TOPICS } from "../../cache/events.ts";
import { CLIENT_BOUNDS, ClientQueue } from "./client.ts";
import { readFilter, wants } from "./filter.ts";
import { frameOf, statusFrame } from "./frame.ts";
import { decodeId, encodeId, logsMark } from "./id.ts";

const positions = fc.array(fc.nat({ max: 2 ** 50 }), { minLength: KEPT_TOPICS.length, maxLength: KEPT_TOPICS.length });

describe("stream ids", () => {
  test("say where a reader stands, and are read back as they were", () => {
    fc.assert(
      fc.property(fc.nat({ max: 8.64e15 }), fc.array(fc.string()), positions, (time_ms, logs, at) => {
        const id = { time_ms, logs: logsMark(logs), positions: at };
        const text = encodeId(id);
        expect(text).toMatch(/^[A-Za-z0-9_-]+$/);
        expect(decodeId(text)).toEqual(id);
      }),
    );
  });
  test("anything else is none, and reading it throws nothing", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.base64String(),
          fc.string().map((s) => Buffer.from(s).toString("base64url")),
        ),
        (text) => {
          const id = decodeId(text);
          if (id !== null) expect(decodeId(encodeId(id))).toEqual(id);
        },
      ),
    );
    const good = encodeId({ time_ms: 1, logs: logsMark(["a"]), positions: [1, 2, 3, 4, 5, 6] });
    for (const text of [
      "",
      "42",
      `${good}=`,
      `${good} `,
      "x".repeat(10_000),
      Buffer.from("1.a-b.1.2").toString("base64url"),
    ])
      expect(decodeId(text)).toBeNull();
  });
  test("one log made anew makes another mark", () => {
    expect(logsMark(["a", "b"])).not.toBe(logsMark(["a", "c"]));
    expect(logsMark(["a", "b"])).not.toBe(logsMark(["b", "a"]));
  });
});

const event = (over: Partial<CacheEvent> = {}): CacheEvent => ({
  topic: "bars",
  event: "bar",
  text: "{}",
  symbols: ["A"],
  interval: "1m",
  start_ts_ms: 0,
  latestKey: null,
  ...over,
});

describe("filters", () => {
  const known = (): void => {};
  test("by topic, symbol and interval; what names no symbol concerns all", () => {
    const filter = readFilter({ topics: "bars, alerts", symbols: "A,B", intervals: "1m,1h" }, known);
    expect(wants(filter, event())).toBe(true);
    expect(wants(filter, event({ interval: "1s" }))).toBe(false);
    expect(wants(filter, event({ symbols: ["C"] }))).toBe(false);
    expect(wants(filter, event({ topic: "gaps", interval: null }))).toBe(false);
    expect(wants(filter, event({ topic: "alerts", interval: null, symbols: ["C", "B"] }))).toBe(true);
    expect(wants(filter, event({ topic: "alerts", interval: null, symbols: null }))).toBe(true);
    const batches = readFilter({ intervals: "2s" }, known);
    expect([wants(batches, event({ interval: "2s" })), wants(batches, event())]).toEqual([true, false]);
  });
  test("nothing named is everything, with bars of 1m", () => {
    const filter = readFilter({}, known);
    expect(wants(filter, event({ symbols: ["LATER"] }))).toBe(true);
    expect(wants(filter, event({ interval: "1s" }))).toBe(false);
    for (const topic of KEPT_TOPICS) expect(wants(filter, event({ topic, interval: null }))).toBe(true);
  });
});

describe("what waits for a client", () => {
  const queue = (bounds = {}) =>
    new ClientQueue(
      readFilter({}, () => {}),
      null,
      { ...CLIENT_BOUNDS, ...bounds },
    );
  const forming = (n: number, symbol = "A") =>
    frameOf(event({ symbols: [symbol], latestKey: `${symbol}|1m`, start_ts_ms: n, text: `"f${symbol}${n}"` }), "i");
  const final = (n: number, symbol = "A") =>
    frameOf(event({ symbols: [symbol], start_ts_ms: n, text: `"${symbol}${n}"` }), "i");
  const drained = (from: ClientQueue): string[] => {
    const texts: string[] = [];
    for (let bytes = from.take(); bytes !== null; bytes = from.take()) texts.push(new TextDecoder().decode(bytes));
    return [...texts.join("").matchAll(/data: "(.*)"/g)].map((match) => match[1] ?? "");
  };

  test("of latest-wins events only the newest of a key, behind those that each matter", () => {
    const client = queue();
    expect(client.offer(forming(1))).toBe("taken");
    expect(client.offer(forming(1, "B"))).toBe("taken");
    expect(client.offer(forming(2))).toBe("coalesced");
    expect(client.offer(final(0))).toBe("taken");
    expect(drained(client)).toEqual(["A0", "fA2", "fB1"]);
    expect(client.isEmpty).toBe(true);
  });
  test("a final bar takes the place of its forming one, not of a later one", () => {
    const client = queue();
    client.offer(forming(5));
    client.offer(final(5));
    client.offer(forming(5, "B"));
    client.offer(final(4, "B"));
    expect(drained(client)).toEqual(["A5", "B4", "fB5"]);
  });
  test("a status is the newest one", () => {
    const client = queue();
    for (const n of [1, 2, 3]) client.offer(statusFrame("i", `"s${n}"`));
    expect(drained(client)).toEqual(["s3"]);
  });
  test("holds so many events and bytes that matter and no more", () => {
    const byCount = queue({ framesMax: 3 });
    expect([1, 2, 3, 4].map((n) => byCount.offer(final(n)))).toEqual(["taken", "taken", "taken", "overflow"]);
    const one = final(1).bytes.byteLength;
    const byBytes = queue({ bytesMax: 2 * one + 1 });
    expect([1, 2, 3].map((n) => byBytes.offer(final(n)))).toEqual(["taken", "taken", "overflow"]);
    expect(byBytes.waitingBytes).toBe(2 * one);
    byBytes.take();
    expect(byBytes.offer(final(4))).toBe("taken");
  });
  test("in any order of events and reads: finals all, in order, once; forming the newest", () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant("final" as const) }),
      fc.record({ do: fc.constant("forming" as const), symbol: fc.constantFrom("X", "Y") }),
      fc.record({ do: fc.constant("read" as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const client = queue({ chunkBytes: 60 });
        let n = 0;
        const said: string[] = [];
        const newest = new Map<string, string>();
        const got: string[] = [];
        const read = (bytes: Uint8Array | null) => {
          for (const match of new TextDecoder().decode(bytes ?? new Uint8Array()).matchAll(/data: "(.*)"/g))
            got.push(match[1]!);
        };
        for (const one of steps) {
          n++;
          if (one.do === "read") read(client.take());
          else if (one.do === "final") {
            client.offer(final(n));
            said.push(`A${n}`);
          } else {
            client.offer(forming(n, one.symbol));
            newest.set(one.symbol, `f${one.symbol}${n}`);
          }
        }
        for (let bytes = client.take(); bytes !== null; bytes = client.take()) read(bytes);
        expect(got.filter((text) => text.startsWith("A"))).toEqual(said);
        for (const [symbol, text] of newest) expect(got.findLast((one) => one.startsWith(`f${symbol}`))).toBe(text);
      }),
    );
  });
});
