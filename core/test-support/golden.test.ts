import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { GOLDEN, hasShared } from "./shared.ts";

/** Which suite reads which of the reference's files; the suite must name the folder or the file itself. */
const READ_BY: readonly { readonly files: RegExp; readonly suite: string; readonly names: string }[] = [
  { files: /^anomalies\/stub-summary/, suite: "stages/anomalies/classic.test.ts", names: "stub-summary" },
  { files: /^anomalies\//, suite: "stages/anomalies/classic.test.ts", names: "/anomalies" },
  { files: /^bins-and-bars\/(.*\.rollups|edge\/loader-)/, suite: "stages/rollup.test.ts", names: "/bins-and-bars" },
  { files: /^bins-and-bars\/[^/]*\.bars-1s\.jsonl/, suite: "stages/rollup.test.ts", names: "bars-1s" },
  { files: /^bins-and-bars\/edge\/[^/]*\.bars-1s\.jsonl/, suite: "stages/rollup.test.ts", names: "bars-1s" },
  { files: /^bins-and-bars\/(edge\/)?[^/]+$/, suite: "stages/bars/golden.test.ts", names: "/bins-and-bars" },
  { files: /^micro-batch\/(?!window-0)/, suite: "stages/micro-batch.test.ts", names: "/micro-batch" },
  { files: /^price-window\//, suite: "stages/metrics/metrics.test.ts", names: "priceWindowFiles" },
  { files: /^rolling-features\/rules/, suite: "rules/rules.test.ts", names: "rolling-features/rules" },
  { files: /^rolling-features\//, suite: "stages/rolling/rolling.test.ts", names: "/rolling-features" },
];

/** What no suite reads, and why. */
const NOT_READ: readonly { readonly files: RegExp; readonly why: string }[] = [
  {
    files: /^micro-batch\/window-0/,
    why: "windows without length: a setting refuses them, so there is nothing to compare",
  },
  { files: /^bins-and-bars\/views\//, why: "views of the warehouse, which is not here yet" },
  { files: /^sentiment\//, why: "the keyword scorer, which is not here yet" },
];

const CORE = new URL("..", import.meta.url).pathname;

describe.skipIf(!hasShared)("every file of the reference", () => {
  const files = hasShared
    ? readdirSync(GOLDEN, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".gz"))
    : [];

  test("is read by a suite, or it is said why not", () => {
    expect(files.length).toBeGreaterThan(150);
    const isKnown = (file: string): boolean => [...READ_BY, ...NOT_READ].some((one) => one.files.test(file));
    expect(files.filter((file) => !isKnown(file))).toEqual([]);
  });

  test("no entry is for nothing, and each suite is there and names what it reads", () => {
    for (const { files: pattern } of [...READ_BY, ...NOT_READ]) {
      expect([pattern.source, files.some((file) => pattern.test(file))]).toEqual([pattern.source, true]);
    }
    for (const { suite, names } of READ_BY) {
      expect([suite, existsSync(`${CORE}${suite}`)]).toEqual([suite, true]);
      expect([suite, readFileSync(`${CORE}${suite}`, "utf8").includes(names)]).toEqual([suite, true]);
    }
  });
});
