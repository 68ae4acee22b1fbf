import { expect, test } from "bun:test";
import fc from "fast-check";
import { Sieve } from "./sieve.ts";

const record = (kind: string, n: number, provider = "a"): string => JSON.stringify({ kind, n, provider });
const kindOf = (text: string): string => (JSON.parse(text) as { kind: string }).kind;

test("quotes and books are left out and counted; gaps, routes and prices are kept in order", () => {
  const sieve = new Sieve();
  const kinds = ["trade", "quote", "gap", "book", "route", "price", "quote", "bar", "dead_letter"];
  const kept = sieve.keep(
    kinds.map((kind, n) => record(kind, n)),
    0,
  );
  expect(kept.map(kindOf)).toEqual(["trade", "gap", "route", "price", "bar", "dead_letter"]);
  expect(sieve.dropped).toEqual({ quote: 2, book: 1 });
});

test("of heartbeats the newest of each provider is kept, about one a second, behind the trades before it", () => {
  const sieve = new Sieve();
  const first = [record("heartbeat", 1), record("trade", 2), record("heartbeat", 3), record("heartbeat", 4, "b")];
  expect(sieve.keep(first, 5_000)).toEqual([record("trade", 2), record("heartbeat", 3), record("heartbeat", 4, "b")]);
  expect(sieve.keep([record("heartbeat", 5), record("trade", 6)], 5_400)).toEqual([record("trade", 6)]);
  expect(sieve.keep([record("heartbeat", 7)], 6_100)).toEqual([record("heartbeat", 7)]);
  expect(sieve.collapsed).toEqual({ heartbeat: 2 });
  expect(sieve.beats()).toEqual([]);
});

test("no trade is lost or reordered, and no heartbeat comes before a trade it was behind", () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.constantFrom("trade", "quote", "heartbeat"), { maxLength: 8 }), { maxLength: 20 }),
      fc.array(fc.nat(700), { minLength: 20, maxLength: 20 }),
      (batches, waits) => {
        const sieve = new Sieve();
        let n = 0;
        let now_ms = 0;
        const given: string[] = [];
        const out: string[] = [];
        batches.forEach((kinds, i) => {
          now_ms += waits[i]!;
          const batch = kinds.map((kind) => record(kind, ++n));
          given.push(...batch);
          out.push(...sieve.keep(batch, now_ms));
        });
        out.push(...sieve.beats());
        const trades = (texts: readonly string[]): string[] => texts.filter((text) => kindOf(text) === "trade");
        expect(trades(out)).toEqual(trades(given));
        for (const [at, text] of out.entries()) {
          if (kindOf(text) !== "heartbeat") continue;
          const vouched = trades(given.slice(0, given.indexOf(text)));
          expect(trades(out.slice(0, at)).slice(0, vouched.length)).toEqual(vouched);
        }
      },
    ),
  );
});
