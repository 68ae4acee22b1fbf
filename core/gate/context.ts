import type { Benchmark, Evidence, Headline, HeadlineEvidence } from "../messages/index.ts";
import { assetOf } from "../text/numbers.ts";
import { parseIso } from "../text/time.ts";
import type { GateSettings } from "./settings.ts";

/** What happened beside the moves: news and the benchmark. */
export interface Context {
  headlines: Headline[];
  benchmark: Benchmark | null;
}
export const context = (): Context => ({ headlines: [], benchmark: null });

const HEADLINES_MAX = 500;
const SHOWN = 5;
/** A benchmark older than this says nothing about the same window. */
const BENCHMARK_FRESH_MS = 10_000;

export function hear(all: Context, headline: Headline): void {
  const at = all.headlines.findIndex((h) => h.id === headline.id);
  if (at < 0) all.headlines.push(headline);
  else if (headline.revision > all.headlines[at]!.revision) all.headlines[at] = headline;
  if (all.headlines.length > HEADLINES_MAX) all.headlines.shift();
}

/** One that a replay says again is not what the market does now. */
export function hearBenchmark(all: Context, benchmark: Benchmark): void {
  const { benchmark: known } = all;
  if (known === null || known.symbol !== benchmark.symbol || benchmark.ts_ms >= known.ts_ms) all.benchmark = benchmark;
}

/** Only what names the symbol (for the market: the market) and is young enough: none is an answer. */
function linked(all: Context, symbol: string, at_ms: number, max_age_ms: number): HeadlineEvidence[] {
  const names = symbol === "*" ? ["*"] : [symbol, assetOf(symbol)];
  return all.headlines
    .filter((h) => h.symbols.some((s) => names.includes(s)))
    .map((h) => ({ h, age_s: (at_ms - parseIso(h.time)) / 1_000 }))
    .filter(({ age_s }) => age_s * 1_000 <= max_age_ms)
    .sort((a, b) => a.age_s - b.age_s || (a.h.id < b.h.id ? -1 : 1))
    .slice(0, SHOWN)
    .map(({ h, age_s }) => ({
      id: h.id,
      title: h.title,
      source: h.source,
      url: h.url,
      time: h.time,
      age_s,
      sentiment: h.sentiment,
      label: h.label ?? null,
    }));
}

function benchmarkOf(all: Context, symbol: string, window: string, at_ms: number): Evidence["benchmark"] {
  const { benchmark } = all;
  if (benchmark === null || benchmark.symbol === symbol) return null;
  if (Math.abs(at_ms - benchmark.ts_ms) > BENCHMARK_FRESH_MS) return null;
  const ret = Object.hasOwn(benchmark.returns, window) ? benchmark.returns[window] : undefined;
  return ret === undefined ? null : { symbol: benchmark.symbol, window, ret };
}

/** The evidence with what the gate knows beside it. */
export function complete(
  all: Context,
  evidence: Evidence,
  of: { symbol: string; window: string; time_ms: number; updated_ms: number },
  settings: GateSettings,
): Evidence {
  return {
    ...evidence,
    benchmark: benchmarkOf(all, of.symbol, of.window, of.updated_ms),
    headlines: linked(all, of.symbol, of.time_ms, settings.headline_max_age_ms),
  };
}
