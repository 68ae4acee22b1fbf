import { getTableName } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import { TapebellError } from "../../core/errors.ts";
import type { Source, WriteResult } from "../../core/ports/store.ts";
import type { Database } from "../database.ts";
import { type ColumnPlan, columnParams, columnSql, columnsOf } from "./columns.ts";
import { cleanText, type Value } from "./values.ts";

interface Spec<Column extends string, Item> {
  /** What each column holds of an item. A function each: one that looked names up would be the slowest part of a write. */
  readonly values: { readonly [name in Column]: (item: Item) => Value | undefined };
  /** Columns that make two rows the same. */
  readonly key: readonly NoInfer<Column>[];
  /** When a row beats the stored one `t`; left out: the first one stays. */
  readonly wins?: string;
  /** The same for two items of one batch: above 0 when `a` beats `b`. */
  readonly compare?: (a: Item, b: Item) => number;
  /** SQL that stands for a column's value; `given` is what the item says of a column, as it travels. */
  readonly instead?: { readonly [name in Column]?: (given: (name: Column) => string) => string };
}

export interface Upsert<Item> {
  write(database: Database, source: Source | null, items: readonly Item[]): Promise<WriteResult>;
}

type ColumnsOf<Table extends PgTable> = keyof Table["_"]["columns"] & string;

/** Named in two steps, so that the items' type is said once and the table's columns are found by themselves. */
export const upsertsOf = <Item>() => ({
  into: <Table extends PgTable>(table: Table, spec: Spec<ColumnsOf<Table>, Item>): Upsert<Item> =>
    new GatedUpsert(table, spec as unknown as Spec<string, Item>),
});

/** These many parameters are the source's; the columns follow. */
const SOURCE_PARAMS = 7;

/**
 * One statement that writes a batch and moves its source's position together, or does neither. It may be sent any
 * number of times: the gate lets the rows through only while the position is behind, and rows by themselves only move
 * forward. The statement text is made once per table from the schema.
 */
class GatedUpsert<Item> implements Upsert<Item> {
  readonly #columns: readonly ColumnPlan[];
  readonly #spec: Spec<string, Item>;
  readonly #gated: string;
  readonly #behindGate: string;
  readonly #free: string;

