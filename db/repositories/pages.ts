import { and, desc, type SQL, sql } from "drizzle-orm";
import type { PgColumn, PgTable } from "drizzle-orm/pg-core";
import { TapebellError } from "../../core/errors.ts";
import type { Page } from "../../core/ports/store.ts";
import type { Reads } from "../database.ts";

/** Rows of one read, at most: a longer answer is asked for in pages, so that a writer waits for one page only. */
const READ_ROWS_MAX = 1_000;

export function pageSize(limit: number): number {
  return Math.min(Math.max(1, Math.floor(limit)), READ_ROWS_MAX);
}

/** A time column as epoch ms; the fraction carries microseconds. */
export function asEpochMs(column: PgColumn): SQL<number> {
  return sql<number>`(extract(epoch from ${column}) * 1000)::float8`.mapWith(Number);
}

/** Where a row stands in a list that is sorted by time and, within one time, by id. */
export interface ListPlace {
  readonly time_ms: number;
  readonly id: string;
}

interface ListOf<Columns extends Record<string, PgColumn | SQL>> {
  readonly table: PgTable;
  readonly columns: Columns;
  readonly time: PgColumn;
  /** What tells two rows of one time apart. */
  readonly id: PgColumn | SQL<string>;
  readonly where: readonly (SQL | undefined)[];
}

/** One page of a list, newest first, from the cursor on. The cursor names the last row, so rows that arrive move nothing. */
export async function newestFirst<Found>(
  reads: Reads,
  list: ListOf<Record<string, PgColumn | SQL>>,
  query: { limit: number; before?: string },
): Promise<Page<Found>> {
  const limit = pageSize(query.limit);
  // By its bytes, whatever language the server sorts in: who merges a page with other records sorts the same way.
  const id = sql`${list.id} COLLATE "C"`;
  const cursor = query.before === undefined ? null : cursorOf(query.before);
  const before =
    cursor === null
      ? undefined
      : sql`${list.time} <= ${at(cursor)} AND (${list.time}, ${id}) < (${at(cursor)}, ${cursor.id}::text)`;
  const rows = (await reads
    .select({ ...list.columns, cursor_time_ms: asEpochMs(list.time), cursor_id: sql<string>`${list.id}` })
    .from(list.table)
    .where(and(...list.where, before))
    .orderBy(desc(list.time), desc(id))
    .limit(limit + 1)) as (Found & { cursor_time_ms: number; cursor_id: string })[];
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { items, next: more ? cursorText({ time_ms: last.cursor_time_ms, id: last.cursor_id }) : null };
}

/** Said alone as well: an index by time finds the page whatever order the ids have in it. */
function at(cursor: ListPlace): SQL {
  return sql`to_timestamp(${cursor.time_ms}::float8 / 1000)`;
}

export function cursorText({ time_ms, id }: ListPlace): string {
  return Buffer.from(JSON.stringify([time_ms, id])).toString("base64url");
}

export function cursorOf(text: string): ListPlace {
  try {
    const value = JSON.parse(Buffer.from(text, "base64url").toString("utf8")) as unknown;
    if (Array.isArray(value) && Number.isFinite(value[0]) && typeof value[1] === "string" && !value[1].includes("\0"))
      return { time_ms: value[0] as number, id: value[1] };
  } catch {
    // said below
  }
  throw new TapebellError("usage", "bad_cursor", "`before` is not a cursor of this list", {
    hint: "use the `next` of an earlier page, or leave it out",
  });
}
