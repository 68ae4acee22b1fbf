import { expect, test } from "bun:test";
import { PARSER_NAMES, readMutants } from "./test-support/parsers.ts";

/** 120 000 over all venues. */
const FRAMES = 20_000;

test.each(PARSER_NAMES)(
  "%s: of changed frames none throws, none says a number that is none, and each says something",
  (name) => {
    const said = readMutants(name, FRAMES, 7);
    // Many changes leave a good frame behind, many do not.
    expect(said.unknown).toBeGreaterThan(FRAMES / 4);
    expect(said.trade).toBeGreaterThan(FRAMES / 100);
    expect(said.rejected).toBeGreaterThan(FRAMES / 100);
    // A ticker that says nothing new says nothing.
    expect(said.nothing ?? 0).toBeLessThan(FRAMES / 20);
  },
);
