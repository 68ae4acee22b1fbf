import { getTableConfig, type PgTable } from "drizzle-orm/pg-core";
import type { Send } from "../client-face.ts";
import * as schema from "../schema/index.ts";

export interface TablePlan {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly key: readonly { readonly name: string; readonly type: string }[];
}

/** The offsets first: rows read after them are never older than they say. */
const BACKED_UP: readonly PgTable[] = [
  schema.offsets,
  schema.bars,
  schema.alerts,
  schema.anomalies,
  schema.headlines,
  schema.signals,
  schema.gaps,
  schema.deadLetters,
  schema.jobRuns,
  schema.prices,
  schema.metrics,
];

/** What a backup holds. Checkpoints and leases are left out: both are wrong as soon as they are old. */
export function tablesOfBackup(): TablePlan[] {
  return BACKED_UP.map(planOf);
}

function planOf(table: PgTable): TablePlan {
  const config = getTableConfig(table);
  const columns = config.columns.map((column) => ({ name: column.name, type: column.getSQLType() }));
  // A composite key's column objects cannot tell their type (drizzle recurses for ever): only their names are used.
  const names = config.primaryKeys[0]?.columns ?? config.columns.filter((column) => column.primary);
  const key = names.flatMap(({ name }) => columns.filter((column) => column.name === name));
  return { name: config.name, columns, key };
}

/** Reads one end of every table and of its key: a folder that opens and cannot answer this is damaged. */
export async function touchEveryTable(send: Send): Promise<void> {
  for (const { name, key } of tablesOfBackup()) {
    const order = key.map((column) => `"${column.name}" DESC`).join(", ");
    await send(`SELECT * FROM "${name}" ORDER BY ${order} LIMIT 1`, [], true);
  }
}
