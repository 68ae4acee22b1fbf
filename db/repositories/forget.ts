import { sql } from "drizzle-orm";
import { intervalMs } from "../../core/messages/index.ts";
import type { ForgetRule, Forgettable } from "../../core/ports/store.ts";
import { unwrapped } from "../client-face.ts";
import type { Database, Param } from "../database.ts";

/** A writer may wait for one of these, so each is short, whatever the engine could take at once. */
const BATCH_ROWS_MAX = 2_000;
/** Each costs a few probes of the key's index. */
const SERIES_PER_READ = 200;
/** Bars this long and longer are kept for ever. */
const KEPT_FROM_MS = 60_000;

const BARS = "bars_ohlcv";

interface Series {
  readonly symbol: string;
  readonly interval: string;
  readonly oldest_ms: number;
  readonly newest_ms: number;
}

/** Rows of one table that lie behind each other in one index, oldest first. */
interface Range {
  readonly table: string;
  /** What is the same for all of them, as SQL whose parameters begin at $3. */
  readonly where: string;
  readonly params: readonly Param[];
  /** The column of time, its type, and the cutoff in ms as that type. */
  readonly time: string;
  readonly type: string;
  readonly cutoff: string;
  /** What tells rows of one time apart, and follows it in the index. */
  readonly tie: string;
}

const timed = (table: string, tie: string): Range => ({
  table,
  where: "true",
  params: [],
  time: "time",
  type: "timestamptz",
  cutoff: "to_timestamp($2::float8 / 1000)",
  tie,
});

const seriesOfBars = ({ symbol, interval }: Series): Range => ({
  table: BARS,
  where: "symbol = $3::text AND interval = $4::text",
  params: [symbol, interval],
  time: "start_ts_ms",
  type: "bigint",
  cutoff: "$2::bigint",
  tie: "origin",
});

const TABLES = {
  prices: timed("prices", "symbol"),
  metrics: timed("metrics", "symbol"),
  signals: timed("signals", "id"),
  dead_letters: timed("dead_letters", "id"),
} as const;

/**
 * One statement a step. Nothing but a range of an index is read, and the next step begins where the last one ended, so
 * that it does not pass over what is deleted and not yet swept.
 */
export async function* forget(database: Database, what: Forgettable, rule: ForgetRule): AsyncGenerator<number> {
  const series = await allSeries(database);
  // No bar, no time of the tape: nothing is known to be old.
  const newest_ms = series.reduce((newest, one) => Math.max(newest, one.newest_ms), Number.NEGATIVE_INFINITY);
  const cutoff_ms = Math.floor(Math.min(rule.now_ms, newest_ms) - rule.keep_ms);
  if (!Number.isSafeInteger(cutoff_ms)) return;
  const isOld = ({ interval, oldest_ms }: Series): boolean =>
    (intervalMs(interval) ?? KEPT_FROM_MS) < KEPT_FROM_MS && oldest_ms < cutoff_ms;
  const ranges = what === "short_bars" ? series.filter(isOld).map(seriesOfBars) : [TABLES[what]];
  const batchRows = Math.min(database.batchRows, BATCH_ROWS_MAX);
  for (const range of ranges) yield* forgetRange(database, range, cutoff_ms, batchRows);
  // Also when nothing was old: what was looked at an hour ago is passed over, so that no pass has to look at everything.
  await database.reclaim(what === "short_bars" ? BARS : what);
}

async function* forgetRange(
  database: Database,
  range: Range,
  cutoff_ms: number,
  batchRows: number,
): AsyncGenerator<number> {
  const { table, where, params, time, type, cutoff, tie } = range;
  const old = `${where} AND ${time} >= $1::text::${type} AND ${time} < ${cutoff}`;
  // The batch's last row is a bound of the index, and its time by itself keeps the planner from expecting many rows. A join
  // by key would be planned without any notion of their number, since the embedded engine keeps no statistics.
  const text = `WITH last AS (
      SELECT ${time}, ${tie} FROM (
        SELECT ${time}, ${tie} FROM ${table} WHERE ${old} ORDER BY ${time}, ${tie} LIMIT ${batchRows}
      ) batch ORDER BY ${time} DESC, ${tie} DESC LIMIT 1
    ), gone AS (
      DELETE FROM ${table} WHERE ${old} AND ${time} <= (SELECT ${time} FROM last)
        AND (${time}, ${tie}) <= (SELECT ${time}, ${tie} FROM last)
      RETURNING ${time}
    ) SELECT count(*)::int AS rows, max(${time})::text AS last FROM gone`;
  let from = type === "bigint" ? "0" : "-infinity";
  for (;;) {
    const [answer] = await database.write<{ rows: number; last: string | null }>(text, [from, cutoff_ms, ...params]);
    if (answer === undefined || answer.last === null) return;
    from = answer.last;
    yield answer.rows;
    if (answer.rows < batchRows) return;
  }
}

/** Every symbol's intervals with their first and last start, found by leaping through the key from one to the next. */
async function allSeries(database: Database): Promise<Series[]> {
  const all: Series[] = [];
  let last = { symbol: "", interval: "" };
  for (;;) {
    const page = (await unwrapped(
      database.reads.execute(sql`
      WITH RECURSIVE series AS (
        (SELECT symbol, interval FROM bars_ohlcv WHERE (symbol, interval) > (${last.symbol}::text, ${last.interval}::text)
          ORDER BY symbol, interval LIMIT 1)
        UNION ALL
        SELECT next.symbol, next.interval FROM series s CROSS JOIN LATERAL (
          SELECT b.symbol, b.interval FROM bars_ohlcv b WHERE (b.symbol, b.interval) > (s.symbol, s.interval)
            ORDER BY b.symbol, b.interval LIMIT 1) next
      ), few AS (SELECT symbol, interval FROM series LIMIT ${sql.raw(String(SERIES_PER_READ))})
      SELECT symbol, interval,
        (SELECT min(start_ts_ms) FROM bars_ohlcv b WHERE b.symbol = few.symbol AND b.interval = few.interval)::float8 AS oldest_ms,
        (SELECT max(start_ts_ms) FROM bars_ohlcv b WHERE b.symbol = few.symbol AND b.interval = few.interval)::float8 AS newest_ms
      FROM few`),
    )) as unknown as Series[];
    all.push(...page);
    const end = page.at(-1);
    if (end === undefined || page.length < SERIES_PER_READ) return all;
    last = end;
  }
}
