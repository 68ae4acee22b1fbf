import { Database } from "bun:sqlite";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { TapebellError } from "../../../core/errors.ts";
import type { Position } from "../../../core/ports/bus.ts";
import { decodeBlock } from "../codec.ts";
import { ask } from "./sqlite.ts";

const SEGMENT_NAME = /^\d{8}\.sqlite$/;
const BLOCKS_AT_ONCE = 64;

interface Block {
  readonly partition: number;
  readonly first: Position;
  readonly count: number;
  readonly time_ms: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface Look {
  /** The newest records over all partitions, oldest first. */
  tail(limit: number): string[];
  /** What has been written since. */
  more(): Generator<string>;
}

/**
 * Reads a topic's files from another process than the one that writes them. Files are opened for reading, for a moment
 * each: the writer is never kept waiting, nothing is locked or changed.
 */
export function lookInto(folder: string, partitions: number): Look {
  const next = new Array<Position>(partitions).fill(0);
  let newestPath = "";
  return {
    tail(limit) {
      const blocks: Block[] = [];
      for (let partition = 0; partition < partitions; partition++) {
        let records = 0;
        for (const path of segments(folder).reverse()) {
          const found = newest(path, partition, limit - records);
          for (const block of found) {
            next[partition] = Math.max(next[partition]!, block.first + block.count);
            records += block.count;
          }
          blocks.push(...found);
          if (records >= limit && next[partition]! > 0) break;
        }
      }
      if (limit === 0) return [];
      return valuesOf(blocks.sort(byTime)).slice(-limit);
    },
    *more() {
      for (const path of segments(folder)) {
        // Nothing is ever added to an older file than the newest one that was there.
        if (path < newestPath) continue;
        newestPath = path;
        for (;;) {
          const blocks: Block[] = [];
          for (let partition = 0; partition < partitions; partition++) {
            for (const block of after(path, partition, next[partition]!)) {
              blocks.push(block);
              next[partition] = block.first + block.count;
            }
          }
          if (blocks.length === 0) break;
          yield* valuesOf(blocks.sort(byTime));
        }
      }
    },
  };
}

const byTime = (a: Block, b: Block): number => a.time_ms - b.time_ms || a.partition - b.partition || a.first - b.first;

function valuesOf(blocks: readonly Block[]): string[] {
  const values: string[] = [];
  for (const block of blocks) decodeBlock(block.bytes, 0, values);
  return values;
}

function segments(folder: string): string[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (cause) {
    throw new TapebellError("usage", "no_log", `there is no log at ${folder}`, {
      hint: "start the server once, or set DATA_DIR",
      cause,
    });
  }
  return names
    .filter((name) => SEGMENT_NAME.test(name))
    .sort()
    .map((name) => join(folder, name));
}

/** Enough of the newest blocks for so many records; at least one, so that it is known where the partition ends. */
function newest(path: string, partition: number, records: number): Block[] {
  return reading(path, partition, (db) => {
    const found: Block[] = [];
    let before = Number.MAX_SAFE_INTEGER;
    let count = 0;
    do {
      const [block] = ask<Block>(db, `select * from p${partition} where first < ? order by first desc limit 1`, before);
      if (block === undefined) break;
      found.push({ ...block, partition });
      before = block.first;
      count += block.count;
    } while (count < records);
    return found;
  });
}

function after(path: string, partition: number, from: Position): Block[] {
  return reading(path, partition, (db) =>
    ask<Block>(db, `select * from p${partition} where first >= ? order by first limit ${BLOCKS_AT_ONCE}`, from).map(
      (block) => ({ ...block, partition }),
    ),
  );
}

/** A file may be dropped, or be in the making, at the moment it is looked at: then it holds nothing. */
function reading(path: string, partition: number, read: (db: Database) => Block[]): Block[] {
  let db: Database | null = null;
  try {
    db = new Database(path, { readonly: true });
    db.run("pragma busy_timeout = 2000");
    return ask(db, "select 1 from sqlite_schema where name = ?", `p${partition}`).length === 0 ? [] : read(db);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    if (code === "SQLITE_CANTOPEN" && !existsSync(path)) return [];
    if (code === "SQLITE_BUSY") {
      throw new TapebellError("outside", "log_busy", `${path} is being moved by the server`, {
        hint: "try again",
        cause,
      });
    }
    throw new TapebellError("corrupt", "log_unreadable", `${path} cannot be read: ${(cause as Error).message}`, {
      hint: "the server moves a damaged file aside at its next start",
      cause,
    });
  } finally {
    db?.close();
  }
}
