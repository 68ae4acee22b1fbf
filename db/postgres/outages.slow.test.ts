import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { chownSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type postgres from "postgres";
import type { Store, StoreHealth } from "../../core/ports/store.ts";
import { openStore } from "../index.ts";
import { GatedWriters } from "../test-support/gated-writers.ts";
import { NO_POSTGRES, ownServer, sideConnection } from "../test-support/postgres.ts";

const KILL = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE application_name LIKE 'tapebell%' ORDER BY random() LIMIT $1::int`;

/** Until the store says of itself what is expected of it. */
async function untilHealth(store: Store, expected: (health: StoreHealth) => boolean): Promise<StoreHealth> {
  const until = performance.now() + 30_000;
  for (;;) {
    const health = await store.health();
    if (expected(health)) return health;
    if (performance.now() > until) throw new Error(`health stayed ${JSON.stringify(health)}`);
    await Bun.sleep(20);
  }
}
const well = (health: StoreHealth): boolean => health.ok;

describe.skipIf(NO_POSTGRES !== null)(NO_POSTGRES ?? "postgres fails while four writers write", () => {
  let server: Awaited<ReturnType<typeof ownServer>>;
  let store: Store;
  let side: postgres.Sql;
  let writers: GatedWriters;

  beforeEach(async () => {
    server = await ownServer();
    store = await openStore({ kind: "postgres", url: server.url, write_ms: 1_500, give_up_ms: 3_000 }, "live");
    side = sideConnection(server.url);
    await GatedWriters.noteMoves(side);
    writers = new GatedWriters(store, 4);
    await writers.progress(3);
  }, 90_000);
  afterEach(async () => {
    await writers.stop();
    await store.close();
    await side.end({ timeout: 2 });
    await server.dispose();
  }, 60_000);

  const settled = async (): Promise<string[]> => {
    await writers.progress(3);
    await untilHealth(store, well);
    await writers.stop();
    return await writers.wrongs(side);
  };

  test("50 backends killed amid gated writes: nothing lost, nothing twice, no call rejected", async () => {
    let kills = 0;
    while (kills < 50) {
      await writers.progress(1);
      kills += (await side.unsafe(KILL, [1 + (kills % 3)])).length;
    }
    expect(await settled()).toEqual([]);
    expect(writers.rejected).toEqual({});
    expect((await store.health()).reconnects).toBeGreaterThanOrEqual(25);
  }, 90_000);

  test("a crash and a restart at once", async () => {
    for (let round = 0; round < 3; round++) {
      await server.stop("immediate");
      await server.start();
      await side.end({ timeout: 1 });
      side = sideConnection(server.url);
      await writers.progress(2);
    }
    expect(await settled()).toEqual([]);
  }, 120_000);

  test("refused for ten seconds: said so, bounded, and gone on by itself", async () => {
    await server.stop("fast");
    await side.end({ timeout: 1 });
    const health = await untilHealth(store, (now) => !now.ok);
    expect(health.problem).toMatch(/cannot be reached|starting, stopping/);
    Bun.gc(true);
    const before = process.memoryUsage().rss;
    await Bun.sleep(10_000);
    expect((await store.health()).ok).toBe(false);
    Bun.gc(true);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
    // A reader is told too, within its deadline.
    const read = await store.readOffsets("faults").catch((cause) => cause);
    expect(read).toMatchObject({ code: "database_unreachable", kind: "outside" });
    await server.start();
    side = sideConnection(server.url);
    expect(await settled()).toEqual([]);
  }, 120_000);

  test("statements that take too long behind a lock", async () => {
    const done = side.begin(async (locking) => {
      await locking`LOCK TABLE bars_ohlcv IN ACCESS EXCLUSIVE MODE`;
      const health = await untilHealth(store, (now) => !now.ok);
      expect(health.problem).toContain("took too long");
      await Bun.sleep(4_000);
    });
    await done;
    expect(await settled()).toEqual([]);
  }, 120_000);

  test("the server turns read-only and back", async () => {
    const turn = async (value: string): Promise<void> => {
      await side.unsafe(`SET default_transaction_read_only = off`);
      await side.unsafe(`ALTER SYSTEM SET default_transaction_read_only = ${value}`);
      await side`SELECT pg_reload_conf()`;
    };
    await turn("on");
    const health = await untilHealth(store, (now) => !now.ok);
    expect(health.problem).toContain("read-only");
    await turn("off");
    expect(await settled()).toEqual([]);
  }, 120_000);

  const rooted = process.getuid?.() === 0 && process.platform === "linux";
  test.skipIf(!rooted)(
    "the disk fills and is freed (needs root, to mount a small disk)",
    async () => {
      const folder = mkdtempSync(join(tmpdir(), "tapebell-full-"));
      spawnSync("chmod", ["755", folder]);
      const disk = join(folder, "disk");
      mkdirSync(disk);
      const { uid, gid } = statSync(server.dataDir);
      const mounted = spawnSync("mount", [
        "-t",
        "tmpfs",
        "-o",
        `size=24m,uid=${uid},gid=${gid},mode=700`,
        "tmpfs",
        disk,
      ]);
      if (mounted.status !== 0) {
        rmSync(folder, { recursive: true });
        console.log(`skipped the full disk: this root may not mount (${String(mounted.stderr).trim()})`);
        return;
      }
      try {
        const space = join(disk, "space");
        mkdirSync(space);
        chownSync(space, uid, gid);
        await side.unsafe(`CREATE TABLESPACE small LOCATION '${space}'`);
        await side.unsafe("ALTER TABLE bars_ohlcv SET TABLESPACE small");
        // A loop of writes beside it would race for the last page: the filler takes all there is.
        spawnSync("sh", ["-c", `cat /dev/zero > ${join(disk, "filler")}`]);
        const health = await untilHealth(store, (now) => !now.ok);
        expect(health.problem).toContain("disk is full");
        rmSync(join(disk, "filler"));
        expect(await settled()).toEqual([]);
      } finally {
        await writers.stop();
        await store.close();
        await side.end({ timeout: 2 });
        await server.stop("immediate");
        spawnSync("umount", [disk]);
        rmSync(folder, { recursive: true, force: true });
      }
    },
    120_000,
  );
});
