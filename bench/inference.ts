/**
 * A random forest over rows of rolling features, in a thread of its own with all that guards it, as the role `infer` runs
 * it. The peer calls the runtime in a plain loop, one row after the other.
 */
import { join } from "node:path";
import type { Rolling } from "../core/messages/index.ts";
import { modelSettings, Streaming } from "../core/settings/streaming.ts";
import { randomOf } from "../core/test-support/random.ts";
import { systemClock } from "../server/clock.ts";
import { openAdapter } from "../server/inference/adapter.ts";
import { type Model, readModel } from "../server/inference/model-file.ts";
import { loadRuntime } from "../server/inference/runtime.ts";
import { main, quantile, round, type Size, type Workload } from "./harness.ts";
import { cpuMs } from "./support/measure.ts";

const SIZES = { smoke: { rows: 2_000, rounds: 1 }, full: { rows: 4_000, rounds: 31 } } as const;
/** As the role hands them over. */
const PER_CALL = 64;
const SINGLE = 500;
const FILE = join(import.meta.dir, "../models/test/forest.onnx");
const FEATURES = ["momentum", "rsi", "volatility"];

function rows(count: number): Rolling[] {
  const random = randomOf(1);
  return Array.from({ length: count }, (_, i) => ({
    kind: "rolling",
    provider: "bench",
    symbol: `S${i}`,
    ts_ms: 1.7e12 + i,
    price: 100,
    vwap_1m_momentum: (random() - 0.5) * 0.05,
    vwap_1m_rsi_cutler14: random() * 100,
    vwap_1m_vol: random() * 0.05,
  }));
}

const named = (row: Rolling, symbol: string): Rolling => Object.assign({ ...row }, { symbol }) as Rolling;

interface Run {
  /** Of the rows that say something, which and what; what is said once is not said again in later rounds. */
  readonly said: string[];
  readonly rate: number;
}

type Adapter = Awaited<ReturnType<typeof openAdapter>>;

async function ours(adapter: Adapter, all: readonly Rolling[]): Promise<Run> {
  const said: string[] = [];
  const begun = cpuMs();
  for (let at = 0; at < all.length; at += PER_CALL)
    await adapter.judge(all.slice(at, at + PER_CALL), ({ symbol, value }) => said.push(`${symbol} ${value}`));
  return { said, rate: (all.length / (cpuMs() - begun)) * 1_000 };
}

async function plain(model: Model, all: readonly Rolling[]): Promise<Run> {
  const { InferenceSession, Tensor } = await loadRuntime();
  const session = await InferenceSession.create(model.bytes);
  const said: string[] = [];
  const begun = cpuMs();
  for (const row of all) {
    const numbers = Float32Array.from(model.features, ({ key }) => row[key] as number);
    const answer = await session.run({ features: new Tensor("float32", numbers, [1, FEATURES.length]) });
    const label = Number((answer.output_label!.data as BigInt64Array)[0]);
    if (label !== 0) said.push(`${row.symbol} ${label}`);
  }
  return { said, rate: (all.length / (cpuMs() - begun)) * 1_000 };
}

const median = (values: readonly number[]): number =>
  quantile(
    values.toSorted((a, b) => a - b),
    0.5,
  );
const hash = (said: readonly string[]): string => Bun.hash(said.join("\n")).toString(16);

export const workload: Workload = {
  name: "inference",
  targets: [{ figure: "share_of_plain", min: 0.6 }],
  async run(size: Size) {
    const all = rows(SIZES[size].rows);
    const adapters = { model: { enabled: true, model_path: FILE, features: FEATURES } };
    const settings = modelSettings(Streaming.parse({ inference: { adapters } }))!;
    const model = readModel(settings, ["vwap_1m"], ".");
    // The peer's runtime is in this thread as well: its own memory is counted first.
    const before = process.memoryUsage.rss();
    const begun_ms = performance.now();
    const adapter = await openAdapter({ model, settings, cooldown_ms: 0, clock: systemClock });
    const load_ms = performance.now() - begun_ms;
    const mine: Run[] = [];
    const theirs: Run[] = [];
    await ours(
      adapter,
      rows(PER_CALL).map((row) => named(row, `warm${row.symbol}`)),
    );
    const thread_mb = (process.memoryUsage.rss() - before) / 1e6;
    for (let n = 0; n < SIZES[size].rounds; n++) {
      mine.push(await ours(adapter, all));
      theirs.push(await plain(model, all));
    }
    const single_ms: number[] = [];
    for (const row of all.slice(0, SINGLE)) {
      const from_ms = performance.now();
      await adapter.judge([named(row, `one${row.symbol}`)], () => undefined);
      single_ms.push(performance.now() - from_ms);
    }
    adapter.close();
    const rate = median(mine.map((run) => run.rate));
    const plainRate = median(theirs.map((run) => run.rate));
    const sorted = single_ms.toSorted((a, b) => a - b);
    return {
      result_hash: hash(mine[0]!.said),
      figures: {
        rows_per_s: round(rate, 0),
        share_of_plain: round(rate / plainRate),
        one_row_p50_ms: round(quantile(sorted, 0.5), 3),
        one_row_p99_ms: round(quantile(sorted, 0.99), 3),
        load_ms: round(load_ms, 0),
        thread_mb: round(thread_mb, 0),
      },
      peer: {
        name: "the runtime in a plain loop",
        result_hash: hash(theirs[0]!.said),
        figures: { rows_per_s: round(plainRate, 0) },
      },
      versions: { "onnxruntime-web": "1.30.0" },
    };
  },
};

if (import.meta.main) await main(workload);
