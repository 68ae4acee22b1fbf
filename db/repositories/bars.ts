import { and, asc, desc, eq, gte, inArray, lt, type SQL, sql } from "drizzle-orm";
import type { Bar, Origin } from "../../core/messages/index.ts";
import type { BarPage, BarQuery } from "../../core/ports/store.ts";
import type { Reads } from "../database.ts";
import { bars } from "../schema/index.ts";
import { upsertsOf } from "../sql/upsert.ts";
import { pageSize } from "./pages.ts";

/** A bar that says where it comes from. */
export type OwnBar = Bar & { readonly origin: Origin };

export const withOrigin = (bar: Bar, own: Origin): OwnBar => ({ ...bar, origin: bar.origin ?? own });

/**
 * More trades win, then the higher revision: a cold start counts revisions from 0 again and may have seen less, and no
 * later statement of a bar holds fewer trades than an earlier one.
 */
export const barsUpsert = upsertsOf<OwnBar>().into(bars, {
  values: {
    symbol: (bar) => bar.symbol,
    interval: (bar) => bar.interval,
    start_ts_ms: (bar) => bar.start_ts_ms,
    origin: (bar) => bar.origin,
    end_ts_ms: (bar) => bar.end_ts_ms,
    bar_id: () => null,
    revision: (bar) => bar.revision,
    provider: (bar) => bar.provider,
    open: (bar) => bar.open,
    high: (bar) => bar.high,
    low: (bar) => bar.low,
    close: (bar) => bar.close,
    volume: (bar) => bar.volume,
    notional: (bar) => bar.notional,
    vwap: (bar) => bar.vwap,
    trade_count: (bar) => bar.trade_count,
    bin_count: (bar) => bar.bin_count,
    buy_volume: (bar) => bar.buy_volume,
    max_late_ms: (bar) => bar.max_late_ms,
    partial: (bar) => bar.partial,
    last_ts_ms: (bar) => bar.last_ts_ms,
    ingest_ts_ms: (bar) => bar.ingest_ts_ms,
  },
  key: ["symbol", "interval", "start_ts_ms", "origin"],
  wins: "(excluded.trade_count, excluded.revision) > (t.trade_count, t.revision)",
  instead: {
    // As `barId` makes it; it does not travel.
    bar_id: (given) => `coalesce(${given("bar_id")}, ${given("symbol")} || '-' || ${given("start_ts_ms")} ||
      CASE ${given("interval")} WHEN '1s' THEN '' ELSE '-' || ${given("interval")} END)`,
  },
  compare: (a, b) => a.trade_count - b.trade_count || a.revision - b.revision,
});

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
    // No bar of trades is without a trade and without volume; live, the mid stands in.
    ...(row.trade_count === 0 && row.volume === 0 ? { price_source: "mid" as const } : {}),
    ...(ingest_ts_ms === null ? {} : { ingest_ts_ms }),
  };
}
