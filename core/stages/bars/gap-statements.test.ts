import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Gap } from "../../messages/index.ts";
import { coldBars } from "./cold.ts";
import { BARS_DEFAULTS } from "./settings.ts";
import { gap, heartbeat, T0, trade, World } from "./test-support/world.ts";

/** A gap of every symbol, as the feed tells it to each partition. */
const of = (status: Gap["status"], revision: number, to_ms = 3_000): Gap =>
  gap({ id: "all", symbol: "*", from_ms: T0 + 1_000, to_ms: T0 + to_ms, status, revision });
const SETTINGS = { intervals: ["1s", "1m", "1d"], revise_ms: 60_000 };
const late = [1, 2, 3, 4, 5].map((n) => heartbeat(T0 + n * 25_000));

/** What a reader holds in the end, whatever order the partitions' words reach it in. */
const newest = (said: readonly Gap[]): Gap => said.reduce((best, one) => (one.revision > best.revision ? one : best));

test("filled for one partition and lost for another: each says its own revision, and lost is the last word", () => {
  const quick = new World(SETTINGS).step(trade({ ts_ms: T0 }), of("open", 0), of("filled", 1), ...late);
  const slow = new World(SETTINGS).step(trade({ ts_ms: T0, symbol: "X" }), of("open", 0), ...late, of("filled", 1));
  expect(quick.gaps().map(({ revision, status }) => [revision, status])).toEqual([
    [0, "open"],
    [2, "filled"],
  ]);
  expect(slow.gaps().map(({ revision, status }) => [revision, status])).toEqual([
    [0, "open"],
    [1, "lost"],
    [2, "filled"],
    [3, "lost"],
  ]);
  expect(newest([...slow.gaps(), ...quick.gaps()]).status).toBe("lost");
  expect(slow.newest("1m").every((bar) => bar.partial)).toBe(true);
});

test("whatever each partition sees when, one revision has one content, and one that lost it has the last word", () => {
  const step = fc.constantFrom("tell", "beat", "tell");
  fc.assert(
    fc.property(fc.array(fc.array(step, { maxLength: 12 }), { minLength: 2, maxLength: 4 }), (partitions) => {
      const story = [of("open", 0), of("open", 1, 4_000), of("filled", 2, 4_000)];
      const worlds = partitions.map((steps, p) => {
        const world = new World(SETTINGS).step(trade({ ts_ms: T0, symbol: `S${p}` }));
        let next = 0;
        let now = T0;
        for (const one of steps) {
          now += 25_000;
          if (one === "tell" && next < story.length) world.step(story[next++]!);
          else world.step(heartbeat(now));
        }
        return world.step(...story.slice(next), heartbeat(now + 1_000));
      });
      const contents = new Map<number, string>();
      const all = worlds.flatMap((world) => world.gaps());
      for (const one of all) {
        const text = JSON.stringify(one);
        expect(contents.get(one.revision) ?? text).toBe(text);
        contents.set(one.revision, text);
      }
      expect(newest(all).status).toBe(all.some(({ status }) => status === "lost") ? "lost" : "filled");
    }),
  );
});

test("a cold start takes up a gap where it was left", () => {
  const first = new World(SETTINGS).step(trade({ ts_ms: T0 }), of("open", 0), of("open", 1));
  const gaps = [newest(first.gaps())];
  const settings = { ...BARS_DEFAULTS, forming_ms: 0, ...SETTINGS };
  const again = new World(SETTINGS, coldBars(settings, { bars: [], gaps, log_whole_from_ms: 0 }));
  again.step(trade({ ts_ms: T0 }), of("open", 0), of("open", 1), of("filled", 2));
  expect(again.gaps().map(({ revision, status }) => [revision, status])).toEqual([[4, "filled"]]);
});
