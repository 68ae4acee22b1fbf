import { afterEach, expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Bar, Status, Trade } from "../core/messages/index.ts";
import { TOPICS } from "../core/topics.ts";
import { tickServer } from "../testkit/ticks/server.ts";
import { lookInto } from "./bus/embedded/look.ts";
import { call } from "./cli/test-support/call.ts";
import { type AppProcess, getJson, runToEnd, startApp, tempDir, until } from "./test-support/app-process.ts";

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const T0 = 1_700_000_000_000;
/** A day that is long over: two symbols, a trade each every 250 ms, one of them 2 s late, and a line that is none. */
function ticks(seconds: number): string[] {
  const lines: string[] = [];
  for (let i = 0; i < seconds * 4; i++) {
    for (const [symbol, price] of [
      ["BTCUSDT", 100 + (i % 7)],
      ["ETHUSDT", 10 + (i % 3)],
    ]) {
      lines.push(JSON.stringify({ symbol, event_ms: T0 + i * 250, px: price, sz: 1 }));
    }
    if (i === 20) lines.push("rubbish", JSON.stringify({ symbol: "BTCUSDT", event_ms: T0 + 3_000, px: 999, sz: 1 }));
  }
  return lines;
}

async function folder(): Promise<{ dir: string; dlt: string; settings: Record<string, string> }> {
  const { dir, remove } = await tempDir();
  cleanups.push(remove);
  const dlt = join(dir, "logs", "replay_dlt.jsonl");
  return {
    dir,
    dlt,
    settings: {
      DATA_DIR: join(dir, "data"),
      FEED: "replay",
      REPLAY_DLT_FILE: dlt,
      CHECKPOINT_SEC: "1",
      START_TIMEOUT_SEC: "120",
    },
  };
}

async function start(settings: Record<string, string>): Promise<AppProcess> {
  const app = await startApp(settings);
  cleanups.push(() => app.kill());
  return app;
}

const status = (app: AppProcess): Promise<Status> => getJson(`${app.url}/api/status`);
/** The store opens in its own time: what is asked for here is there without it. */
const ended = (app: AppProcess): Promise<Status> =>
  until(
    () => status(app),
    ({ feed, lag, parts }) => feed.state === "ended" && lag === 0 && parts.some(({ part }) => part === "aggregate"),
    60_000,
  );
const minutes = async (app: AppProcess, symbol: string): Promise<Bar[]> =>
  (await getJson<{ items: Bar[] }>(`${app.url}/api/bars?symbol=${symbol}&interval=1m&limit=1000`)).items;

function tape(dataDir: string): Trade[] {
  const [id] = readdirSync(join(dataDir, "replay"));
  const look = lookInto(join(dataDir, "replay", id!, "bus", `replay.${TOPICS.market.name}`), TOPICS.market.partitions);
  return look
    .tail(1_000_000)
    .map((text) => JSON.parse(text) as Trade)
    .filter(({ kind }) => kind === "trade");
}

