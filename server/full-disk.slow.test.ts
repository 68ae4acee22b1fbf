import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Bar, Status } from "../core/messages/index.ts";
import { fakeBinance } from "../testkit/venues/binance.ts";
import { getJson, startApp, tempDir, until } from "./test-support/app-process.ts";

setDefaultTimeout(240_000);
const SIZE_MB = 300;
const SYMBOL = "BTCUSDT";
const closing: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const canMount =
  Bun.spawnSync(["sh", "-c", "unshare -rm mount -t tmpfs tmpfs /mnt"], { stdout: "ignore", stderr: "ignore" })
    .exitCode === 0;
if (!canMount) console.log("skipped: a full disk needs unshare(1) and mount(1) with user namespaces");

/** Everything that is left of the file system the process sees. */
function fill(path: string): void {
  const file = openSync(path, "w");
  try {
    for (let bytes = 1 << 20; bytes >= 4_096; ) {
      try {
        writeSync(file, new Uint8Array(bytes));
      } catch {
        bytes >>= 1;
      }
    }
  } finally {
    closeSync(file);
  }
}

test.skipIf(!canMount)(
  "the disk fills up under the running process: it says so and falls not; with room again every trade is in its candle",
  async () => {
    const server = await fakeBinance([SYMBOL]);
    const timer = setInterval(() => {
      for (let i = 0; i < 20; i++) server.trade(SYMBOL, "100.0");
    }, 10);
    closing.push(() => {
      clearInterval(timer);
      return server.stop();
    });
    const { dir, remove } = await tempDir();
    closing.push(remove);
    const settings = {
      FEED: "binance",
      SYMBOLS: SYMBOL,
      DATA_DIR: dir,
      BINANCE_STREAM: `${server.wsUrl}/stream`,
      BINANCE_REST: server.restUrl,
      RETRY_BACKOFF_BASE_SEC: "0.2",
      RETRY_BACKOFF_CAP_SEC: "0.5",
    };
    const small = `mount -t tmpfs -o size=${SIZE_MB}m tmpfs "$0" && exec "$@"`;
    const app = await startApp(settings, { under: ["unshare", "-rm", "sh", "-c", small, dir] });
    closing.push(() => app.kill());
    const status = (): Promise<Status> => getJson(`${app.url}/api/status`);
    const bars = async (): Promise<Bar[]> =>
      (await getJson<{ items: Bar[] }>(`${app.url}/api/bars?symbol=${SYMBOL}&interval=1s&limit=600`)).items;
    const part = (said: Status, name: string) => said.parts.find((one) => one.part === name);
    await until(status, (said) => said.ready && part(said, "store")?.state === "live", 60_000);
    const first_ms = (await until(bars, (some) => some.filter((bar) => bar.final).length >= 2)).at(-1)!.start_ts_ms;

    const ballast = join("/proc", String(app.pid), "root", dir, "ballast");
    fill(ballast);
    const said = await until(status, (now) => part(now, "ingest")?.state === "offline", 90_000);
    expect(said.ready).toBe(false);
    expect(part(said, "ingest")?.text).toContain("the disk is full");
    const ready = await fetch(`${app.url}/ready`);
    expect(ready.status).toBe(503);
    expect(await ready.text()).toContain("the disk is full");
    expect(part(said, "worker:ingest")?.state).toBe("live");

    // Several whole seconds are to pass while nothing can be written.
    await until(
      async () => server.trades(SYMBOL).at(-1)?.ts_ms ?? 0,
      (newest_ms) => newest_ms >= first_ms + 4_000,
      60_000,
    );
    rmSync(ballast);
    const room_ms = Date.now();
    await until(
      status,
      (now) => part(now, "ingest")?.state === "live" && part(now, "aggregate")?.state === "live",
      60_000,
    );
    const expected = new Map<number, number>();
    const last_ms = Math.floor(room_ms / 1_000) * 1_000;
    for (const { ts_ms } of server.trades(SYMBOL)) {
      const second = Math.floor(ts_ms / 1_000) * 1_000;
      if (second > first_ms && second < last_ms) expected.set(second, (expected.get(second) ?? 0) + 1);
    }
    expect(expected.size).toBeGreaterThan(1);
    await until(
      bars,
      (some) => {
        const counted = new Map(some.map((bar) => [bar.start_ts_ms, bar.trade_count]));
        return [...expected].every(([second, n]) => counted.get(second) === n);
      },
      60_000,
    );
    expect(part(await status(), "worker:ingest")?.text).toBe("ingest is running");
    expect(app.output()).toContain("records are written again");
  },
);
