import { Database, type SQLQueryBindings } from "bun:sqlite";

export type Fsync = "always" | "normal";

export function openWritable(path: string, fsync: Fsync): Database {
  const db = new Database(path, { create: true, readwrite: true });
  try {
    // Making a file would sync several times; one that power loss spoils before its first checkpoint held next to nothing.
    if (fsync !== "always") db.run("pragma synchronous = off");
    db.run("pragma journal_mode = wal");
    db.run("pragma busy_timeout = 2000");
    db.run(`pragma synchronous = ${fsync === "always" ? "full" : "normal"}`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * One question, its statement given up at once: a database closed with a statement still alive keeps its files open and
 * its write-ahead file unfinished.
 */
export function ask<Row>(db: Database, sql: string, ...params: SQLQueryBindings[]): Row[] {
  const statement = db.prepare<Row, SQLQueryBindings[]>(sql);
  try {
    return statement.all(...params);
  } finally {
    statement.finalize();
  }
}

/** All of it or nothing. */
export function atomically(db: Database, write: () => void): void {
  db.run("begin immediate");
  try {
    write();
    db.run("commit");
  } catch (error) {
    if (db.inTransaction) db.run("rollback");
    throw error;
  }
}
