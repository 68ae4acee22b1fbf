import { Database, type Statement } from "bun:sqlite";
import type { Position } from "../../../core/ports/bus.ts";
import type { Row } from "../topic-log.ts";
import { ask, atomically, type Fsync, isPlainFile, openWritable } from "./sqlite.ts";
import { Damage } from "./storage-error.ts";

const FORMAT = 1;
const ROW_OVERHEAD_BYTES = 48;

interface About {
  readonly format: number;
  readonly topic: string;
  readonly log_id: string;
  readonly base: readonly Position[];
  readonly created_ms: number;
}

/** What a segment holds, per partition; kept in memory for all of them, and in the file once nothing more is written. */
interface Content {
  readonly next: Position[];
  /** First position there is; −1 when the partition has no rows here. */
  readonly first: Position[];
  readonly last_ms: number[];
  bytes: number;
}

interface StoredRow {
  readonly first: number;
  readonly count: number;
  readonly time_ms: number;
  readonly sum: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

interface Statements {
  readonly insert: Statement;
  readonly holding: Statement<StoredRow, [number]>;
  readonly after: Statement<StoredRow, [number]>;
  readonly before: Statement<StoredRow, [number]>;
  readonly timeAfter: Statement<{ first: number; time_ms: number }, [number]>;
}

/** The seed ties the bytes to their place, so that a row cannot stand in for another. */
const checksum = (bytes: Uint8Array, first: Position, count: number) =>
  Bun.hash.xxHash32(bytes, (first ^ Math.imul(count, 0x9e3779b1)) >>> 0);

/** One file of the chain: a table per partition, a row per block. The newest one is written, the others only read. */
export class Segment {
  private db: Database | null;
  private statements: (Statements | undefined)[] = [];

  private constructor(
    readonly path: string,
    readonly number: number,
    readonly about: About,
    readonly content: Content,
    db: Database,
    private sealed: boolean,
    /** Found out of WAL mode when it was opened. */
    readonly isPlain: boolean,
  ) {
    this.db = db;
  }

  static create(path: string, number: number, about: Omit<About, "format">, fsync: Fsync): Segment {
    const db = openWritable(path, fsync, "by-caretaker");
    try {
      atomically(db, () => {
        db.run("create table meta (key text primary key, value text not null) without rowid");
        about.base.forEach((_, p) => {
          db.run(
            `create table p${p} (first integer primary key, count integer not null, time_ms integer not null, ` +
              "sum integer not null, bytes blob not null)",
          );
        });
        db.run("insert into meta values ('about', ?)", [JSON.stringify({ format: FORMAT, ...about })]);
      });
    } catch (error) {
      db.close();
      throw error;
    }
    const content: Content = {
      next: [...about.base],
      first: about.base.map(() => -1),
      last_ms: about.base.map(() => 0),
      bytes: 0,
    };
    return new Segment(path, number, { format: FORMAT, ...about }, content, db, false, false);
  }

  /** Null when the file was being made when the process died: nothing was ever in it. Throws when it cannot be read. */
  static open(path: string, number: number, partitions: number, fsync: Fsync): Segment | null {
    const plain = isPlainFile(path);
    const db = plain ? new Database(path, { readonly: true }) : openWritable(path, fsync, "by-caretaker");
    try {
      if (ask(db, "select name from sqlite_schema limit 1").length === 0) {
        db.close();
        return null;
      }
      const meta = (key: string): unknown => {
        const [row] = ask<{ value: string }>(db, "select value from meta where key = ?", key);
        return row === undefined ? null : JSON.parse(row.value);
      };
      const about = meta("about") as About | null;
      if (about === null || about.format !== FORMAT || about.base.length !== partitions)
        throw new Damage("it does not describe itself as a segment of this topic");
      const seal = meta("seal") as Content | null;
      return new Segment(path, number, about, seal ?? measure(db, about), db, plain || seal !== null, plain);
    } catch (error) {
      db.close();
      if (error instanceof SyntaxError || error instanceof TypeError) throw new Damage(error.message);
      throw error;
    }
  }

  get isSealed(): boolean {
    return this.sealed;
  }

  get isOpen(): boolean {
    return this.db !== null;
  }

  get last_ms(): number {
    return Math.max(...this.content.last_ms);
  }

  get isEmpty(): boolean {
    return this.content.first.every((first) => first < 0);
  }

