import { expect, test } from "bun:test";
import { runToEnd, startApp, tempDir, until } from "./test-support/app-process.ts";

test("METRICS_PORT answers /metrics and nothing else; a busy one ends the start and is named", async () => {
  const { dir, remove } = await tempDir();
  const app = await startApp({ DATA_DIR: dir, SYNTHETIC_SCENARIO: "quiet", METRICS_PORT: "0" });
  try {
    const found = await until(
      async () => /figures (http:\S+)\/metrics/.exec(app.output()),
      (match) => match !== null,
    );
    const url = found?.[1] ?? "";
    expect(url).not.toBe(app.url);
    const text = await (await fetch(`${url}/metrics`)).text();
    for (const name of ["tapebell_build_info", "tapebell_store_up", "tapebell_ready", "process_resident_memory_bytes"])
      expect(text).toContain(name);
    expect((await fetch(`${url}/api/status`)).status).toBe(404);
    expect((await fetch(`${app.url}/metrics`)).status).toBe(200);
    const other = await tempDir();
    const busy = await runToEnd({ DATA_DIR: other.dir, METRICS_PORT: new URL(url).port });
    await other.remove();
    expect(busy.code).toBe(2);
    expect(busy.stderr).toContain("METRICS_PORT");
    expect(await app.stop()).toBe(0);
  } finally {
    await app.kill();
    await remove();
  }
}, 60_000);
