import { and, asc, desc, eq, gte, inArray, lt, type SQL, sql } from "drizzle-orm";
import { type Bar, barId, type Origin } from "../../core/messages/index.ts";
import type { BarPage, BarQuery } from "../../core/ports/store.ts";
import type { Reads } from "../database.ts";
import { bars } from "../schema/index.ts";
import { type Row, Upsert } from "../sql/upsert.ts";
import { pageSize } from "./pages.ts";

/**
 * More trades win, then the higher revision: a cold start counts revisions from 0 again and may have seen less, and no
 * later statement of a bar holds fewer trades than an earlier one.
 */
export const barsUpsert = new Upsert(bars, {
  key: ["symbol", "interval", "start_ts_ms", "origin"],
  wins: "(excluded.trade_count, excluded.revision) > (t.trade_count, t.revision)",
  instead: {
    // An id that is made of the other columns does not travel; `barRow` sends those that are not.
    bar_id: (given) => `coalesce(${given("bar_id")}, ${given("symbol")} || '-' || ${given("start_ts_ms")} ||
      CASE ${given("interval")} WHEN '1s' THEN '' ELSE '-' || ${given("interval")} END)`,
  },
  compare: (a, b) => Number(a.trade_count) - Number(b.trade_count) || Number(a.revision) - Number(b.revision),
});

export function barRow(bar: Bar, origin: Origin): Row<keyof typeof bars._.columns> {
  return {
    symbol: bar.symbol,
    interval: bar.interval,
    start_ts_ms: bar.start_ts_ms,
    origin: bar.origin ?? origin,
    end_ts_ms: bar.end_ts_ms,
    bar_id: bar.bar_id === barId(bar.symbol, bar.start_ts_ms, bar.interval) ? null : bar.bar_id,
    revision: bar.revision,
    provider: bar.provider,
    open: bar.open,
    high: bar.high,
    low: bar.low,
    close: bar.close,
    volume: bar.volume,
    notional: bar.notional,
    vwap: bar.vwap,
    trade_count: bar.trade_count,
    bin_count: bar.bin_count,
    buy_volume: bar.buy_volume,
    max_late_ms: bar.max_late_ms,
    partial: bar.partial,
    last_ts_ms: bar.last_ts_ms ?? null,
    ingest_ts_ms: bar.ingest_ts_ms ?? null,
  };
}

export async function readBars(reads: Reads, query: BarQuery, own: Origin): Promise<BarPage> {
  const limit = pageSize(query.limit);
  const conditions: SQL[] = [
    eq(bars.symbol, query.symbol),
    eq(bars.interval, query.interval),
    query.origin === undefined ? inArray(bars.origin, [own, "venue"]) : eq(bars.origin, query.origin),
  ];
  if (query.from_ms !== undefined) conditions.push(gte(bars.start_ts_ms, Math.ceil(query.from_ms)));
  if (query.to_ms !== undefined) conditions.push(lt(bars.start_ts_ms, Math.ceil(query.to_ms)));
  const oldestFirst = query.from_ms !== undefined;
  const rows = await reads
    .selectDistinctOn([bars.start_ts_ms])
    .from(bars)
    .where(and(...conditions))
    .orderBy(
      (oldestFirst ? asc : desc)(bars.start_ts_ms),
      desc(bars.trade_count),
      sql`${bars.origin} = 'venue'`,
      desc(bars.revision),
    )
    .limit(limit + 1);
  const items = rows.slice(0, limit).map(toBar);
  return {
    items: oldestFirst ? items : items.reverse(),
    next_from_ms: oldestFirst ? (rows[limit]?.start_ts_ms ?? null) : null,
  };
}

function toBar({ last_ts_ms, ingest_ts_ms, origin, ...row }: typeof bars.$inferSelect): Bar {
  return {
    kind: "bar",
    origin: origin as Origin,
    ...row,
    final: true,
    ...(last_ts_ms === null ? {} : { last_ts_ms }),
    ...(ingest_ts_ms === null ? {} : { ingest_ts_ms }),
  };
}