  /** One transaction; on any error nothing of it is there. */
  append(rows: readonly { readonly partition: number; readonly row: Row }[]): void {
    const db = this.open();
    atomically(db, () => {
      for (const { partition, row } of rows) {
        const { first, count, time_ms, bytes } = row;
        this.prepared(partition).insert.run(first, count, time_ms, checksum(bytes, first, count), bytes);
      }
    });
    for (const { partition, row } of rows) {
      if (this.content.first[partition]! < 0) this.content.first[partition] = row.first;
      this.content.next[partition] = row.first + row.count;
      this.content.last_ms[partition] = row.time_ms;
      this.content.bytes += row.bytes.length + ROW_OVERHEAD_BYTES;
    }
  }

  /** The row that holds `position`, or the next there is. */
  rowAt(partition: number, position: Position): Row | null {
    const { holding, after } = this.prepared(partition);
    const row = holding.get(position);
    if (row !== null && row.first + row.count > position) return checked(row);
    return checked(after.get(position));
  }

  rowBefore(partition: number, position: Position): Row | null {
    return checked(this.prepared(partition).before.get(position));
  }

  /** First row taken at or after `time_ms`: by halving, since times never fall. */
  firstAt(partition: number, time_ms: number): Position | null {
    const { timeAfter } = this.prepared(partition);
    let low = this.content.first[partition]!;
    let high = this.content.next[partition]!;
    if (low < 0) return null;
    let found: Position | null = null;
    while (low < high) {
      const middle = low + Math.floor((high - low) / 2);
      const row = timeAfter.get(middle);
      if (row === null || row.time_ms >= time_ms) {
        if (row !== null) found = row.first;
        high = middle;
      } else low = row.first + 1;
    }
    return found;
  }

  /** Nothing more will be written: what it holds is noted down in it. */
  seal(): void {
    this.open().run("insert or replace into meta values ('seal', ?)", [JSON.stringify(this.content)]);
    this.sealed = true;
  }

  /** Gives up its file handle; a sealed segment opens again when it is read. */
  rest(): void {
    this.finalize();
    this.db?.close();
    this.db = null;
  }

  private open(): Database {
    if (this.db === null) {
      this.db = new Database(this.path, { readonly: true });
      // Long enough for the caretaker to be done with it.
      this.db.run("pragma busy_timeout = 2000");
    }
    return this.db;
  }

  private prepared(partition: number): Statements {
    const known = this.statements[partition];
    if (known !== undefined) return known;
    const db = this.open();
    const table = `p${partition}`;
    const made: Statements = {
      insert: db.prepare(`insert into ${table} values (?, ?, ?, ?, ?)`),
      holding: db.prepare(`select * from ${table} where first <= ? order by first desc limit 1`),
      after: db.prepare(`select * from ${table} where first > ? order by first limit 1`),
      before: db.prepare(`select * from ${table} where first < ? order by first desc limit 1`),
      timeAfter: db.prepare(`select first, time_ms from ${table} where first >= ? order by first limit 1`),
    };
    this.statements[partition] = made;
    return made;
  }

  private finalize(): void {
    for (const made of this.statements) if (made) for (const statement of Object.values(made)) statement.finalize();
    this.statements = [];
  }
}

function checked(row: StoredRow | null): Row | null {
  if (row === null) return null;
  if (checksum(row.bytes, row.first, row.count) !== row.sum)
    throw new Damage(`the checksum of the block at position ${row.first} is wrong`);
  return row;
}

function measure(db: Database, about: About): Content {
  const content: Content = { next: [...about.base], first: [], last_ms: [], bytes: 0 };
  about.base.forEach((base, p) => {
    const [ends] = ask<{ first: number | null; rows: number; bytes: number | null }>(
      db,
      `select min(first) as first, count(*) as rows, sum(length(bytes)) as bytes from p${p}`,
    );
    const [last] = ask<{ next: number; time_ms: number }>(
      db,
      `select first + count as next, time_ms from p${p} order by first desc limit 1`,
    );
    content.first.push(ends?.first ?? -1);
    content.next[p] = last?.next ?? base;
    content.last_ms.push(last?.time_ms ?? 0);
    content.bytes += (ends?.bytes ?? 0) + (ends?.rows ?? 0) * ROW_OVERHEAD_BYTES;
  });
  return content;
}
