import { and, asc, desc, eq, gte, inArray, lt, type SQL, sql } from "drizzle-orm";
import type { Bar, Origin } from "../../core/messages/index.ts";
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
  compare: (a, b) => Number(a.trade_count) - Number(b.trade_count) || Number(a.revision) - Number(b.revision),
});

export function barRow(bar: Bar, origin: Origin): Row<keyof typeof bars._.columns> {
  const { kind: _kind, final: _final, ...rest } = bar;
  return {
    ...rest,
    origin: bar.origin ?? origin,
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
