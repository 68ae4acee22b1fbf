import { describe, expect, test } from "bun:test";
import type { Line } from "./harness.ts";
import { runWorkload, workloads } from "./run.ts";

describe("each workload at its smoke size", () => {
  for (const name of workloads())
    test(name, async () => {
      const { line, code } = await runWorkload(name, true);
      expect(code).toBe(0);
      const said: Line = JSON.parse(line);
      expect(said).toMatchObject({ bench: name, size: "smoke", command: `bun run bench ${name} --smoke` });
      expect(said.machine.cores).toBeGreaterThan(0);
      expect(said.versions.bun).toBe(Bun.version);
      expect(said.result_hash).toBe(said.peer.result_hash);
      for (const value of Object.values({ ...said.figures, ...said.ratios })) expect(value).toBeGreaterThanOrEqual(0);
      for (const { figure, met } of said.targets) {
        expect(said.figures[figure]).toBeNumber();
        expect(met).toBeNull();
      }
    }, 120_000);
});
