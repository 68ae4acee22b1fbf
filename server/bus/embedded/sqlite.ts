import { Database, type SQLQueryBindings } from "bun:sqlite";
import { closeSync, openSync, readSync } from "node:fs";

export type Fsync = "always" | "normal";

/**
 * Left to itself SQLite moves a full write-ahead file into the database, two syncs, in the middle of a commit;
 * `by-caretaker` leaves that to the caretaker.
 */
export function openWritable(path: string, fsync: Fsync, checkpoints: "by-itself" | "by-caretaker"): Database {
  const db = new Database(path, { create: true, readwrite: true });
  try {
    // Making a file would sync several times; one that power loss spoils before its first checkpoint held next to nothing.
    if (fsync !== "always") db.run("pragma synchronous = off");
    db.run("pragma journal_mode = wal");
    db.run("pragma busy_timeout = 2000");
    db.run(`pragma synchronous = ${fsync === "always" ? "full" : "normal"}`);
    if (checkpoints === "by-caretaker") db.run("pragma wal_autocheckpoint = 0");
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** A settled segment is out of WAL mode (a byte of SQLite's header says so); opened for writing it would go back in. */
export function isPlainFile(path: string): boolean {
  const fd = openSync(path, "r");
  try {
    const header = new Uint8Array(19);
    return readSync(fd, header, 0, 19, 0) === 19 && header[18] === 1;
  } finally {
    closeSync(fd);
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
