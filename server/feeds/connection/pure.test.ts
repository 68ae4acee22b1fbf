import { expect, test } from "bun:test";
import fc from "fast-check";
import { STEADY_BACKOFF, tinyTrade } from "../test-support/tiny-venue.ts";
import type { Item } from "../venue.ts";
import { backoffMs } from "./backoff.ts";
import { inWords } from "./failure.ts";
import { ItemQueue } from "./queue.ts";
import { HAPPENINGS, LINKS, NEXT } from "./table.ts";

test("the table is whole, a stopped line stays stopped, and only data makes a line live", () => {
  for (const link of LINKS) {
    for (const happening of HAPPENINGS) {
      const next = NEXT[link][happening];
      expect(LINKS).toContain(next);
      if (link === "stopped" || happening === "stop") expect(next).toBe("stopped");
      if (next === "live" && link !== "live") expect(happening).toBe("data");
      if (happening === "drop" && link !== "stopped") expect(next).toBe("waiting");
    }
  }
  expect(NEXT.live.silence).toBe("stale");
  expect(NEXT.stale.silence).toBe("waiting");
});

const SETTINGS = { ...STEADY_BACKOFF, RETRY_JITTER_MIN: 0.5, RETRY_JITTER_MAX: 1.5 };

test("the wait doubles, starts from more after many failures, and never passes its cap", () => {
  const plain = (failures: number): number => backoffMs(failures, SETTINGS, () => 0.5);
  expect([0, 1, 2, 3, 4, 5, 6, 40].map(plain)).toEqual([0, 1_000, 2_000, 4_000, 8_000, 32_000, 60_000, 60_000]);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (failures, random) => {
      const wait_ms = backoffMs(failures, SETTINGS, () => random);
      expect(wait_ms).toBeGreaterThanOrEqual(500);
      expect(wait_ms).toBeLessThanOrEqual(60_000);
    }),
  );
});

test("failures are said in words, with the number to look up", () => {
  const say = (failure: Parameters<typeof inWords>[1]): string => inWords("Binance", failure);
  expect(say({ kind: "status", status: 451, retry_after_ms: null })).toBe("Binance refuses this country (451)");
  expect(say({ kind: "status", status: 403, retry_after_ms: null })).toBe("Binance refuses access from here (403)");
  expect(say({ kind: "status", status: 503, retry_after_ms: null })).toBe("Binance is out of order (503)");
  expect(say({ kind: "error", code: "ENOTFOUND", text: "getaddrinfo" })).toContain("is not found");
  expect(say({ kind: "error", code: "ECONNREFUSED", text: "" })).toBe("Binance refuses the connection");
  expect(say({ kind: "error", code: "DEPTH_ZERO_SELF_SIGNED_CERT", text: "self-signed" })).toContain("no secure conn");
  expect(say({ kind: "closed", code: 1006, text: "" })).toBe("Binance broke off without a word (1006)");
  expect(say({ kind: "closed", code: 4321, text: "odd" })).toBe("Binance closed the connection (4321): odd");
  expect(say({ kind: "mute", silent_ms: 6_200 })).toBe("Binance is connected but has been silent for 6 s");
});

const quote: Item = {
  ver: 1,
  kind: "quote",
  provider: "tiny",
  symbol: "A",
  ts_ms: 1,
  seq: 1,
  event_id: "q",
  bid: 1,
  bid_size: 1,
  ask: 2,
  ask_size: 1,
};
const KINDS: readonly Item[] = [tinyTrade(1, 1), quote, { kind: "venue_time", ts_ms: 1 }, { kind: "pong", ts_ms: 1 }];

test("from 90 % on only trades are taken; none is ever lost or overtaken; full pauses once and resumes at half", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constant("take" as const)), { maxLength: 400 }),
      (acts) => {
        const said: string[] = [];
        const queue = new ItemQueue({
          capacity: 20,
          onFull: () => said.push("full"),
          onRoom: () => said.push("room"),
        });
        const put: number[] = [];
        const got: number[] = [];
        const note = (items: readonly Item[]): void => {
          for (const item of items) if (item.kind === "trade") got.push(item.seq);
        };
        let seq = 0;
        for (const act of acts) {
          if (act === "take") {
            note(queue.take(7));
            continue;
          }
          const before = queue.size;
          const kind = KINDS[act]!;
          const item = kind.kind === "trade" ? tinyTrade(++seq, 1) : kind;
          const taken = queue.add(item);
          if (item.kind === "trade") put.push(item.seq);
          expect(taken).toBe(item.kind === "trade" || before < 18);
        }
        while (queue.size > 0) note(queue.take(7));
        expect(got).toEqual(put);
        expect(said.filter((_, i) => i % 2 === 0).every((word) => word === "full")).toBe(true);
        expect(said.filter((_, i) => i % 2 === 1).every((word) => word === "room")).toBe(true);
        expect(said.length % 2).toBe(0);
      },
    ),
  );
});
