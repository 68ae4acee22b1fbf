import { TapebellError } from "../../core/errors.ts";
import type { Alert, Anomaly, Bar, DeadLetter, Gap, Metrics, PriceRecord, Signal } from "../../core/messages/index.ts";
import type { Source, StoredOffset, WriteResult } from "../../core/ports/store.ts";
import type { WrittenStore } from "../../workers/shell/writers.ts";
import { type FaultPlan, fault } from "./faults.ts";
import type { Random } from "./random.ts";
import type { Process, Scheduler } from "./scheduler.ts";

/** The part of a store that the pipeline's writers use. */
export type WriterStore = WrittenStore;

export interface Table<Row> {
  readonly name: TableName;
  readonly key: (row: Row) => string;
  /** Above 0 when `a` takes the place of `b`; always 0: the first one stays. */
  readonly compare: (a: Row, b: Row) => number;
}
const TABLE_NAMES = ["bars", "alerts", "signals", "anomalies", "prices", "metrics", "gaps", "dead_letters"] as const;
export type TableName = (typeof TABLE_NAMES)[number];

const byRevision = (a: { readonly revision: number }, b: { readonly revision: number }): number =>
  a.revision - b.revision;
const first = (): number => 0;

export const BARS: Table<Bar> = {
  name: "bars",
  key: (bar) => `${bar.symbol} ${bar.interval} ${bar.start_ts_ms} ${bar.origin ?? ""}`,
  compare: (a, b) => a.trade_count - b.trade_count || byRevision(a, b),
};
export const ALERTS: Table<Alert> = { name: "alerts", key: (alert) => alert.id, compare: byRevision };
export const GAPS: Table<Gap> = { name: "gaps", key: (gap) => gap.id, compare: byRevision };
export const ANOMALIES: Table<Anomaly> = {
  name: "anomalies",
  key: (row) => `${row.time} ${row.symbol} ${row.window_name}`,
  compare: byRevision,
};
export const PRICES: Table<PriceRecord> = {
  name: "prices",
  key: (row) => `${row.time} ${row.symbol}`,
  compare: first,
};
export const METRICS: Table<Metrics> = { name: "metrics", key: (row) => `${row.time} ${row.symbol}`, compare: first };
export const SIGNALS: Table<Signal> = { name: "signals", key: (signal) => signal.id, compare: first };
export const DEAD_LETTERS: Table<DeadLetter> = { name: "dead_letters", key: (letter) => letter.id, compare: first };

type Rows = Map<string, object>;
interface Content {
  readonly tables: ReadonlyMap<TableName, Rows>;
  readonly offsets: Map<string, StoredOffset>;
}

const empty = (): Content => ({
  tables: new Map(TABLE_NAMES.map((name) => [name, new Map()])),
  offsets: new Map(),
});
const copy = ({ tables, offsets }: Content): Content => ({
  tables: new Map([...tables].map(([name, rows]) => [name, new Map(rows)])),
  offsets: new Map(offsets),
});

/** The rule of a table, for whoever wants to know what it must hold. */
export function putBest<Row extends object>(rows: Map<string, Row>, table: Table<Row>, row: Row): boolean {
  const key = table.key(row);
  const known = rows.get(key);
  if (known !== undefined && !(table.compare(row, known) > 0)) return false;
  rows.set(key, row);
  return true;
}

/** A store in memory with the rules of the real one: rows and position in one step, the better row stays. */
export class SimStore {
  private content = empty();
  private backups: Content[] = [];
  isDead = false;
  plan: FaultPlan;

  constructor(
    private readonly scheduler: Scheduler,
    plan: FaultPlan,
    private readonly random: Random,
  ) {
    this.plan = plan;
  }

  connect(process: Process): WriterStore {
    const writer =
      <Row extends object>(table: Table<Row>) =>
      (source: Source | null, rows: readonly Row[]) =>
        this.call(process, `writes ${rows.length} ${table.name} up to ${source?.position}`, () =>
          this.write(table, source, rows),
        );
    return {
      writeBars: writer(BARS),
      writeAlerts: writer(ALERTS),
      writeSignals: writer(SIGNALS),
      writeAnomalies: writer(ANOMALIES),
      writePrices: writer(PRICES),
      writeMetrics: writer(METRICS),
      writeGaps: writer(GAPS),
      writeDeadLetters: writer(DEAD_LETTERS),
      readOffsets: (reader) =>
        this.call(process, `reads offsets of ${reader}`, () =>
          [...this.content.offsets.values()].filter((offset) => offset.reader === reader),
        ),
    };
  }

  rows<Row extends object>(table: Table<Row>): ReadonlyMap<string, Row> {
    return this.content.tables.get(table.name) as Map<string, Row>;
  }

  offset(topic: string): number {
    return [...this.content.offsets.values()].find((offset) => offset.topic === topic)?.position ?? 0;
  }

  backUp(): void {
    this.backups.push(copy(this.content));
  }

  /** Puts an older state back, as after a broken disk. */
  restore(): void {
    const backup = this.backups.length === 0 ? empty() : this.random.pick(this.backups);
    this.content = copy(backup);
    this.scheduler.note("the store is put back to an older state");
  }

  /** One atomic statement: the gate, the rows, the position. */
  write<Row extends object>(table: Table<Row>, source: Source | null, given: readonly Row[]): WriteResult {
    const rows = new Map<string, Row>();
    for (const row of given) putBest(rows, table, structuredClone(row));
    if (source !== null) {
      const { reader, log_id, topic, partition, from, position } = source;
      const key = JSON.stringify([reader, log_id, topic, partition]);
      const stored = this.content.offsets.get(key)?.position;
      if (from !== undefined && from > 0 && (stored ?? 0) < from)
        throw new TapebellError("outside", "store_behind", `the store has ${topic} up to ${stored ?? 0}, not ${from}`);
      if (stored !== undefined && stored >= position) return { applied: false, written: 0, refused: given.length };
      this.content.offsets.set(key, { reader, log_id, topic, partition, position });
    }
    const held = this.content.tables.get(table.name) as Map<string, Row>;
    let written = 0;
    for (const row of rows.values()) if (putBest(held, table, row)) written++;
    return { applied: true, written, refused: given.length - written };
  }

  private async call<T>(process: Process, what: string, act: () => T): Promise<T> {
    const { plan, random, scheduler } = this;
    const delay_ms = random.chance(plan.slow) ? random.between(1, plan.slow_ms) : 0;
    await scheduler.turn(process, what, delay_ms);
    const chance = random.next();
    if (this.isDead || chance < plan.storeRefused) throw fault("the store is away");
    const result = act();
    await scheduler.turn(process, `hears that it ${what}`);
    if (chance < plan.storeRefused + plan.storeDoneButRefused) throw fault("the store's answer was lost");
    return result;
  }
}
