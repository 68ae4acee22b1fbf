import { expect, test } from "bun:test";
import fc from "fast-check";
import { mutated } from "./test-support/frames.ts";
import { mutants } from "./test-support/mutants.ts";
import { PARSER_NAMES, readingOf } from "./test-support/parsers.ts";

/** A million each, in both ways. */
const FRAMES = 1_000_000;
const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);

test.each(PARSER_NAMES)(
  `%s: a million frames with bytes changed (SEED=${seed})`,
  (name) => {
    const { frames, read, said } = readingOf(name);
    for (const frame of mutants(FRAMES, seed, frames)) read(frame);
    expect(said.trade).toBeGreaterThan(FRAMES / 100);
  },
  600_000,
);

test.each(PARSER_NAMES)(
  `%s: a million frames with values changed (SEED=${seed})`,
  (name) => {
    const { frames, read, said } = readingOf(name);
    fc.assert(fc.property(mutated(frames), read), { numRuns: FRAMES, seed });
    expect(said.trade).toBeGreaterThan(0);
  },
  600_000,
);
