import { expect, test } from "bun:test";
import fc from "fast-check";
import { Failover, type Said } from "./manager.ts";
import { HEALTHS, NEXT_HEALTH, SIGNS } from "./table.ts";

const VENUES = [
  { id: "binance", title: "Binance" },
  { id: "bybit", title: "Bybit" },
  { id: "kraken", title: "Kraken" },
];
const T0 = 1_000_000;
const make = () => new Failover({ venues: VENUES, start_ms: T0 });

test("the table is whole; a failure is a failure from anywhere, and the way back leads through settling", () => {
  for (const health of HEALTHS) {
    for (const sign of SIGNS) expect(HEALTHS).toContain(NEXT_HEALTH[health][sign]);
    expect(NEXT_HEALTH[health].fails).toBe("down");
  }
  expect(NEXT_HEALTH.down.answers).toBe("settling");
  expect(NEXT_HEALTH.settling.settled).toBe("well");
});

test("at the start the most preferred that answers wins, whoever was quicker", () => {
  const failover = make();
  failover.report("kraken", "live", "", T0 + 100);
  expect(failover.decide(T0 + 200)).toBeNull();
  failover.report("binance", "broken", "Binance refuses this country (451)", T0 + 300);
  expect(failover.decide(T0 + 400)).toBeNull();
  failover.report("bybit", "live", "", T0 + 900);
  expect(failover.decide(T0 + 900)).toEqual({
    from: null,
    to: "bybit",
    reason: "Binance refuses this country (451); showing Bybit",
  });
});

test("a venue that says nothing is waited for, but not for long", () => {
  const failover = make();
  failover.report("bybit", "live", "", T0 + 100);
  expect(failover.decide(T0 + 2_900)).toBeNull();
  expect(failover.decide(T0 + 3_000)?.to).toBe("bybit");
});

test("a short break is no failure; silence is one at once; going back takes half a minute of health", () => {
  const failover = make();
  failover.report("binance", "live", "", T0);
  failover.report("bybit", "live", "", T0);
  expect(failover.decide(T0)?.to).toBe("binance");
  failover.report("binance", "broken", "Binance broke off without a word (1006)", T0 + 1_000);
  expect(failover.decide(T0 + 2_000)).toBeNull();
  failover.report("binance", "live", "", T0 + 2_100);
  expect(failover.decide(T0 + 5_000)).toBeNull();
  failover.report("binance", "mute", "Binance is connected but has been silent for 6 s", T0 + 9_000);
  expect(failover.decide(T0 + 9_000)).toEqual({
    from: "binance",
    to: "bybit",
    reason: "Binance is connected but has been silent for 6 s; showing Bybit",
  });
  failover.report("binance", "live", "", T0 + 10_000);
  for (let at = 10_000; at < 40_000; at += 500) expect(failover.decide(T0 + at)).toBeNull();
  expect(failover.decide(T0 + 40_000)).toEqual({ from: "bybit", to: "binance", reason: "Binance is well again" });
});

test("when nobody is well the one that was shown stays, and the first that answers takes over", () => {
  const failover = make();
  failover.report("binance", "live", "", T0);
  failover.decide(T0);
  failover.report("binance", "mute", "mute", T0 + 1_000);
  failover.report("bybit", "broken", "no network", T0 + 1_000);
  expect(failover.decide(T0 + 9_000)).toBeNull();
  expect(failover.primary).toBe("binance");
  failover.report("bybit", "live", "", T0 + 10_000);
  expect(failover.decide(T0 + 10_000)?.to).toBe("bybit");
});

const SAYINGS: readonly Said[] = ["live", "broken", "mute", "trying"];

test("over any run of health: one primary, no flapping back, never away from a well one to a lesser one", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          after_ms: fc.integer({ min: 1, max: 20_000 }),
          venue: fc.integer({ min: 0, max: 2 }),
          said: fc.constantFrom(...SAYINGS),
        }),
        { maxLength: 120 },
      ),
      (events) => {
        const failover = make();
        const liveSince: (number | null)[] = [null, null, null];
        let now_ms = T0;
        for (const { after_ms, venue, said } of events) {
          now_ms += after_ms;
          const { id } = VENUES[venue]!;
          failover.report(id, said, `${id} ${said}`, now_ms);
          if (said !== "live") liveSince[venue] = null;
          else liveSince[venue] ??= now_ms;
          const before = failover.primary;
          const wasDown = new Map(VENUES.map((one) => [one.id, failover.healthOf(one.id)]));
          const switched = failover.decide(now_ms);
          if (switched === null) {
            expect(failover.primary).toBe(before);
            continue;
          }
          expect(switched.from).toBe(before);
          expect(failover.primary).toBe(switched.to);
          expect(switched.to).not.toBe(before);
          const to = VENUES.findIndex((one) => one.id === switched.to);
          const from = VENUES.findIndex((one) => one.id === before);
          if (from >= 0 && to > from) expect(failover.healthOf(before!)).toBe("down");
          if (from >= 0 && to < from && failover.healthOf(before!) !== "down" && wasDown.get(switched.to) !== "well") {
            const isFirst = wasDown.get(switched.to) === "unknown";
            expect(isFirst || now_ms - liveSince[to]! >= 30_000).toBe(true);
          }
        }
      },
    ),
    { numRuns: 300 },
  );
});
