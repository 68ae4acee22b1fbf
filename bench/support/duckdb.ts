import { join } from "node:path";
import { installPeers } from "../peers.ts";
import { cpuMs } from "./measure.ts";
import { type Columns, rowText, type Side, T0 } from "./records.ts";

const PEERS = join(import.meta.dir, "../peers");

export interface Duck {
  readonly version: string;
  run(distinct: string): Promise<Side>;
}

/** The trades in a table in memory, on one thread. */
export async function duckdb(columns: Columns): Promise<Duck> {
  await installPeers(PEERS);
  const module = join(PEERS, "node_modules/@duckdb/node-api");
  const { version } = await import(join(module, "package.json"));
  const { DuckDBInstance, DuckDBDataChunk, INTEGER, DOUBLE } = await import(join(module, "lib/index.js"));
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  await connection.run(
    "CREATE TABLE trades (symbol INTEGER, id INTEGER, ms INTEGER, price DOUBLE, size DOUBLE, side INTEGER)",
  );
  const appender = await connection.createAppender("trades");
  const { symbol, id, ts_ms, price, size, side, count } = columns;
  for (let from = 0; from < count; from += 2_048) {
    const to = Math.min(count, from + 2_048);
    const chunk = DuckDBDataChunk.create([INTEGER, INTEGER, INTEGER, DOUBLE, DOUBLE, INTEGER], to - from);
    const part = (of: ArrayLike<number>, less = 0): number[] =>
      Array.from({ length: to - from }, (_, k) => of[from + k]! - less);
    chunk.setColumns([part(symbol), part(id), part(ts_ms, T0), part(price), part(size), part(side)]);
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
  return {
    version,
    async run(distinct) {
      const begun = cpuMs();
      const reader = await connection.runAndReadAll(`SELECT symbol, ms // 1000 AS second,
        arg_min(price, ms::BIGINT * 100000000 + id), max(price), min(price), arg_max(price, ms::BIGINT * 100000000 + id),
        sum(size), sum(price * size), coalesce(sum(size) FILTER (WHERE side = 1), 0), count(*)
        FROM (SELECT ${distinct} FROM trades) GROUP BY 1, 2`);
      const best_ms = cpuMs() - begun;
      const rows = (reader.getRows() as unknown[][]).map((row) => {
        const [symbol, second, open, high, low, close, ...sums] = row.map(Number) as number[];
        return rowText(symbol!, T0 + second! * 1_000, [open!, high!, low!, close!], sums);
      });
      return { best_ms, rows: rows.sort() };
    },
  };
}
