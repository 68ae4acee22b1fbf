import { expect, test } from "bun:test";
import { judgeSeed } from "./verdict.ts";

const FIRST = 1_000;
const SEEDS = 200;

for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
  test(`seed ${seed}: every invariant holds`, async () => {
    expect((await judgeSeed({ seed })).report).toBe("");
  }, 300_000);
}