  constructor(table: PgTable, spec: Spec<string, Item>) {
    this.#spec = spec;
    this.#columns = columnsOf(table);
    const rows = (from: string, first: number): string =>
      insertText(getTableName(table), this.#columns, spec, from, first);
    const answer = `SELECT (SELECT count(*)::int FROM gate) AS applied, (SELECT count(*)::int FROM rows) AS written,
      (SELECT position::float8 FROM offsets WHERE ${SAME_SOURCE}) AS position`;
    this.#gated = `WITH gate AS (${GATE}), rows AS (${rows("gate, ", SOURCE_PARAMS + 1)}) ${answer}`;
    this.#behindGate = `WITH gate AS (${LOOK}), rows AS (${rows("gate, ", SOURCE_PARAMS + 1)}) ${answer}`;
    this.#free = `WITH rows AS (${rows("", 1)}) SELECT 1 AS applied, (SELECT count(*)::int FROM rows) AS written`;
  }

  async write(database: Database, source: Source | null, given: readonly Item[]): Promise<WriteResult> {
    const items = this.#distinct(given);
    let written = 0;
    // A batch above the engine's size goes in parts; only the last one moves the position.
    for (let at = 0; ; at += database.batchRows) {
      const part = items.slice(at, at + database.batchRows);
      const last = at + database.batchRows >= items.length;
      const answer = await this.#send(database, source, part, last);
      written += answer.written;
      if (answer.applied === 0 && source !== null) {
        checkNotBehind(source, answer.position ?? null);
        return { applied: false, written, refused: given.length - written };
      }
      if (last) return { applied: true, written, refused: given.length - written };
    }
  }

  async #send(database: Database, source: Source | null, items: readonly Item[], last: boolean): Promise<Answer> {
    const columns = this.#columns.flatMap((column) => columnParams(column, this.#value(column.name), items));
    if (source === null) {
      if (items.length === 0) return { applied: 1, written: 0 };
      return one(await database.write<Answer>(this.#free, columns));
    }
    const { reader, log_id, topic, partition, from, position } = source;
    const params = [reader, log_id, topic, partition, position, from ?? null, from ?? 0, ...columns];
    return one(await database.write<Answer>(last ? this.#gated : this.#behindGate, params));
  }

  /** One item per key: a statement may not touch a row twice. */
  #distinct(items: readonly Item[]): readonly Item[] {
    const parts = this.#spec.key.map((name) => this.#value(name));
    if (parts.some((part) => rises(items, part))) return items;
    const best = new Map<string, Item>();
    for (const item of items) {
      const key = keyText(item, parts);
      const known = best.get(key);
      if (known === undefined || (this.#spec.compare?.(item, known) ?? 0) > 0) best.set(key, item);
    }
    return best.size === items.length ? items : [...best.values()];
  }

  #value(name: string): (item: Item) => Value | undefined {
    const value = this.#spec.values[name];
    if (value === undefined) throw new TapebellError("bug", "column_unknown", `nothing says what column ${name} holds`);
    return value;
  }
}

/** A part of the key that only ever rises, as in a history, makes every key another one. */
function rises<Item>(items: readonly Item[], part: (item: Item) => Value | undefined): boolean {
  let before = Number.NEGATIVE_INFINITY;
  for (const item of items) {
    const value = part(item);
    if (typeof value !== "number" || !(value > before)) return false;
    before = value;
  }
  return true;
}

/** As the database will see it; cleaned text holds no NUL, so no two keys have the same text. */
function keyText<Item>(item: Item, parts: readonly ((item: Item) => Value | undefined)[]): string {
  let text = "";
  for (const part of parts) {
    const value = part(item);
    text += `${typeof value === "string" ? cleanText(value) : value}\0`;
  }
  return text;
}

interface Answer {
  readonly applied: number;
  readonly written: number;
  /** As it stood before this statement. */
  readonly position?: number | null;
}

function one(rows: readonly Answer[]): Answer {
  const answer = rows[0];
  if (answer === undefined)
    throw new TapebellError("bug", "store_no_answer", "a write came back without its row of counts");
  return answer;
}

const SAME_SOURCE = "reader = $1::text AND log_id = $2::text AND topic = $3::text AND partition = $4::int";
/** A reader that believes more than the store has is not let through: what lies between would be missing for ever. */
const NOT_BEHIND = `($6::bigint IS NULL OR $7::bigint = 0 OR EXISTS (SELECT 1 FROM offsets WHERE ${SAME_SOURCE}))`;
const GATE = `INSERT INTO offsets AS o (reader, log_id, topic, partition, position)
  SELECT $1::text, $2::text, $3::text, $4::int, $5::bigint WHERE ${NOT_BEHIND}
  ON CONFLICT (reader, log_id, topic, partition) DO UPDATE SET position = excluded.position
  WHERE o.position < excluded.position AND o.position >= $7::bigint RETURNING 1`;
const LOOK = `SELECT 1 WHERE ${NOT_BEHIND}
  AND NOT EXISTS (SELECT 1 FROM offsets WHERE ${SAME_SOURCE} AND (position >= $5::bigint OR position < $7::bigint))`;

function checkNotBehind(source: Source, stored: number | null): void {
  if (source.from === undefined || (stored ?? 0) >= source.from) return;
  throw new TapebellError(
    "outside",
    "store_behind",
    `the store has ${source.topic}/${source.partition} up to ${stored ?? 0}, the reader ${source.reader} came with ${source.from}`,
    { hint: "read the offsets again and follow from there" },
  );
}

function insertText<Item>(
  table: string,
  columns: readonly ColumnPlan[],
  spec: Spec<string, Item>,
  from: string,
  firstParam: number,
): string {
  const sql = columns.map((column, i) => columnSql(column, i, firstParam));
  const given = (name: string): string => sql[columns.findIndex((column) => column.name === name)]?.given ?? "NULL";
  const values = columns.map(({ name, convert }) => spec.instead?.[name]?.(given) ?? convert(given(name)));
  const names = columns.map((column) => `"${column.name}"`);
  const { key } = spec;
  const rest = columns.filter((c) => !key.includes(c.name)).map((c) => `"${c.name}" = excluded."${c.name}"`);
  const conflict = spec.wins === undefined ? "DO NOTHING" : `DO UPDATE SET ${rest.join(", ")} WHERE ${spec.wins}`;
  return `INSERT INTO "${table}" AS t (${names.join(", ")}) SELECT ${values.join(", ")}
    FROM ${from}unnest(${sql.map(({ array }) => array).join(", ")}) AS x (${names.join(", ")})
    ON CONFLICT (${key.map((name) => `"${name}"`).join(", ")}) ${conflict} RETURNING 1`;
}
