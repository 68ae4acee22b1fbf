import { expect, test } from "bun:test";
import { z } from "zod";
import { TapebellError } from "../../core/errors.ts";
import type { Bus } from "../../core/ports/bus.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Source } from "../../core/ports/store.ts";
import { TOPICS } from "../../core/topics.ts";
import { createMemoryBus } from "../../server/bus/memory/memory-bus.ts";
import { systemClock } from "../../server/clock.ts";
import { StoreWriter } from "./store-writer.ts";

const Row = z.object({ id: z.string(), n: z.number() });
type Row = z.infer<typeof Row>;
const topic = TOPICS.gaps.name;
/** Waiting between tries takes a turn of the loop, not seconds. */
const hurriedClock: Clock = { now: () => Date.now(), sleep: () => Bun.sleep(0) };

/** A table and its offset that change together, as the real store's single statement does. */
class Table {
  rows: Row[] = [];
  offset: number | null = null;
  log_id = "";
  calls: { from: number | undefined; rows: number }[] = [];
  /** What the next writes meet, in order; null is success. */
  faults: (Error | null)[] = [];
  /** The same for dead letters. */
  letterFaults: Error[] = [];

  write = async (source: Source | null, rows: readonly Row[]) => {
    const fault = this.faults.shift() ?? null;
    if (fault !== null) throw fault;
    if (rows.some((row) => row.n === 666)) throw new TapebellError("corrupt", "row_refused", "value out of range");
    if (source !== null) {
      this.calls.push({ from: source.from, rows: rows.length });
      if (this.offset !== null && source.from !== undefined && this.offset < source.from) {
        throw new TapebellError("outside", "store_behind", "restored from a backup");
      }
      if (this.offset !== null && this.offset >= source.position)
        return { applied: false, written: 0, refused: rows.length };
      this.offset = source.position;
      this.log_id = source.log_id;
    }
    this.rows.push(...rows);
    return { applied: true, written: rows.length, refused: 0 };
  };
}

const SETTINGS = {
  RETRY_MAX_ATTEMPTS: 1,
  RETRY_BACKOFF_BASE_SEC: 1,
  RETRY_BACKOFF_CAP_SEC: 30,
  RETRY_JITTER_MIN: 0.5,
  RETRY_JITTER_MAX: 1.5,
};

async function world(
  run: (w: {
    bus: Bus;
    table: Table;
    letters: string[];
    problems: (string | null)[];
    until: (done: () => boolean) => Promise<void>;
    send: (...rows: unknown[]) => Promise<unknown>;
  }) => Promise<void>,
): Promise<void> {
  const bus = createMemoryBus(systemClock);
  await bus.ensureTopics([TOPICS.gaps]);
  const table = new Table();
  const letters: string[] = [];
  const problems: (string | null)[] = [];
  const until = async (done: () => boolean): Promise<void> => {
    const stop = new AbortController();
    const writer = new StoreWriter<Row>(
      {
        bus,
        clock: hurriedClock,
        settings: SETTINGS,
        jitter: () => 0.5,
        reader: "persist",
        readOffset: async (_topic, log_id) => (table.log_id === log_id ? table.offset : null),
        onProblem: (_topic, problem) => problems.push(problem),
        onDeadLetter: async (_topic, { reason }) => {
          const fault = table.letterFaults.shift() ?? null;
          if (fault !== null) throw fault;
          letters.push(reason);
        },
        onJump: async () => undefined,
      },
      { topic, schema: Row, wanted: (row) => row.n >= 0, write: table.write },
    );
    const running = writer.run(stop.signal);
    while (!done()) await Promise.race([running, Bun.sleep(1)]);
    stop.abort();
    await running;
  };
  const send = (...rows: unknown[]): Promise<unknown> =>
    bus.publish(
      topic,
      0,
      rows.map((row) => JSON.stringify(row)),
    );
  try {
    await run({ bus, table, letters, problems, until, send });
  } finally {
    await bus.close();
  }
}

const row = (n: number): Row => ({ id: `r${n}`, n });

test("goes on from the stored position after a restart: each row once", () =>
  world(async (w) => {
    await w.send(row(1), row(2));
    await w.until(() => w.table.rows.length === 2);
    await w.send(row(3));
    await w.until(() => w.table.rows.length === 3);
    expect(w.table.rows).toEqual([row(1), row(2), row(3)]);
  }));

test("while the store is away the log waits; afterwards everything arrives once and the problem is taken back", () =>
  world(async (w) => {
    w.table.faults = [new TapebellError("outside", "store_away", "refused"), new Error("socket hang up"), null];
    await w.send(row(1), row(2));
    await w.until(() => w.table.rows.length === 2);
    expect(w.problems).toEqual(["refused", "socket hang up", null]);
    expect(w.table.calls).toEqual([{ from: 0, rows: 2 }]);
  }));

test("a store restored from a backup is filled again from where it stands", () =>
  world(async (w) => {
    await w.send(row(1));
    await w.send(row(2));
    await w.until(() => w.table.rows.length === 2);
    const restored = { offset: 1, rows: [row(1)] };
    let before = 0;
    w.table.calls = [];
    await w.until(() => {
      if (before++ === 0) {
        Object.assign(w.table, restored);
        void w.send(row(3));
      }
      return w.table.rows.length === 3;
    });
    expect(w.table.rows).toEqual([row(1), row(2), row(3)]);
  }));

test("a store restored while nothing new comes is filled again too", () =>
  world(async (w) => {
    await w.send(row(1));
    await w.send(row(2));
    let restored = false;
    await w.until(() => {
      if (!restored && w.table.rows.length === 2) {
        restored = true;
        Object.assign(w.table, { offset: 1, rows: [row(1)] });
      }
      return restored && w.table.rows.length === 2;
    });
    expect(w.table.rows).toEqual([row(1), row(2)]);
  }));

test("the position does not pass a record before its dead letter is recorded", () =>
  world(async (w) => {
    w.table.letterFaults = [new Error("the bus is away"), new Error("the bus is away")];
    await w.bus.publish(topic, 0, [JSON.stringify(row(1)), "{torn"]);
    await w.until(() => {
      if (w.letters.length === 0) expect(w.table.offset).toBeNull();
      return w.table.offset === 2;
    });
    expect(w.letters).toEqual(["undecodable"]);
    expect(w.table.rows).toEqual([row(1)]);
  }));

test("a record that fits no schema is dead-lettered with its reason; the others are written", () =>
  world(async (w) => {
    await w.bus.publish(topic, 0, [JSON.stringify(row(1)), '{"id":7}', "{torn"]);
    await w.until(() => w.table.offset === 3);
    expect(w.table.rows).toEqual([row(1)]);
    expect(w.letters.sort()).toEqual(["schema", "undecodable"]);
  }));

test("a row the database refuses is set aside; its neighbours and the position are not held up", () =>
  world(async (w) => {
    await w.send(row(1), row(666), row(2));
    await w.until(() => w.table.offset === 3);
    expect(w.table.rows).toEqual([row(1), row(2)]);
    expect(w.letters).toEqual(["refused_by_store"]);
  }));

test("rows the table has no use for are passed over, the position moves on", () =>
  world(async (w) => {
    await w.send(row(-1), row(5));
    await w.until(() => w.table.offset === 2);
    expect(w.table.rows).toEqual([row(5)]);
  }));
