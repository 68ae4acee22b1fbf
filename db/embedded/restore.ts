import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import type { Send } from "../client-face.ts";
import { arrayLiteral } from "../sql/values.ts";
import { BACKUP_FORMAT } from "./backup.ts";
import type { Restored } from "./protocol.ts";
import { tablesOfBackup } from "./tables.ts";

const BATCH_ROWS = 500;

interface Handlers {
  table(name: string, columns: readonly string[]): Promise<void>;
  row(values: readonly (string | null)[]): Promise<void>;
}

/** Reads a backup to its end; throws where it is damaged or cut short. */
async function readBackup(path: string, handlers: Handlers): Promise<{ created_ms: number; rows: number }> {
  const source = createReadStream(path);
  const plain = source.pipe(createGunzip());
  source.on("error", (cause) => plain.destroy(cause));
  let created_ms: number | null = null;
  let rows = 0;
  let ended = false;
  for await (const line of linesOf(plain)) {
    const value = JSON.parse(line) as unknown;
    if (Array.isArray(value)) {
      rows++;
      await handlers.row(value as (string | null)[]);
      continue;
    }
    const head = value as {
      format?: string;
      created_ms?: number;
      table?: string;
      columns?: string[];
      end?: true;
      rows?: number;
    };
    if (head.format !== undefined) {
      if (head.format !== BACKUP_FORMAT) throw new Error(`its format is ${head.format}`);
      created_ms = head.created_ms ?? null;
    } else if (head.table !== undefined) await handlers.table(head.table, head.columns ?? []);
    else if (head.end === true) {
      if (head.rows !== rows) throw new Error(`it holds ${rows} rows and should hold ${head.rows}`);
      ended = true;
    }
  }
  if (created_ms === null || !ended) throw new Error("it is cut short");
  return { created_ms, rows };
}

/** At line feeds alone: a title may hold any other separator. */
async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}

/** Why a file is no good backup, or null. */
export async function backupProblem(path: string): Promise<string | null> {
  try {
    await readBackup(path, { table: async () => undefined, row: async () => undefined });
    return null;
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause);
  }
}

/** Fills an empty, migrated database from a backup that has been found good. */
export async function restoreBackup(send: Send, path: string): Promise<Restored> {
  let insert = "";
  let width = 0;
  let kept: number[] = [];
  let waiting: (readonly (string | null)[])[] = [];
  const flush = async (): Promise<void> => {
    if (waiting.length === 0) return;
    await send(
      insert,
      kept.map((at) => arrayLiteral(waiting.map((row) => row[at] ?? null))),
      false,
    );
    waiting = [];
  };
  const { created_ms, rows } = await readBackup(path, {
    async table(name, columns) {
      await flush();
      const plan = tablesOfBackup().find((table) => table.name === name);
      const types = new Map(plan?.columns.map((column) => [column.name, column.type]));
      // A column this program no longer has is left behind; one it has in addition gets its default.
      kept = columns.flatMap((column, at) => (types.has(column) ? [at] : []));
      width = columns.length;
      const names = kept.map((at) => `"${columns[at]}"`).join(", ");
      const values = kept.map((at) => `x."${columns[at]}"::${types.get(columns[at] ?? "")}`).join(", ");
      const arrays = kept.map((_, i) => `$${i + 1}::text[]`).join(", ");
      insert = `INSERT INTO "${name}" (${names}) SELECT ${values} FROM unnest(${arrays}) AS x (${names}) ON CONFLICT DO NOTHING`;
    },
    async row(values) {
      if (values.length !== width) throw new Error("a row has another width than its table");
      if (kept.length === 0) return;
      waiting.push(values);
      if (waiting.length >= BATCH_ROWS) await flush();
    },
  });
  await flush();
  const offsets = (await send(
    "SELECT reader, log_id, topic, partition, position::float8 AS position FROM offsets",
    [],
    false,
  )) as Restored["offsets"];
  return { file: path, created_ms, rows, offsets };
}
