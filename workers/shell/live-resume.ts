import type { Bar, Gap } from "../../core/messages/index.ts";
import type { Bus } from "../../core/ports/bus.ts";
import { isUsable } from "../../core/stages/bars/trades.ts";
import { TOPICS } from "../../core/topics.ts";
import type { LiveResume } from "../../server/feeds/live-options.ts";
import { decode } from "./decode.ts";
import { marketRecord } from "./market-record.ts";

const TRADES_READ = 50_000;
const BARS_READ = 50_000;
const GAPS_READ = 5_000;

/** How far the logs reach for each symbol, by which venue, and which gaps were left open. Null when nothing is recorded. */
export async function liveResume(bus: Pick<Bus, "tail">): Promise<LiveResume | null> {
  const symbols = new Map<string, { provider: string; seq: number; ts_ms: number }>();
  const minutes = new Map<string, number>();
  const gaps = new Map<string, Gap>();
  for (const bar of await newest<Bar>(bus, TOPICS.bars.name, BARS_READ)) {
    if (bar.interval !== "1m" || !bar.final) continue;
    minutes.set(bar.symbol, Math.max(minutes.get(bar.symbol) ?? 0, bar.start_ts_ms));
  }
  for (const value of await newest<unknown>(bus, TOPICS.market.name, TRADES_READ)) {
    const record = marketRecord(value);
    if (typeof record === "string" || record.kind !== "trade" || record.fill !== undefined || !isUsable(record))
      continue;
    const { symbol, provider, seq, ts_ms } = record;
    const known = symbols.get(symbol);
    if (known === undefined || ts_ms > known.ts_ms || (ts_ms === known.ts_ms && seq > known.seq)) {
      symbols.set(symbol, { provider, seq, ts_ms });
    }
  }
  for (const gap of await newest<Gap>(bus, TOPICS.gaps.name, GAPS_READ)) {
    const known = gaps.get(gap.id);
    if (known === undefined || gap.revision >= known.revision) gaps.set(gap.id, gap);
  }
  if (symbols.size === 0 && minutes.size === 0) return null;
  return { symbols, minutes, open_gaps: [...gaps.values()].filter(({ status }) => status === "open") };
}

async function newest<T>(bus: Pick<Bus, "tail">, topic: string, limit: number): Promise<T[]> {
  const batches = await bus.tail(topic, limit);
  return batches.flatMap((batch) => decode<T>(batch.values, () => undefined).filter((record) => record !== null));
}
