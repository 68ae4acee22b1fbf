import { getTableConfig, type PgTable } from "drizzle-orm/pg-core";
import { TapebellError } from "../../core/errors.ts";
import type { Param } from "../database.ts";
import { arrayLiteral, cleanText, type Encoded, elementText, jsonText, type Value } from "./values.ts";

/** How one column of a batch travels and is put together again. */
export interface ColumnPlan {
  readonly name: string;
  /** Type of one value as it travels. */
  readonly type: string;
  readonly encode: (value: Value) => Encoded;
  /** How it becomes the column. */
  readonly convert: (given: string) => string;
}

export function columnsOf(table: PgTable): readonly ColumnPlan[] {
  return getTableConfig(table).columns.map((column) => planOf(column.name, column.getSQLType()));
}

/**
 * Two parameters a column: its values as an array, or, where they are all the same, an empty array and the value. Most
 * columns of most batches say one thing only, and half of a write's time goes into carrying values.
 */
export function columnParams<Item>(
  plan: ColumnPlan,
  value: (item: Item) => Value | undefined,
  items: readonly Item[],
): [Param, Param] {
  const [one] = items;
  if (one === undefined) return ["{}", null];
  const first = plan.encode(value(one) ?? null);
  let same = 1;
  let next: Encoded = null;
  // Each value is asked for once: with twenty columns this loop is what a write costs us.
  while (same < items.length) {
    next = plan.encode(value(items[same]!) ?? null);
    if (next !== first) break;
    same++;
  }
  // A batch of one needs its row from somewhere; of more, the keys are never all the same.
  if (same === items.length && same > 1) return ["{}", typeof first === "string" ? cleanText(first) : first];
  const element = elementText(first);
  let text = `{${element}${`,${element}`.repeat(same - 1)}`;
  if (same < items.length) text += `,${elementText(next)}`;
  for (let i = same + 1; i < items.length; i++) {
    const given = value(items[i]!) ?? null;
    text += `,${elementText(plan.encode(given))}`;
  }
  return [`${text}}`, null];
}

/** The parameters of column no. `index`, when those of the first column are `first` and the next. */
export function columnSql(plan: ColumnPlan, index: number, first: number): { array: string; given: string } {
  const at = first + 2 * index;
  return { array: `$${at}::${plan.type}[]`, given: `coalesce(x."${plan.name}", $${at + 1}::${plan.type})` };
}

const asIs = (given: string): string => given;

function planOf(name: string, type: string): ColumnPlan {
  const plan = (travels: string, encode: ColumnPlan["encode"], convert: ColumnPlan["convert"] = asIs): ColumnPlan => ({
    name,
    type: travels,
    encode: (value) => (value === null ? null : encode(value)),
    convert,
  });
  if (type === "text") return plan("text", String);
  if (type === "boolean") return plan("boolean", Boolean);
  if (type === "double precision") return plan("float8", Number);
  if (type === "bigint") return plan("bigint", (value) => wholeNumber(name, value));
  if (type === "jsonb") return plan("text", jsonText, (given) => `${given}::jsonb`);
  if (type === "text[]") return plan("text", textArray, (given) => `${given}::text[]`);
  if (type.startsWith("timestamp")) return plan("float8", Number, (given) => `to_timestamp(${given} / 1000)`);
  throw new TapebellError("bug", "column_type", `column ${name} has type ${type}, which no batch can carry yet`);
}

function textArray(value: Value): string {
  return arrayLiteral(Array.isArray(value) ? value.map((item) => cleanText(String(item))) : []);
}

function wholeNumber(name: string, value: Value): number {
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  throw new TapebellError("usage", "store_bad_row", `${name} must be a whole number, not ${String(value)}`);
}
