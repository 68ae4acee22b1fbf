import type { PostgresJsDatabase } from "drizzle-orm/postgres-js";
import type { StoreHealth } from "../core/ports/store.ts";
import type * as schema from "./schema/index.ts";

export type Param = string | number | boolean | null;
export type Reads = PostgresJsDatabase<typeof schema>;

/** An open database, whichever engine: what repositories are written against. */
export interface Database {
  readonly engine: "pglite" | "postgres";
  /** Rows of one statement, at most. */
  readonly batchRows: number;
  /**
   * One statement, idempotent or gated: sent again until it is acknowledged, or rejected after the deadline. A rejection
   * does not mean that nothing happened.
   */
  write<Row>(text: string, params: readonly Param[]): Promise<readonly Row[]>;
  /** Makes the room of a table's deleted rows usable again, where the engine does not do so by itself. */
  reclaim(table: string): Promise<void>;
  /** Reads, one statement each, with a deadline of their own; never in the writers' way. */
  readonly reads: Reads;
  health(): Promise<StoreHealth>;
  close(): Promise<void>;
}
