import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { measure, quantile, type Workload } from "./harness.ts";
import { installPeers } from "./peers.ts";
import { runBenches } from "./run.ts";

const dir = mkdtempSync(join(tmpdir(), "tapebell-bench-test-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe("the harness", () => {
  const workload = (more: Partial<Workload>, hash = "a"): Workload => ({
    name: "w",
    targets: [{ figure: "rate", min: 100 }],
    run: async () => ({
      result_hash: "a",
      figures: { rate: 90, own: 1 },
      peer: { name: "p", result_hash: hash, figures: { rate: 60 } },
    }),
    ...more,
  });

  test("judges targets at full size, and gives ratios of what both measured", async () => {
    const line = await measure(workload({}), "full");
    expect(line.ratios).toEqual({ rate: 1.5 });
    expect(line.targets).toEqual([{ figure: "rate", min: 100, met: false }]);
    const met = await measure(workload({ targets: [{ figure: "rate", min: 90, max: 90 }] }), "full");
    expect(met.targets[0]?.met).toBe(true);
  });

  test("refuses a result that is not the peer's, and a target without a figure", async () => {
    expect(measure(workload({}, "b"), "smoke")).rejects.toThrow("is not p's b");
    expect(measure(workload({ targets: [{ figure: "nope" }] }), "full")).rejects.toThrow("no such figure");
  });

  test("quantiles", () => {
    const sorted = Array.from({ length: 100 }, (_, i) => i);
    expect([0, 0.5, 0.99, 1].map((share) => quantile(sorted, share))).toEqual([0, 50, 99, 99]);
    expect(quantile([], 0.5)).toBeNaN();
  });

  test("an unknown workload is wrong usage", async () => {
    expect(await runBenches(["no-such-workload", "--smoke"])).toBe(2);
  });
});

test("peers are installed where they belong, once", async () => {
  mkdirSync(join(dir, "thing"));
  writeFileSync(join(dir, "thing", "package.json"), '{"name":"thing","version":"1.0.0"}');
  mkdirSync(join(dir, "peers"));
  writeFileSync(join(dir, "peers", "package.json"), '{"dependencies":{"thing":"file:../thing"}}');
  expect(await installPeers(join(dir, "peers"))).toEqual(["thing"]);
  expect(existsSync(join(dir, "peers", "node_modules", "thing", "package.json"))).toBe(true);
  expect(await installPeers(join(dir, "peers"))).toEqual([]);
});
