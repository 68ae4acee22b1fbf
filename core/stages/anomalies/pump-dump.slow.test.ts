import { describe, expect, test } from "bun:test";
import type { Candidate, Trade } from "../../messages/index.ts";
import { candidates, type Event, events, firstBigBuy, hasPumps, isPush, trades } from "../../test-support/pump-dump.ts";
import { ADAPTIVE_SETTINGS, type AdaptiveSettings } from "./settings.ts";

/** Pushes: alerts and escalations, each statement that could make a phone ring. */
const pushes = (said: readonly Candidate[]): Candidate[] => said.filter((c) => isPush(c) && c.state !== "over");

interface Measured {
  readonly missed: string[];
  readonly afterPeak: string[];
  readonly delays_s: number[];
  readonly outside: number;
  readonly days: number;
}

function measure(input: ReadonlyMap<Event, readonly Trade[]>, settings: AdaptiveSettings): Measured {
  const result: Measured = { missed: [], afterPeak: [], delays_s: [], outside: 0, days: 0 };
  let outside = 0;
  let days = 0;
  for (const [event, all] of input) {
    const { announced_ms: at } = event;
    const said = pushes(candidates(all, settings));
    days += (all.at(-1)!.ts_ms - all[0]!.ts_ms) / 86_400_000;
    outside += said.filter((c) => c.updated_ms < at - 900_000 || c.updated_ms > at + 3_600_000).length;
    if (!event.visible) continue;
    const found = said.find((c) => c.direction === "up" && c.updated_ms >= at - 60_000 && c.updated_ms <= at + 600_000);
    if (found === undefined) {
      result.missed.push(event.file);
      continue;
    }
    if (found.updated_ms > event.peak_ms) result.afterPeak.push(event.file);
    const first = firstBigBuy(all, at);
    if (first !== null) result.delays_s.push((found.updated_ms - first) / 1_000);
  }
  return { ...result, outside, days };
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

describe.skipIf(!hasPumps)("labelled pumps", () => {
  const all = new Map(hasPumps ? events().map((e) => [e, trades(e)] as const) : []);
  const visible = [...all.keys()].filter((e) => e.visible).length;

  test("the labels are there", () => expect([all.size, visible]).toEqual([21, 18]));

  for (const rules of [["confirmed"], ADAPTIVE_SETTINGS.rules] as const)
    test(`${rules.join(", ")}: all found, before the peak, within a second, seldom for nothing`, () => {
      const m = measure(all, { ...ADAPTIVE_SETTINGS, rules });
      expect(m.missed).toEqual([]);
      expect(m.afterPeak).toEqual([]);
      expect(median(m.delays_s)).toBeLessThanOrEqual(1);
      expect(m.outside / m.days).toBeLessThanOrEqual(0.3);
    });

  for (const [name, hours] of [
    ["2 min", 1 / 30],
    ["1 h", 1],
    ["6 h", 6],
  ] as const)
    test(`all found when the tape begins ${name} before`, () => {
      const cut = new Map(
        [...all].map(([e, t]) => [e, t.filter((x) => x.ts_ms >= e.announced_ms - hours * 3_600_000)]),
      );
      expect(measure(cut, ADAPTIVE_SETTINGS).missed).toEqual([]);
    });

  test("100 injected ±15 % prints per file, single and in pairs, raise no further alert", () => {
    let seed = 7;
    const random = (): number => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return seed / 4_294_967_296;
    };
    const idsOf = (said: readonly Candidate[]): string[] => [...new Set(said.map((c) => c.id))];
    for (const [event, clean] of all) {
      const expected = idsOf(candidates(clean));
      for (const many of [1, 2]) {
        const places = new Set(Array.from({ length: 100 }, () => Math.floor(random() * (clean.length - 1)) + 1));
        const dirty = clean.flatMap((trade, i) => {
          if (!places.has(i)) return [trade];
          const before = clean[i - 1]!;
          const factor = random() < 0.5 ? 1.15 : 0.85;
          const bad = {
            ...before,
            price: before.price * factor,
            side: random() < 0.5 ? ("buy" as const) : ("sell" as const),
          };
          return [...new Array<Trade>(many).fill(bad), trade];
        });
        expect([event.file, many, ...idsOf(candidates(dirty))]).toEqual([event.file, many, ...expected]);
      }
    }
  }, 60_000);
});
