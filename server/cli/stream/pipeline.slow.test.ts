import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Bar } from "../../../core/messages/index.ts";
import { MODELS } from "../../inference/test-support/models.ts";
import { until } from "../../test-support/app-process.ts";
import { call } from "../test-support/call.ts";

setDefaultTimeout(90_000);

const MAIN = new URL("../main.ts", import.meta.url).pathname;
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), "tapebell-stream-"));
  cleanups.push(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A command as a process of its own, and what it has said so far. */
function begin(argv: readonly string[], env: Record<string, string>) {
  const child = Bun.spawn([process.execPath, MAIN, "stream", ...argv], {
    env: { PATH: process.env.PATH ?? "", ...env },
    stdout: "pipe",
    stderr: "pipe",
  });
  cleanups.push(() => child.kill("SIGKILL"));
  const said = { out: "", err: "" };
  const read = async (stream: ReadableStream<Uint8Array>, to: "out" | "err"): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) said[to] += decoder.decode(chunk, { stream: true });
  };
  const reading = Promise.all([read(child.stdout, "out"), read(child.stderr, "err")]);
  return {
    said,
    records: () =>
      said.out
        .split("\n")
        .slice(0, -1)
        .filter((line) => line.startsWith("{"))
        .map((line) => JSON.parse(line)),
    async stop(): Promise<number> {
      child.kill("SIGINT");
      await reading;
      return child.exited;
    },
    ended: async (): Promise<number> => {
      await reading;
      return child.exited;
    },
  };
}

test("a producer and two consumers of its topic, each a process of its own", async () => {
  const env = { DATA_DIR: folder(), FEED: "synthetic", SYNTHETIC_SCENARIO: "quiet" };
  const producer = begin(["produce", "--provider", "synthetic"], env);
  const tail = () => call(["stream", "tail", "--topic", "mdp.events", "--limit", "50"], { env });
  await until(tail, ({ records }) => records.length === 50);
  const batches = begin(["micro-batch", "--window", "2s"], env);
  const signals = begin(["infer", "--adapter", "rules"], { ...env, KAFKA_AUTO_OFFSET_RESET: "earliest" });
  const bars = (await until(
    async () => batches.records() as Bar[],
    (all) => all.filter((bar) => bar.final).length > 12,
  )) as Bar[];
  expect(bars.every((bar) => bar.interval === "2s" && bar.start_ts_ms % 2_000 === 0)).toBe(true);
  // Also of the symbol that trades once in many seconds, as long as others do.
  expect(new Set(bars.map((bar) => bar.symbol)).size).toBeGreaterThan(5);
  expect(await batches.stop()).toBe(0);
  expect(await signals.stop()).toBe(0);
  expect(signals.records().every(({ kind }) => kind === "signal")).toBe(true);
  // A second one would write where the first does.
  const second = await begin(["produce", "--provider", "synthetic"], env).ended();
  expect(second).not.toBe(0);
  expect(await producer.stop()).toBe(0);
  expect(producer.said.out).toMatch(/produce: \d+ records written/);
});

test("a recording is produced to its end; micro-batches of it are those of the file", async () => {
  const dir = folder();
  const file = join(dir, "ticks.ndjson");
  const T0 = 1_700_000_000_000;
  const lines = Array.from({ length: 400 }, (_, i) =>
    JSON.stringify({ symbol: "SPY", event_ms: T0 + i * 100, px: 100 + (i % 7), sz: 1 }),
  );
  writeFileSync(file, lines.join("\n"));
  const env = {
    DATA_DIR: join(dir, "data"),
    FEED: "replay",
    REPLAY_FILE: file,
    REPLAY_SPEED: "max",
    REPLAY_DLT_FILE: join(dir, "dlt"),
  };
  const producer = begin(["produce", "--provider", "replay"], env);
  expect(await producer.ended()).toBe(0);
  expect(producer.said.out).toContain("produce: 400 records written");
  const batches = begin(["micro-batch", "--window", "2s"], { ...env, KAFKA_AUTO_OFFSET_RESET: "earliest" });
  await until(
    async () => batches.records(),
    (all) => all.length >= 19,
  );
  expect(await batches.stop()).toBe(0);
  const plain = (bar: Bar) => [bar.bar_id, bar.open, bar.high, bar.low, bar.close, bar.volume, bar.trade_count];
  const stdin = lines.map((line) => {
    const { symbol, event_ms, px, sz } = JSON.parse(line);
    return `${JSON.stringify({ kind: "trade", symbol, ts_ms: event_ms, price: px, size: sz })}\n`;
  });
  const { records } = await call(["stage", "micro-batch", "--set", "micro_batch.window_ms=2000"], { stdin });
  const finals = (all: Bar[]) => all.filter((bar) => bar.final).map(plain);
  expect(finals(batches.records())).toEqual(finals(records as unknown as Bar[]));
});

test("a model judges what comes; one that fails is told, the rules stand in, and it goes on", async () => {
  const dir = folder();
  const file = join(dir, "ticks.ndjson");
  const lines = Array.from({ length: 400 }, (_, i) =>
    JSON.stringify({ symbol: "SPY", event_ms: 1_700_000_000_000 + i * 100, px: 100 + 3 * Math.sin(i / 30), sz: 1 }),
  );
  writeFileSync(file, lines.join("\n"));
  const env = {
    DATA_DIR: join(dir, "data"),
    FEED: "replay",
    REPLAY_FILE: file,
    REPLAY_SPEED: "max",
    REPLAY_DLT_FILE: join(dir, "dlt"),
    KAFKA_AUTO_OFFSET_RESET: "earliest",
  };
  expect(await begin(["produce", "--provider", "replay"], env).ended()).toBe(0);
  const infer = (adapter: "model" | "sklearn", name: string, more: readonly string[] = []) => {
    const sets = ["enabled=true", `model_path=${join(MODELS, name)}`, ...more].map(
      (one) => `inference.adapters.${adapter}.${one}`,
    );
    const all = [...sets, "inference.adapters.rules.enabled=false"].flatMap((one) => ["--set", one]);
    return begin(["infer", "--adapter", adapter, ...all], env);
  };
  const names = (one: ReturnType<typeof infer>) => async () => one.records().map(({ name }) => name);
  const good = infer("sklearn", "named.onnx");
  await until(names(good), (all) => all.includes("named"));
  expect([await good.stop(), good.said.err]).toEqual([0, expect.not.stringContaining("failed")]);

  const bad = ["features=[momentum, rsi, volatility]", "timeout_ms=200", "breaker_failures=1"];
  const hangs = infer("model", "hangs.onnx", bad);
  await until(names(hangs), (all) => all.includes("price_momentum_up"));
  expect(hangs.said.err).toContain(
    "hangs.onnx failed 1 times in a row: no answer within 200 ms. The rules stand in for it",
  );
  expect(await hangs.stop()).toBe(0);
});

test("wrong usage says what to do", async () => {
  const env = { DATA_DIR: folder() };
  for (const [argv, said] of [
    [["micro-batch", "--window", "two"], "--window"],
    [["micro-batch"], "PROFILES"],
    [["infer", "--adapter", "oracle"], "use rules or model"],
    [["infer", "--adapter", "model"], "no model is switched on"],
    [["produce", "--provider", "nowhere"], "FEED"],
    [["produce", "--provider", "synthetic", "--symbols", "A"], "symbols of its own"],
    [["produce", "--provider", "replay"], "REPLAY_FILE"],
  ] as const) {
    const { code, err } = await call(["stream", ...argv], { env });
    expect([argv, code, err.includes(said)]).toEqual([argv, 2, true]);
  }
});
