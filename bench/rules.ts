/**
 * The five rules of the source system over vectors of rolling features. The peer reads each condition's text anew for every
 * vector, as the source system does; at full size the source system itself does the same in the same run.
 */
import { join } from "node:path";
import type { Rolling } from "../core/messages/index.ts";
import { ROLLING_FEATURES } from "../core/messages/index.ts";
import { compileRules, type RuleSet } from "../core/rules/rules.ts";
import { Streaming } from "../core/settings/streaming.ts";
import { SIGNALS_SETTINGS, signals } from "../core/stages/signals/index.ts";
import { randomOf } from "../core/test-support/random.ts";
import { rulesOf } from "../server/settings/rules-file.ts";
import { main, round, type Size, type Workload } from "./harness.ts";
import { cpuMs } from "./support/measure.ts";
import { pythonWith, run } from "./support/python.ts";

const SIZES = { smoke: 20_000, full: 200_000 } as const;
/** The same vectors again: enough time to measure. */
const ROUNDS = { smoke: 1, full: 40 } as const;
const PEER_PACKAGES = ["market-data-pipeline==0.8.70", "PyYAML==6.0.3"];
/** What the source system calls the three its rules read. */
const PLAIN = { momentum: "vwap_1m_momentum", volatility: "vwap_1m_vol", rsi: "vwap_1m_rsi_cutler14" } as const;

type Fired = Record<string, number>;
const hash = (fired: Fired): string => Bun.hash(JSON.stringify(Object.entries(fired).sort())).toString(16);

function rows(count: number, windows: readonly string[]): Rolling[] {
  const random = randomOf(1);
  return Array.from({ length: count }, (_, i) => {
    const row: Rolling = { kind: "rolling", provider: "bench", symbol: `S${i % 200}`, ts_ms: 1.7e12 + i, price: 100 };
    for (const window of windows) for (const feature of ROLLING_FEATURES) row[`${window}_${feature}`] = random();
    row[PLAIN.momentum] = (random() - 0.5) * 0.05;
    row[PLAIN.volatility] = random() * 0.6;
    row[PLAIN.rsi] = random() * 100;
    return row;
  });
}

function ours(all: readonly Rolling[], rules: RuleSet, rounds: number): { fired: Fired; rate: number } {
  const compiled = compileRules(rules);
  const counts = compiled.map(() => 0);
  const begun = cpuMs();
  for (let round = 0; round < rounds; round++)
    for (const row of all)
      for (let i = 0; i < compiled.length; i++) if (compiled[i]!.condition(row) === true) counts[i]!++;
  const seconds = (cpuMs() - begun) / 1_000;
  const fired = Object.fromEntries(compiled.map(({ rule }, i) => [rule.name, counts[i]! / rounds]));
  return { fired, rate: (all.length * rounds) / seconds };
}

/** Conditions, edges, cooldown and the signals themselves. */
function stage(all: readonly Rolling[], rules: RuleSet): number {
  const state = signals.init({ ...SIGNALS_SETTINGS, rules });
  const begun = cpuMs();
  for (const row of all) signals.step(state, row, () => undefined);
  return (all.length / (cpuMs() - begun)) * 1_000;
}

function plain(all: readonly Rolling[], { rules }: RuleSet): { fired: Fired; rate: number } {
  const fired: Fired = Object.fromEntries(rules.map(({ name }) => [name, 0]));
  const begun = cpuMs();
  for (const row of all)
    for (const { name, condition } of rules) {
      let text = condition;
      for (const [word, key] of Object.entries(PLAIN)) text = text.replaceAll(word, String(row[key]));
      const [left, operator, right] = text.split(" ");
      if (operator === ">" ? Number(left) > Number(right) : Number(left) < Number(right)) fired[name]!++;
    }
  return { fired, rate: (all.length / (cpuMs() - begun)) * 1_000 };
}

async function reference(all: readonly Rolling[]): Promise<{ fired: Fired; rate: number }> {
  const python = await pythonWith(PEER_PACKAGES);
  const words = Object.entries(PLAIN);
  const vectors = all.map((row) => Object.fromEntries(words.map(([word, key]) => [word, row[key]])));
  const text = await run([python, join(import.meta.dir, "peers", "rules.py")], JSON.stringify(vectors));
  const { fired, vectors_per_s } = JSON.parse(text) as { fired: Fired; vectors_per_s: number };
  return { fired, rate: vectors_per_s };
}

export const workload: Workload = {
  name: "rules",
  // Fifty times the 36,000 vectors a second of the source system, on one core.
  targets: [{ figure: "vectors_per_s", min: 1_800_000 }],
  async run(size: Size) {
    const streaming = Streaming.parse({});
    const rules = rulesOf(streaming, import.meta.dir)!;
    const all = rows(SIZES[size], rules.windows);
    ours(all.slice(0, 10_000), rules, 1);
    const fast = ours(all, rules, ROUNDS[size]);
    const slow = plain(all, rules);
    const source = size === "full" ? await reference(all) : null;
    if (source !== null && hash(source.fired) !== hash(fast.fired))
      throw new Error(`the source system fires ${JSON.stringify(source.fired)}, we ${JSON.stringify(fast.fired)}`);
    return {
      result_hash: hash(fast.fired),
      figures: {
        vectors_per_s: round(fast.rate, 0),
        stage_rows_per_s: round(stage(all, rules), 0),
        ...(source !== null && {
          source_vectors_per_s: round(source.rate, 0),
          times_the_source: round(fast.rate / source.rate, 1),
        }),
      },
      peer: {
        name: "each condition's text read anew",
        result_hash: hash(slow.fired),
        figures: { vectors_per_s: round(slow.rate, 0) },
      },
      versions: source === null ? {} : { "market-data-pipeline": "0.8.70" },
    };
  },
};

if (import.meta.main) await main(workload);
