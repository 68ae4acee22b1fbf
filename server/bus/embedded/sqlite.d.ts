import { Database, type SQLQueryBindings } from "bun:sqlite";
export type Fsync = "always" | "normal";
/**
 * Left to itself SQLite moves a full write-ahead file into the database, two syncs, in the middle of a commit;
 * `by-caretaker` leaves that to the caretaker.
 */
export declare function openWritable(path: string, fsync: Fsync, checkpoints: "by-itself" | "by-caretaker"): Database;
/** A settled segment is out of WAL mode (a byte of SQLite's header says so); opened for writing it would go back in. */
export declare function isPlainFile(path: string): boolean;
/**
 * One question, its statement given up at once: a database closed with a statement still alive keeps its files open and
 * its write-ahead file unfinished.
 */
export declare function ask<Row>(db: Database, sql: string, ...params: SQLQueryBindings[]): Row[];
/** All of it or nothing. */
export declare function atomically(db: Database, write: () => void): void;
