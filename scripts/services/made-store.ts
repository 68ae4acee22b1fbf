import { join } from "node:path";
import { ROOT } from "../bootstrap.ts";
import { run } from "../testing/run.ts";
import type { Service, ServiceContext, ServiceReady } from "./service.ts";

const MAKE_MS = 120_000;

/** An embedded database made once for all tests: see `lendStore`. In a process of its own, since making one takes a gigabyte. */
export const madeStore: Service = {
  name: "embedded database",
  async ensure({ tempDir }: ServiceContext): Promise<ServiceReady> {
    const folder = join(tempDir, "made-store");
    const script = join(ROOT, "db", "test-support", "make-store.ts");
    const { code } = await run(process.execPath, ["--no-env-file", script, folder], { timeoutMs: MAKE_MS });
    if (code === 0) return { ok: true, env: { TEST_MADE_STORE: folder } };
    return { ok: false, reason: `it could not be made (exit ${code})`, howToGet: "see the output above" };
  },
  async stop() {},
};
