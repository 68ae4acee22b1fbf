import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Send } from "../client-face.ts";
import type { BackupOptions } from "./protocol.ts";
import { type TablePlan, tablesOfBackup } from "./tables.ts";

export const BACKUP_FORMAT = "tapebell-backup-1";
const PAGE_ROWS = 1_000;
const NAME = /^store-(\d{13,16})\.ndjson\.gz$/;

/**
 * Every table as lines of JSON, compressed page by page, written beside its place, synced and renamed. Offsets come
 * first; the log replayed from them brings back whatever changed while the rest was read, so no lock is needed.
 */
export async function writeBackup(send: Send, options: BackupOptions, now_ms: number): Promise<string> {
  mkdirSync(options.folder, { recursive: true });
  const path = join(options.folder, `store-${now_ms}.ndjson.gz`);
  const handle = openSync(`${path}.new`, "w");
  const add = (lines: readonly string[]): void => {
    if (lines.length > 0) writeSync(handle, Bun.gzipSync(Buffer.from(`${lines.join("\n")}\n`), { level: 3 }));
  };
  try {
    add([JSON.stringify({ format: BACKUP_FORMAT, created_ms: now_ms })]);
    let rows = 0;
    for (const table of tablesOfBackup()) {
      add([JSON.stringify({ table: table.name, columns: table.columns.map((column) => column.name) })]);
      for await (const page of pagesOf(send, table)) {
        add(page.map((row) => JSON.stringify(row)));
        rows += page.length;
      }
    }
    add([JSON.stringify({ end: true, rows })]);
    fsyncSync(handle);
  } catch (cause) {
    closeSync(handle);
    rmSync(`${path}.new`, { force: true });
    throw cause;
  }
  closeSync(handle);
  renameSync(`${path}.new`, path);
  for (const old of listBackups(options.folder).slice(options.keep)) rmSync(old, { force: true });
  return path;
}

/** Paths, newest first. */
export function listBackups(folder: string): string[] {
  return backupsIn(folder).map(({ name }) => join(folder, name));
}

export function newestBackupTime(folder: string): number | null {
  return backupsIn(folder)[0]?.time_ms ?? null;
}

function backupsIn(folder: string): { name: string; time_ms: number }[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names
    .map((name) => ({ name, time_ms: Number(NAME.exec(name)?.[1] ?? Number.NaN) }))
    .filter(({ time_ms }) => !Number.isNaN(time_ms))
    .sort((a, b) => b.time_ms - a.time_ms);
}

/** In key order, from the last key on: rows that are revised meanwhile do not move, so none is passed over. */
async function* pagesOf(send: Send, table: TablePlan): AsyncGenerator<readonly (string | null)[][]> {
  const columns = table.columns.map((column) => `t."${column.name}"::text`).join(", ");
  // Under the table's name: alone, they would mean the columns of the answer, which are text and sort as text.
  const key = table.key.map((column) => `t."${column.name}"`).join(", ");
  const keyAt = table.key.map((part) => table.columns.findIndex((column) => column.name === part.name));
  const after = table.key.map((column, i) => `$${i + 1}::text::${column.type}`).join(", ");
  let last: (string | null)[] | null = null;
  for (;;) {
    const where = last === null ? "" : `WHERE (${key}) > (${after})`;
    const page = (await send(
      `SELECT ${columns} FROM "${table.name}" t ${where} ORDER BY ${key} LIMIT ${PAGE_ROWS}`,
      last === null ? [] : keyAt.map((at) => last?.[at] ?? null),
      true,
    )) as (string | null)[][];
    if (page.length > 0) yield page;
    if (page.length < PAGE_ROWS) return;
    last = page.at(-1) ?? null;
  }
}
