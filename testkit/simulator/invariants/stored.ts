import type { Gap } from "../../../core/messages/index.ts";
import { TOPICS } from "../../../core/topics.ts";
import { type Case, type Statement, unstamped } from "../evidence.ts";
import {
  ALERTS,
  ANOMALIES,
  BARS,
  DEAD_LETTERS,
  GAPS,
  METRICS,
  PRICES,
  putBest,
  SIGNALS,
  type Table,
} from "../store.ts";

const TABLES = [
  { topic: TOPICS.bars.name, table: BARS as Table<object> },
  { topic: TOPICS.alerts.name, table: ALERTS as Table<object> },
  { topic: TOPICS.anomalies.name, table: ANOMALIES as Table<object> },
  { topic: TOPICS.prices.name, table: PRICES as Table<object> },
  { topic: TOPICS.metrics.name, table: METRICS as Table<object> },
  { topic: TOPICS.signals.name, table: SIGNALS as Table<object> },
  { topic: TOPICS.gaps.name, table: GAPS as Table<object> },
  { topic: TOPICS.deadLetter.name, table: DEAD_LETTERS as Table<object> },
];

/** The store holds the best statement of everything the logs ever said, no more and no less. */
export function* storedOnce(all: Case): Iterable<string> {
  const { run, outputs } = all;
  const gaps = [...run.store.rows(GAPS).values()];
  for (const { topic, table } of TABLES) {
    const statements = outputs.get(topic) ?? [];
    const best = new Map<string, object>();
    const places = new Map<object, Statement>();
    for (const statement of statements) {
      places.set(statement.record, statement);
      putBest(best, table, statement.record);
    }
    const stored = run.store.rows(table);
    for (const [key, right] of best) {
      const row = stored.get(key);
      if (row !== undefined && same(row, right)) continue;
      // It stood where the log has a hole now: then the hole must be known.
      const { position } = places.get(right)!;
      if (run.tape.isGone(topic, 0, position) && isKnown(gaps, topic, position)) continue;
      const is = row === undefined ? "nothing" : JSON.stringify(row).slice(0, 300);
      yield `${table.name} ${key}: the log says ${JSON.stringify(right).slice(0, 300)}, the store has ${is}`;
    }
    for (const key of stored.keys()) if (!best.has(key)) yield `${table.name} ${key} is stored but was never said`;
  }
}

const isKnown = (gaps: readonly Gap[], topic: string, position: number): boolean =>
  gaps.some(
    (gap) => gap.stream === `bus:${topic}` && (gap.from_seq ?? 0) <= position && position <= (gap.to_seq ?? -1),
  );

function same(row: object, right: object): boolean {
  const plain = (value: object): unknown => JSON.parse(unstamped(JSON.stringify(value)));
  return Bun.deepEquals(plain(row), plain(right));
}
