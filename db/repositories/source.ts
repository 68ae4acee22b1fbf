import { and, asc, eq, getTableColumns, gte, lt, sql } from "drizzle-orm";
import type { Anomaly, Headline, Metrics, PriceRecord } from "../../core/messages/index.ts";
import type { AnomalyRow, Page } from "../../core/ports/store.ts";
import type { Reads } from "../database.ts";
import { anomalies, headlines, metrics, prices } from "../schema/index.ts";
import { epochMs, isoTime } from "../sql/time.ts";
import { upsertsOf } from "../sql/upsert.ts";
import type { Value } from "../sql/values.ts";
import { asEpochMs, newestFirst, pageSize } from "./pages.ts";

/** The source systems' tables: this file alone knows how their columns and our records fit. */
export const pricesUpsert = upsertsOf<PriceRecord>().into(prices, {
  values: {
    time: (row) => epochMs(row.time),
    symbol: (row) => row.symbol,
    price: (row) => row.price,
  },
  key: ["time", "symbol"],
});

export async function readPrices(
  reads: Reads,
  query: { symbol: string; from_ms: number; to_ms: number; limit: number },
): Promise<PriceRecord[]> {
  const from = sql`to_timestamp(${query.from_ms}::float8 / 1000)`;
  const to = sql`to_timestamp(${query.to_ms}::float8 / 1000)`;
  const rows = await reads
    .select({ time_ms: asEpochMs(prices.time), price: prices.price })
    .from(prices)
    .where(and(eq(prices.symbol, query.symbol), gte(prices.time, from), lt(prices.time, to)))
    .orderBy(asc(prices.time))
    .limit(pageSize(query.limit));
  return rows.map(({ time_ms, price }) => ({ kind: "price", symbol: query.symbol, price, time: isoTime(time_ms) }));
}

/** A record names its columns itself: one for each window and number. */
const metricsColumns = Object.keys(getTableColumns(metrics)) as (keyof typeof metrics._.columns)[];
const metricsValues = Object.fromEntries(metricsColumns.map((name) => [name, (row: Metrics) => row[name]]));

export const metricsUpsert = upsertsOf<Metrics>().into(metrics, {
  values: { ...(metricsValues as MetricsValues), time: (row) => epochMs(row.time) },
  key: ["time", "symbol"],
});
type MetricsValues = { [name in (typeof metricsColumns)[number]]: (row: Metrics) => Value | undefined };

export async function readMetrics(
  reads: Reads,
  query: { symbol: string; limit: number; before?: string },
): Promise<Page<Metrics>> {
  const { time, ...columns } = getTableColumns(metrics);
  const page = await newestFirst<Omit<typeof metrics.$inferSelect, "time"> & { cursor_time_ms: number }>(
    reads,
    { table: metrics, columns, time, id: metrics.symbol, where: [eq(metrics.symbol, query.symbol)] },
    query,
  );
  return { items: page.items.map((row) => ({ kind: "metrics", ...withTime(row) })), next: page.next };
}

export const headlinesUpsert = upsertsOf<Headline>().into(headlines, {
  values: {
    time: (row) => epochMs(row.time),
    title: (row) => row.title,
    source: (row) => row.source,
    url: (row) => row.url,
    sentiment: (row) => row.sentiment,
    id: (row) => row.id,
    revision: (row) => row.revision,
    symbols: (row) => row.symbols,
    label: (row) => row.label,
    confidence: (row) => row.confidence,
  },
  key: ["id", "time"],
  wins: "excluded.revision > t.revision",
  compare: (a, b) => a.revision - b.revision,
  instead: {
    time: (given) =>
      `coalesce((SELECT h.time FROM headlines h WHERE h.id = ${given("id")} LIMIT 1), to_timestamp(${given("time")} / 1000))`,
  },
});

export async function readHeadlines(
  reads: Reads,
  query: { since_ms?: number; limit: number; before?: string },
): Promise<Page<Headline>> {
  const { id, revision, title, source, url, sentiment, symbols, label, confidence } = headlines;
  const page = await newestFirst<Omit<Headline, "kind" | "time"> & { cursor_time_ms: number }>(
    reads,
    {
      table: headlines,
      // As JSON: the reader of arrays drops what a backslash protects.
      columns: { id, revision, title, source, url, sentiment, symbols: sql`to_jsonb(${symbols})`, label, confidence },
      time: headlines.time,
      id,
      where: [
        query.since_ms === undefined
          ? undefined
          : gte(headlines.time, sql`to_timestamp(${query.since_ms}::float8 / 1000)`),
      ],
    },
    query,
  );
  return { items: page.items.map((row) => ({ kind: "headline", ...withTime(row) })), next: page.next };
}

export const anomaliesUpsert = upsertsOf<Anomaly>().into(anomalies, {
  values: {
    time: (row) => epochMs(row.time),
    symbol: (row) => row.symbol,
    window_name: (row) => row.window_name,
    direction: (row) => row.direction,
    return_value: (row) => row.return_value,
    threshold: (row) => row.threshold,
    headline: (row) => row.headline,
    sentiment: (row) => row.sentiment,
    summary: (row) => row.summary,
    revision: (row) => row.revision,
  },
  key: ["time", "symbol", "window_name"],
  wins: "excluded.revision > t.revision",
  compare: (a, b) => a.revision - b.revision,
});

export async function readAnomalies(
  reads: Reads,
  query: { symbol?: string; limit: number; before?: string },
): Promise<Page<AnomalyRow>> {
  const { symbol, window_name, direction, return_value, threshold, headline, sentiment, summary, revision } = anomalies;
  const page = await newestFirst<Omit<AnomalyRow, "time"> & { cursor_time_ms: number }>(
    reads,
    {
      table: anomalies,
      columns: { symbol, window_name, direction, return_value, threshold, headline, sentiment, summary, revision },
      time: anomalies.time,
      id: sql<string>`(${symbol} || ':' || ${window_name})`,
      where: [query.symbol === undefined ? undefined : eq(symbol, query.symbol)],
    },
    query,
  );
  return { items: page.items.map(withTime), next: page.next };
}

function withTime<Fields extends { cursor_time_ms: number }>(
  row: Fields,
): Omit<Fields, "cursor_time_ms" | "cursor_id"> & { time: string } {
  const { cursor_time_ms, cursor_id: _id, ...rest } = row as Fields & { cursor_id: string };
  return { time: isoTime(cursor_time_ms), ...rest };
}
