import { afterEach, expect, test } from "bun:test";
import { TOPICS } from "../core/topics.ts";
import { lookInto } from "./bus/embedded/look.ts";
import { type AppProcess, getJson, runToEnd, startApp, tempDir, until } from "./test-support/app-process.ts";
import { logFolder } from "./worlds.ts";

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

type Fields = Record<string, unknown>;
const ALL = 1_000_000;

function stored(dir: string, topic: string, partitions = 1): Fields[] {
  try {
    return lookInto(
      logFolder({ DATA_DIR: dir, FEED: "synthetic", REPLAY_FILE: "", MOCK_API_URL: "" }, "synthetic", topic),
      partitions,
    )
      .tail(ALL)
      .map((text) => JSON.parse(text) as Fields);
  } catch {
    return [];
  }
}
const idsOf = (records: readonly Fields[], name: string): Set<unknown> => new Set(records.map((one) => one[name]));
const trades = (dir: string): Fields[] =>
  stored(dir, TOPICS.market.name, TOPICS.market.partitions).filter(({ kind }) => kind === "trade");

async function start(dir: string): Promise<AppProcess> {
  const app = await startApp({
    DATA_DIR: dir,
    SYNTHETIC_SCENARIO: "quiet",
    PROFILES: "narrator,pipeline,senpai,replay",
  });
  cleanups.push(() => app.kill());
  return app;
}

test("other systems' topics tell the tape, over a crash too: every trade, in the same words, under the same id", async () => {
  const { dir, remove } = await tempDir();
  cleanups.push(remove);
  const first = await start(dir);
  await until(
    async () => stored(dir, "ticks.agg.1s"),
    (bars) => bars.length > 20,
  );
  await first.kill();
  const second = await start(dir);
  const status = () => getJson<{ parts: Fields[] }>(`${second.url}/api/status`);
  await until(status, ({ parts }) => parts.some(({ part, state }) => part === "profiles" && state === "live"));
  const before = trades(dir).length;
  await until(
    async () => trades(dir).length,
    (n) => n > before + 50,
  );
  expect(await second.stop()).toBe(0);
  const third = await start(dir);
  // What the last process wrote after its readers had stopped is said by this one.
  const wanted = idsOf(trades(dir), "event_id");
  await until(
    async () => [idsOf(stored(dir, "mdp.events"), "event_id"), idsOf(stored(dir, "md.events.trade"), "event_id")],
    (told) => told.every((ids) => [...wanted].every((id) => ids.has(id))),
  );
  const events = stored(dir, "mdp.events");
  const known = new Map<unknown, string>();
  for (const { ingest_ts: _, ...event } of events) {
    const text = JSON.stringify(event);
    expect(known.get(event.event_id) ?? text).toBe(text);
    known.set(event.event_id, text);
  }
  for (const topic of ["prices", "md.events.heartbeat", "ticks.raw", "ticks.agg.1s"]) {
    const [record] = stored(dir, topic);
    expect(record).toBeDefined();
    expect(record).not.toHaveProperty("origin");
  }
  // A second's bar says as many bins as were sent of it.
  const bins = [...new Map(stored(dir, "ticks.raw").map((bin) => [bin.bin_id, bin])).values()];
  const bars = [...new Map(stored(dir, "ticks.agg.1s").map((bar) => [bar.bar_id, bar])).values()].slice(-50, -20);
  for (const { symbol, start_ts_ms, bin_count, volume } of bars) {
    const own = bins.filter(
      (bin) => bin.symbol === symbol && Math.floor(Number(bin.start_ts_ms) / 1_000) * 1_000 === start_ts_ms,
    );
    expect([symbol, start_ts_ms, own.length]).toEqual([symbol, start_ts_ms, bin_count]);
    expect(own.reduce((sum, bin) => sum + Number(bin.volume), 0)).toBeCloseTo(Number(volume), 6);
  }
  expect(await third.stop()).toBe(0);
}, 180_000);

test("a topic that is given two kinds of records ends the start", async () => {
  const { dir, remove } = await tempDir();
  cleanups.push(remove);
  for (const [PRICE_TOPIC, why] of [
    ["alerts", "ALERTS_TOPIC"],
    ["tape.bars", "PRICE_TOPIC"],
    ["..", "topic name"],
  ] as const) {
    const { code, stderr } = await runToEnd({ DATA_DIR: dir, PROFILES: "narrator", PRICE_TOPIC });
    expect([code, stderr.includes(why)]).toEqual([2, true]);
  }
}, 60_000);
