import { describe, expect, test } from "bun:test";
import type { Candidate, Trade } from "../../messages/index.ts";
import {
  candidates,
  cut,
  type Event,
  measure,
  median,
  minutesBefore,
  pricesShifted,
  pushes,
  quiet,
  sizesShuffled,
  type Tapes,
} from "../../test-support/detection.ts";
import { hasPumps, labelledPumps } from "../../test-support/pump-dump.ts";
import { randomOf } from "../../test-support/random.ts";
import { ADAPTIVE_SETTINGS } from "./settings.ts";

const HOUR_MS = 3_600_000;
/** Alerts for nothing that are borne, per symbol and day. */
const FALSE_MAX = 0.3;

describe.skipIf(!hasPumps)("labelled pumps", () => {
  const all = labelledPumps();
  const visible = [...all.keys()].filter((e) => e.visible).length;

  test("the labels are there", () => expect([all.size, visible]).toEqual([21, 18]));

  for (const rules of [["confirmed"], ADAPTIVE_SETTINGS.rules] as const)
    test(`${rules.join(", ")}: all found, before the peak, within a second, seldom for nothing`, () => {
      const m = measure(all, { ...ADAPTIVE_SETTINGS, rules });
      expect(m.missed).toEqual([]);
      expect(m.after_peak).toEqual([]);
      expect(median(m.delays_s)).toBeLessThanOrEqual(1);
      expect(m.outside / m.days).toBeLessThanOrEqual(FALSE_MAX);
    });

  for (const [name, hours] of [
    ["2 min", 1 / 30],
    ["1 h", 1],
    ["6 h", 6],
  ] as const) {
    test(`all found when the tape begins ${name} before`, () => {
      expect(measure(cut(all, hours), ADAPTIVE_SETTINGS).missed).toEqual([]);
    });

    test(`… and with the venue's candles of 24 h before that, as seldom for nothing, none of them learning`, () => {
      const from = (e: Event): number => e.announced_ms - hours * HOUR_MS;
      const warm = (e: Event) => minutesBefore(all.get(e)!, from(e));
      const m = measure(cut(all, hours), ADAPTIVE_SETTINGS, warm);
      expect(m.missed).toEqual([]);
      expect(m.after_peak).toEqual([]);
      expect(m.outside / m.days).toBeLessThanOrEqual(FALSE_MAX);
      for (const [event, tape] of cut(all, hours))
        for (const c of pushes(candidates([...warm(event), ...tape], ADAPTIVE_SETTINGS)))
          expect(c.evidence.baseline).toBe("known");
    });
  }

  test("volume that has nothing to do with the moves seldom makes an alert", () => {
    const rate = (change: (tape: readonly Trade[], i: number) => Trade[]): number => {
      const tapes: Tapes = new Map([...quiet(all)].map(([e, tape], i) => [e, change(tape, i)]));
      const m = measure(tapes, ADAPTIVE_SETTINGS);
      return m.outside / m.days;
    };
    expect(rate(sizesShuffled)).toBeLessThanOrEqual(FALSE_MAX / 2);
    expect(rate(pricesShifted)).toBeLessThanOrEqual(FALSE_MAX / 2);
  });

  test("100 injected ±15 % prints per file, single and in pairs, raise no further alert", () => {
    const random = randomOf(7);
    const idsOf = (said: readonly Candidate[]): string[] => [...new Set(said.map((c) => c.id))];
    for (const [event, clean] of all) {
      const before = candidates(clean, ADAPTIVE_SETTINGS);
      for (const many of [1, 2]) {
        const places = new Set(Array.from({ length: 100 }, () => Math.floor(random() * (clean.length - 1)) + 1));
        const dirty = clean.flatMap((trade, i) => {
          if (!places.has(i)) return [trade];
          const last = clean[i - 1]!;
          const price = last.price * (random() < 0.5 ? 1.15 : 0.85);
          const bad: Trade = { ...last, price, side: random() < 0.5 ? "buy" : "sell" };
          return [...new Array<Trade>(many).fill(bad), trade];
        });
        const said = candidates(dirty, ADAPTIVE_SETTINGS);
        expect([event.file, many, ...idsOf(said)]).toEqual([event.file, many, ...idsOf(before)]);
        expect(pushes(said).length).toBeLessThanOrEqual(pushes(before).length);
      }
    }
  }, 60_000);
});
