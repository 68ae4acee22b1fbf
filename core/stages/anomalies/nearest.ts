import type { Nearest } from "../../messages/index.ts";
import type { BySymbol } from "../symbols.ts";
import { priceAgo, ringOf } from "./price-ring.ts";
import { newestPrice } from "./recent.ts";
import type { AdaptiveSettings } from "./settings.ts";
import type { SymbolState } from "./symbol.ts";

/** The day's counts: what was looked at, so that a quiet day is known to be quiet. */
export interface DayCounts {
  day: string;
  trades: number;
  moves_weighed: number;
  bad_prints: number;
  alerts: number;
}

export const dayOf = (ts_ms: number): string => new Date(ts_ms).toISOString().slice(0, 10);
export const dayCounts = (day: string): DayCounts => ({ day, trades: 0, moves_weighed: 0, bad_prints: 0, alerts: 0 });

const MOST = 5;

function nearestOf(
  name: string,
  symbol: SymbolState,
  now_ms: number,
  s: AdaptiveSettings,
): Nearest["items"][number] | null {
  const price = newestPrice(symbol.recent);
  if (price === undefined) return null;
  let best: Nearest["items"][number] | null = null;
  for (const { label, ms, threshold } of s.windows) {
    const from = priceAgo(ringOf(symbol.last, ms), now_ms, ms);
    if (from === 0) continue;
    const ret = (price - from) / from;
    const share = Math.abs(ret) / threshold;
    if (best === null || share > best.share) best = { symbol: name, window: label, ret, limit: threshold, share };
  }
  return best;
}

export function nearest(all: BySymbol<SymbolState>, counts: DayCounts, now_ms: number, s: AdaptiveSettings): Nearest {
  const items: Nearest["items"] = [];
  for (const name of Object.keys(all.of)) {
    const item = nearestOf(name, all.of[name]!, now_ms, s);
    if (item === null || (items.length === MOST && item.share <= items[MOST - 1]!.share)) continue;
    items.push(item);
    items.sort((a, b) => b.share - a.share || (a.symbol < b.symbol ? -1 : 1));
    if (items.length > MOST) items.pop();
  }
  return { kind: "nearest", part: s.part, ts_ms: now_ms, items, ...counts };
}
