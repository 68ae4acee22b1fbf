import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { embeddedIn, openStore, startEmbedded } from "../index.ts";

const KILLS = 8;
const WRITER = new URL("../test-support/embedded-writer.ts", import.meta.url).pathname;

/** Lets a writer get some way, kills it without warning, and says the last position it had acknowledged. */
async function writeUntilKilled(dir: string, batches: number): Promise<number> {
  const child = Bun.spawn([process.execPath, WRITER, dir], { stdout: "pipe", stderr: "inherit" });
  let said = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    said += decoder.decode(chunk, { stream: true });
    if (said.split("\n").length > batches) child.kill("SIGKILL");
  }
  await child.exited;
  return Number(said.slice(0, said.lastIndexOf("\n")).split("\n").at(-1));
}

test("killed amid writes again and again: the database opens, and what was acknowledged is there with its position", async () => {
  const dir = mkdtempSync(join(tmpdir(), "tapebell-kill-"));
  let acked = 0;
  for (let kill = 0; kill < KILLS; kill++) acked = await writeUntilKilled(dir, 5 + kill * 7);

  const database = await startEmbedded({ ...embeddedIn(dir), backup_every_ms: 0 });
  const store = await openStore({ kind: "embedded", port: database.port() }, "live");
  expect(database.recovery).toBeNull();
  const position = (await store.readOffsets("killed"))[0]?.position ?? 0;
  expect(position).toBeGreaterThanOrEqual(acked);
  let rows = 0;
  let from_ms: number | null = 0;
  while (from_ms !== null) {
    const page = await store.readBars({ symbol: "BTCUSDT", interval: "1m", from_ms, limit: 1_000 });
    rows += page.items.length;
    from_ms = page.next_from_ms;
  }
  expect(rows).toBe(position * 20);
  await store.close();
  await database.close();
  rmSync(dir, { recursive: true, force: true });
}, 180_000);
