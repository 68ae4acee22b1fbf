import { expect, test } from "bun:test";
import fc from "fast-check";
import { contextOf, fixtures, itemsOf, mutated } from "../test-support/frames.ts";
import { parse } from "./parse.ts";
import { parseSlowly } from "./slow.ts";

const context = contextOf("bybit");
const frames = fixtures(import.meta.dir).map(({ text }) => text);

test("a million mutated frames: the quick way says what the slow way says", () => {
  fc.assert(
    fc.property(mutated(frames), (frame) => {
      const quick = JSON.stringify(itemsOf(parse, frame, context));
      if (quick !== JSON.stringify(itemsOf(parseSlowly, frame, context))) expect(quick).toBe(frame);
    }),
    { numRuns: 1_000_000 },
  );
}, 600_000);
