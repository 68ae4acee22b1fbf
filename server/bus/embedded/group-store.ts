import type { Database } from "bun:sqlite";
import { existsSync, renameSync } from "node:fs";
import type { Report } from "../problems.ts";
import type { GroupStore } from "../topic.ts";
import type { GroupState, WorkGroup } from "../work-group.ts";
import { ask, atomically, type Fsync, openWritable } from "./sqlite.ts";
import { Damage, isDamage, storageError } from "./storage-error.ts";

export interface GroupStoreOptions {
  readonly path: string;
  readonly topic: string;
  readonly logId: string;
  readonly fsync: Fsync;
  readonly now: () => number;
  readonly report: Report;
}

/** The work groups of one topic: a small file beside its segments, made when the first group is. */
export class SqliteGroupStore implements GroupStore {
  startedOver = false;
  private db: Database | null = null;

  constructor(private readonly options: GroupStoreOptions) {}

  load(group: string, partitions: number): GroupState | null {
    const db = this.open();
    const rows = ask<{ part: number; position: number }>(db, "select part, position from cursors where grp = ?", group);
    if (rows.length === 0) return null;
    const cursors = new Array<number>(partitions).fill(0);
    for (const { part, position } of rows) if (part < partitions) cursors[part] = position;
    const pending = ask<{ partition: number; position: number; attempt: number }>(
      db,
      "select part as partition, position, attempt from pending where grp = ? order by part, position",
      group,
    );
    return { cursors, pending };
  }

  save(group: string, { changes, cursors }: ReturnType<WorkGroup["unsaved"]>): void {
    if (changes.length === 0 && cursors === null) return;
    try {
      const db = this.open();
      atomically(db, () => {
        cursors?.forEach((position, part) => {
          db.run("insert or replace into cursors values (?, ?, ?)", [group, part, position]);
        });
        for (const { partition, position, attempt } of changes)
          if (attempt === null)
            db.run("delete from pending where grp = ? and part = ? and position = ?", [group, partition, position]);
          else db.run("insert or replace into pending values (?, ?, ?, ?)", [group, partition, position, attempt]);
      });
    } catch (error) {
      throw storageError(this.options.topic, this.options.path, error);
    }
  }

  close(): void {
    this.db?.close();
    this.db = null;
  }

  private open(): Database {
    if (this.db !== null) return this.db;
    try {
      this.db = openGroups(this.options);
    } catch (error) {
      if (!isDamage(error)) throw storageError(this.options.topic, this.options.path, error);
      this.moveAside(error);
      this.db = openGroups(this.options);
    }
    return this.db;
  }

  private moveAside(error: unknown): void {
    const { path, topic, now, report } = this.options;
    const to = `${path}.corrupt-${new Date(now()).toISOString().replace(/[-:.]/g, "")}`;
    for (const side of ["", "-wal", "-shm"]) if (existsSync(path + side)) renameSync(path + side, to + side);
    this.startedOver = true;
    const why = error instanceof Error ? error.message : String(error);
    const text =
      `the work groups of ${topic} could not be read (${why}) and were moved to ${to}; ` +
      "they start over at the oldest record, so work already done comes again";
    report({ at_ms: now(), topic, code: "group_corrupt", text, path: to, lost: [] });
  }
}

function openGroups({ path, logId, fsync }: GroupStoreOptions): Database {
  const db = openWritable(path, fsync, "by-itself");
  try {
    db.run("create table if not exists log (id text primary key) without rowid");
    db.run(
      "create table if not exists cursors (grp text, part integer, position integer not null, " +
        "primary key (grp, part)) without rowid",
    );
    db.run(
      "create table if not exists pending (grp text, part integer, position integer, attempt integer not null, " +
        "primary key (grp, part, position)) without rowid",
    );
    const [check] = ask<{ quick_check: string }>(db, "pragma quick_check");
    if (check?.quick_check !== "ok") throw new Damage(check?.quick_check ?? "the check gave no answer");
    // Positions of another log mean nothing here.
    if (ask<{ id: string }>(db, "select id from log")[0]?.id !== logId)
      atomically(db, () => {
        for (const table of ["log", "cursors", "pending"]) db.run(`delete from ${table}`);
        db.run("insert into log values (?)", [logId]);
      });
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
