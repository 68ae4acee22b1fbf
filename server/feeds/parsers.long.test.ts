import { expect, test } from "bun:test";
import { PARSER_NAMES, readMutants } from "./test-support/parsers.ts";

/** A million each. */
const FRAMES = 1_000_000;
const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);

test.each(PARSER_NAMES)(
  `%s: a million changed frames (SEED=${seed})`,
  (name) => {
    const said = readMutants(name, FRAMES, seed);
    expect(said.trade).toBeGreaterThan(FRAMES / 100);
  },
  600_000,
);