test("a file is played to its end in a world of its own; what could not be used is in the file and on the figures", async () => {
  const { dir, dlt, settings } = await folder();
  const file = join(dir, "ticks.ndjson");
  const lines = ticks(600);
  writeFileSync(file, lines.join("\n"));
  const app = await start({ ...settings, REPLAY_FILE: file, REPLAY_SPEED: "max" });
  const said = await ended(app);
  expect(said).toMatchObject({
    origin: "replay",
    feed: { provider: "replay", text: `Replay of ${file} has ended` },
  });
  expect(app.output()).toContain(`REPLAY of ${file}`);
  // The same candles as a file gives without any server.
  const { records } = await call(["stage", "bars", "--set", "INTERVAL=1m", "--set", `REPLAY_MAX_LATE_MS=500`], {
    stdin: lines.flatMap((line) => {
      if (line === "rubbish") return [];
      const { symbol, event_ms, px, sz } = JSON.parse(line);
      return [`${JSON.stringify({ kind: "trade", symbol, ts_ms: event_ms, price: px, size: sz })}\n`];
    }),
  });
  const wanted = (records as unknown as Bar[]).filter((bar) => bar.symbol === "BTCUSDT" && bar.final);
  const plain = (bar: Bar) => [bar.bar_id, bar.open, bar.high, bar.low, bar.close, bar.volume, bar.trade_count];
  const shown = await until(
    () => minutes(app, "BTCUSDT"),
    (bars) => bars.filter((bar) => bar.final).length >= wanted.length,
  );
  expect(shown.filter((bar) => bar.final).map(plain)).toEqual(wanted.map(plain));
  const letters = await until(
    async () =>
      readFileSync(dlt, "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    (all) => all.length >= 2,
  );
  expect(letters.map(({ reason }) => reason).sort()).toEqual(["bad_line", "late"]);
  const figures = await (await fetch(`${app.url}/metrics`)).text();
  expect(figures).toContain('tapebell_dead_letters_total{reason="late"} 1');
  expect(readdirSync(settings.DATA_DIR!).filter((name) => name === "live" || name === "synthetic")).toEqual([]);
  expect(await app.stop()).toBe(0);

  // Started again it has ended still, and says nothing twice.
  const again = await start({ ...settings, REPLAY_FILE: file, REPLAY_SPEED: "max" });
  await ended(again);
  expect((await minutes(again, "ETHUSDT")).filter((bar) => bar.final)).toHaveLength(wanted.length);
  const symbols = await getJson<{ items: { symbol: string }[] }>(`${again.url}/api/symbols`);
  expect(symbols.items.map(({ symbol }) => symbol).sort()).toEqual(["BTCUSDT", "ETHUSDT"]);
  expect(await again.stop()).toBe(0);
  expect(tape(settings.DATA_DIR!)).toHaveLength(600 * 8 + 1);
}, 120_000);

test("its bins and bars stand on the other system's topics, and agree", async () => {
  const { dir, settings } = await folder();
  const file = join(dir, "ticks.ndjson");
  writeFileSync(file, ticks(120).join("\n"));
  const env = { ...settings, REPLAY_FILE: file, REPLAY_SPEED: "max", PROFILES: "replay" };
  const app = await start(env);
  await ended(app);
  const tail = async (topic: string): Promise<string> =>
    (await call(["stream", "tail", "--topic", topic, "--limit", "100000"], { env })).out;
  const bars = await until(
    () => tail("ticks.agg.1s"),
    (text) => text.split("\n").length > 2 * 119,
  );
  // The last second has not ended, and has no bar.
  const isWhole = (line: string): boolean => line !== "" && JSON.parse(line).start_ts_ms < T0 + 119_000;
  const bins = (
    await until(
      () => tail("ticks.raw"),
      (text) => text.includes(`${T0 + 119_000}`),
    )
  )
    .split("\n")
    .filter(isWhole);
  writeFileSync(join(dir, "bins.jsonl"), bins.join("\n"));
  writeFileSync(join(dir, "bars.jsonl"), bars);
  const argv = ["validate-aggregates", "--bins", join(dir, "bins.jsonl"), "--bars", join(dir, "bars.jsonl")];
  const { code, out } = await call(argv);
  expect([code, out.split("\n")[0]]).toEqual([0, `238 bars, ${bins.length} bins: 0 missing, 0 extra, 0 mismatching`]);
  expect(await app.stop()).toBe(0);
}, 120_000);

test("killed amid it, it goes on where it was: no trade twice, none left out", async () => {
  const { dir, settings } = await folder();
  const file = join(dir, "ticks.ndjson");
  writeFileSync(file, ticks(900).join("\n"));
  const paced = { ...settings, REPLAY_FILE: file, REPLAY_SPEED: "100" };
  for (const enough of [400, 1_500]) {
    const app = await start(paced);
    await until(
      async () => tape(settings.DATA_DIR!).length,
      (n) => n > enough,
    );
    await app.kill();
  }
  const last = await start({ ...paced, REPLAY_SPEED: "max" });
  await ended(last);
  const ids = tape(settings.DATA_DIR!).map(({ event_id }) => event_id);
  expect([ids.length, new Set(ids).size]).toEqual([900 * 8 + 1, 900 * 8 + 1]);
  expect(await last.stop()).toBe(0);
}, 120_000);

test("a server that breaks off is asked again, and what came before is not said twice", async () => {
  const { settings } = await folder();
  const lines = ticks(60);
  let asked = 0;
  const server = await tickServer(() => {
    const whole = [{ send: `${lines.join("\n")}\n` }];
    return asked++ === 0 ? [{ send: `${lines.slice(0, 101).join("\n")}\n` }, { cut: true }] : whole;
  });
  cleanups.push(() => server.stop());
  const app = await start({
    ...settings,
    MOCK_API_URL: server.url,
    REPLAY_SPEED: "max",
    TASK_RESTART_BACKOFF_SEC: "0.1",
  });
  await ended(app);
  const ids = tape(settings.DATA_DIR!).map(({ event_id }) => event_id);
  expect([ids.length, new Set(ids).size]).toEqual([60 * 8 + 1, 60 * 8 + 1]);
  expect(server.asked).toHaveLength(2);
  expect(await app.stop()).toBe(0);
}, 120_000);

test("nothing to play ends the start, with what to do", async () => {
  const { settings } = await folder();
  const none = await runToEnd(settings);
  expect([none.code, none.stderr.includes("REPLAY_FILE")]).toEqual([2, true]);
  const gone = await runToEnd({ ...settings, REPLAY_FILE: "/nowhere/x.ndjson" });
  expect([gone.code, gone.stderr.includes("/nowhere/x.ndjson")]).toEqual([2, true]);
}, 60_000);
