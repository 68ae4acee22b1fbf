import { copyFileSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PartStatus, Rolling, Signal } from "../../../core/messages/index.ts";
import type { Bus } from "../../../core/ports/bus.ts";
import { readRules } from "../../../core/rules/rules.ts";
import type { ModelSettings } from "../../../core/settings/streaming.ts";
import { SIGNALS_SETTINGS } from "../../../core/stages/signals/index.ts";
import { TOPICS } from "../../../core/topics.ts";
import { createMemoryTape } from "../../../server/bus/memory/memory-bus.ts";
import { systemClock } from "../../../server/clock.ts";
import { StandIn } from "../../../server/inference/stand-in.ts";
import { MODELS, settingsOf, WINDOWS } from "../../../server/inference/test-support/models.ts";
import { InferenceRunner } from "../inference.ts";

const T0 = 1_700_000_000_000;

export const row = (symbol: string, n: number, momentum: number): Rolling => ({
  kind: "rolling",
  provider: "p",
  symbol,
  ts_ms: T0 + n,
  price: 10,
  vwap_1m_momentum: momentum,
  vwap_1m_rsi_cutler14: 50,
  vwap_1m_vol: 0.01,
});

export interface World {
  readonly bus: Bus;
  readonly dir: string;
  /** Puts a model of models/test where the settings say. */
  put(name: string): void;
  start(): void;
  stop(): Promise<void>;
  say(...rows: Rolling[]): Promise<void>;
  /** Waits until the status is so. */
  until(what: (status: PartStatus) => boolean): Promise<PartStatus>;
  signals(): Promise<Signal[]>;
}

interface Given {
  readonly model?: string | null;
  readonly settings?: Partial<ModelSettings>;
  readonly rules?: boolean;
  readonly bus?: (bus: Bus) => Bus;
}

export async function world(
  { model = null, settings = {}, rules = true, bus: wrap }: Given,
  run: (w: World) => Promise<void>,
) {
  const dir = mkdtempSync(join(tmpdir(), "tapebell-infer-"));
  const tape = createMemoryTape(systemClock).bus("");
  await tape.ensureTopics(Object.values(TOPICS));
  const standIn = (): StandIn => {
    const set = readRules([{ name: "hot", condition: "momentum > 0.001", signal: 1, score: 0.5 }], WINDOWS);
    return new StandIn({ ...SIGNALS_SETTINGS, rules: set });
  };
  let runner: InferenceRunner | null = null;
  let running: Promise<void> = Promise.resolve();
  let life = new AbortController();
  const w: World = {
    bus: tape,
    dir,
    put(name) {
      copyFileSync(join(MODELS, `${name}.onnx`), join(dir, "next.onnx"));
      renameSync(join(dir, "next.onnx"), join(dir, "m.onnx"));
    },
    start() {
      life = new AbortController();
      runner = new InferenceRunner({
        bus: wrap?.(tape) ?? tape,
        clock: systemClock,
        log: { warn: () => undefined, info: () => undefined } as never,
        origin: "live",
        model: settingsOf("m.onnx", { timeout_ms: 10_000, breaker_failures: 2, breaker_open_ms: 300, ...settings }),
        windows: WINDOWS,
        cwd: dir,
        cooldown_ms: 10_000,
        meanwhile: rules
          ? { standIn: standIn(), text: "The rules stand in for it" }
          : { standIn: null, text: "What the rules say stands" },
      });
      running = runner.run(life.signal);
      running.catch(() => {});
    },
    async stop() {
      life.abort();
      await running;
    },
    async say(...rows) {
      await tape.publish(
        TOPICS.rolling.name,
        0,
        rows.map((one) => JSON.stringify(one)),
      );
    },
    async until(what) {
      for (;;) {
        const status = runner!.status();
        if (what(status)) return status;
        await Promise.race([running, systemClock.sleep(5)]);
      }
    },
    async signals() {
      const batches = await tape.tail(TOPICS.signals.name, 1_000);
      return batches.flatMap(({ values }) => values.map((value) => JSON.parse(value) as Signal));
    },
  };
  if (model !== null) w.put(model);
  w.start();
  try {
    await run(w);
  } finally {
    await w.stop();
    await tape.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

export const count = (status: PartStatus, name: string): number => status.counters?.[name] ?? 0;
export const evaluated = (n: number) => (status: PartStatus) => count(status, "evaluated") >= n;
export const isLive = ({ state }: PartStatus): boolean => state === "live";
export const names = (signals: readonly Signal[]): string[] =>
  signals.map(({ symbol, name, value }) => `${symbol} ${name} ${value}`);
