import type { Bar, Gap } from "../../core/messages/index.ts";
import type { Bus } from "../../core/ports/bus.ts";
import { isUsable } from "../../core/stages/bars/trades.ts";
import { TOPICS } from "../../core/topics.ts";
import type { Resume, ResumePoint } from "../../server/feeds/synthetic/resume.ts";
import { decode } from "./decode.ts";
import { marketRecord } from "./market-record.ts";

/** Enough of a partition's end to hold a trade of every symbol in it, quiet ones too. */
const TRADES_READ = 20_000;
const BARS_READ = 20_000;
const GAPS_READ = 1_000;

/**
 * How far the logs reach for each symbol, and which gaps were left open: a feed that starts again goes on from there and
 * makes only what is missing. Null when nothing is recorded yet.
 */
export async function feedResume(bus: Pick<Bus, "tail">): Promise<Resume | null> {
  const symbols: Record<string, ResumePoint> = {};
  const later = (symbol: string, newest_ts_ms: number, price: number): void => {
    const known = symbols[symbol];
    if (known === undefined || newest_ts_ms >= known.newest_ts_ms) symbols[symbol] = { newest_ts_ms, price };
  };
  for (const bar of await newest<Bar>(bus, TOPICS.bars.name, BARS_READ)) {
    if (bar.interval === "1m" && bar.final) later(bar.symbol, bar.start_ts_ms, bar.close);
  }
  for (const value of await newest<unknown>(bus, TOPICS.market.name, TRADES_READ)) {
    const record = marketRecord(value);
    if (typeof record !== "string" && record.kind === "trade" && isUsable(record))
      later(record.symbol, record.ts_ms, record.price);
  }
  const gaps = new Map<string, Gap>();
  for (const gap of await newest<Gap>(bus, TOPICS.gaps.name, GAPS_READ)) {
    const known = gaps.get(gap.id);
    if (known === undefined || gap.revision >= known.revision) gaps.set(gap.id, gap);
  }
  if (Object.keys(symbols).length === 0) return null;
  return { symbols, open_gaps: [...gaps.values()].filter((gap) => gap.status === "open") };
}

async function newest<T>(bus: Pick<Bus, "tail">, topic: string, limit: number): Promise<T[]> {
  const batches = await bus.tail(topic, limit);
  return batches.flatMap((batch) => decode<T>(batch.values, () => undefined).filter((record) => record !== null));
}
