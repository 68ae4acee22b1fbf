import type { Benchmark } from "../../messages/index.ts";
import { priceAgo, ringOf } from "./price-ring.ts";
import { newestPrice } from "./recent.ts";
import type { AdaptiveSettings } from "./settings.ts";
import type { SymbolState } from "./symbol.ts";

/** What the benchmark did in each window, to be told beside every other move. */
export function benchmarkOf(name: string, symbol: SymbolState, settings: AdaptiveSettings): Benchmark | null {
  const price = newestPrice(symbol.recent);
  if (price === undefined) return null;
  const returns: Record<string, number> = {};
  for (const { label, ms } of [{ label: "5s", ms: 5_000 }, ...settings.windows]) {
    const from = priceAgo(ringOf(symbol.last, ms), symbol.now_ms, ms);
    if (from > 0) returns[label] = (price - from) / from;
  }
  const origin = symbol.origin === null ? {} : { origin: symbol.origin };
  return { kind: "benchmark", ...origin, symbol: name, ts_ms: symbol.now_ms, returns };
}
