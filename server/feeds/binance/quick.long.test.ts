import { expect, test } from "bun:test";
import { captured, hasCaptures } from "../test-support/captures.ts";
import { mutants } from "../test-support/mutants.ts";
import { CAPTURES, FRAMES, quickAsSlow } from "./test-support/frames.ts";

const seed = Date.now() >>> 0;

test.skipIf(!hasCaptures)(
  "a million changed frames of recordings, another million each time",
  () => {
    console.log(`seed ${seed}`);
    const frames = CAPTURES.flatMap((name) =>
      captured(name)
        .filter((_, i) => i % 97 === 0)
        .map(({ text }) => text),
    );
    let accepted = 0;
    for (const frame of mutants(1_000_000, seed, [...FRAMES, ...frames.filter(({ length }) => length < 1_024)])) {
      if (quickAsSlow(frame)) accepted++;
    }
    expect(accepted).toBeGreaterThan(50_000);
  },
  600_000,
);
