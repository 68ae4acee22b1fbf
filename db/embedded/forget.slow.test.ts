import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { embeddedIn, startEmbedded } from "../index.ts";
import { storeOver } from "../store.ts";
import { lendStore } from "../test-support/made-store.ts";
import { bar, T0 } from "../test-support/samples.ts";
import { connectEmbedded } from "./connect.ts";

test("new rows go where forgotten ones were: the files do not grow", async () => {
  const dir = mkdtempSync(join(tmpdir(), "tapebell-forget-"));
  lendStore(embeddedIn(dir).folder);
  const embedded = await startEmbedded({ ...embeddedIn(dir), backup_every_ms: 0 });
  const database = connectEmbedded(embedded.port());
  const store = storeOver(database, "live");
  const size = async (): Promise<number> => {
    const [row] = await database.write<{ bytes: number }>("SELECT pg_relation_size('bars_ohlcv')::float8 AS bytes", []);
    return row?.bytes ?? 0;
  };
  /** A while of seconds, and a newest bar that makes all before it old. */
  const write = async (round: number): Promise<number> => {
    const begin_ms = T0 + round * 4_000_000;
    const seconds = Array.from({ length: 2_000 }, (_, i) => bar({ interval: "1s", start_ts_ms: begin_ms + i * 1_000 }));
    await store.writeBars(null, [...seconds, bar({ start_ts_ms: begin_ms + 3_000_000 })]);
    return begin_ms + 3_000_000;
  };
  const forget = async (now_ms: number): Promise<number> => {
    let rows = 0;
    for await (const step of store.forget("short_bars", { now_ms, keep_ms: 100_000 })) rows += step;
    return rows;
  };
  try {
    const sizes: number[] = [];
    for (let round = 0; round < 3; round++) {
      const now_ms = await write(round);
      sizes.push(await size());
      expect(await forget(now_ms)).toBe(2_000);
    }
    const [first = 0, , third = Number.POSITIVE_INFINITY] = sizes;
    expect(third).toBeLessThan(1.1 * first);
  } finally {
    await store.close();
    await embedded.close();
    rmSync(dir, { recursive: true, force: true });
  }
}, 60_000);
