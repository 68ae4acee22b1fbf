import { expect, test } from "bun:test";
import fc from "fast-check";
import { mutated } from "./test-support/frames.ts";
import { mutants } from "./test-support/mutants.ts";
import { PARSER_NAMES, readingOf } from "./test-support/parsers.ts";

/** 120 000 over all venues. */
const FRAMES = 20_000;

test.each(PARSER_NAMES)(
  "%s: frames with bytes changed: none throws, none says a number that is none, each says something",
  (name) => {
    const { frames, read, said } = readingOf(name);
    for (const frame of mutants(FRAMES, 7, frames)) read(frame);
    // Many changes leave a good frame behind, many do not.
    expect(said.unknown).toBeGreaterThan(FRAMES / 4);
    expect(said.trade).toBeGreaterThan(FRAMES / 100);
    expect(said.rejected).toBeGreaterThan(FRAMES / 100);
    // A ticker that says nothing new says nothing.
    expect(said.nothing ?? 0).toBeLessThan(FRAMES / 20);
  },
);

test.each(PARSER_NAMES)("%s: frames with values changed: the same", (name) => {
  const { frames, read, said } = readingOf(name);
  fc.assert(fc.property(mutated(frames), read), { numRuns: 3_000 });
  expect(said.trade).toBeGreaterThan(0);
});
