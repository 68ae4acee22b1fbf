import type { MarketRecord } from "../../core/messages/index.ts";
import { MARKET_PARTITIONS, partitionOf } from "../../core/partition.ts";
import { TOPICS } from "../../core/topics.ts";
import { type Judged, judge, type OracleBar, oracleBars } from "./oracle.ts";
import { parsed, type References, recordOf, references } from "./reference.ts";
import type { Finished } from "./simulation.ts";
import { DEAD_LETTERS } from "./store.ts";

/** A record of an output topic as it stands in the log. */
export interface Statement {
  readonly position: number;
  /** Without the stamp of its publishing, which is no part of what it says. */
  readonly text: string;
  readonly record: Fields;
}
export interface Fields {
  readonly kind: string;
  readonly symbol?: string | null;
  readonly [field: string]: unknown;
}

/** What the invariants are checked on, all of it taken from the logs and the store when the run is over. */
export interface Case {
  readonly run: Finished;
  /** Per partition of the market, undefined where the text is no record. */
  readonly market: readonly (readonly (MarketRecord | undefined)[])[];
  readonly marketTexts: readonly (readonly string[])[];
  readonly outputs: ReadonlyMap<string, readonly Statement[]>;
  readonly references: References;
  readonly judged: readonly (readonly Judged[])[];
  readonly oracle: readonly (readonly OracleBar[])[];
  /** Partitions whose log lost records that a reader may have needed: their numbers may differ, but must say so. */
  readonly holed: ReadonlySet<number>;
  /** Partitions that once began anew from the log and the stored bars: revisions may count on. */
  readonly cold: ReadonlySet<number>;
  /** Bars and alerts of which a statement vanished from an output log: the store may lack it (invariant 8 wants it known). */
  readonly vanished: ReadonlySet<string>;
}

/** The topics the market graph writes, and the gate's. */
export const MARKET_OUTPUTS = [
  TOPICS.bars.name,
  TOPICS.gaps.name,
  TOPICS.prices.name,
  TOPICS.metrics.name,
  TOPICS.signals.name,
  TOPICS.anomalies.name,
  TOPICS.candidates.name,
  TOPICS.deadLetter.name,
];
export const GATE_OUTPUTS = [TOPICS.alerts.name];

const STAMP = /,"ingest_ts_ms":[0-9.]+/;
export const unstamped = (text: string): string => text.replace(STAMP, "");

/** Statements of the shell itself (holes, unreadable texts) follow from no record. */
export const isShells = ({ kind, stream, where }: Fields): boolean =>
  (kind === "gap" && String(stream).startsWith("bus:")) ||
  (kind === "dead_letter" && (where === "persist" || where === "aggregate"));

/** Which partition's graph said it; null: any. */
export function partitionSaying({ kind, symbol }: Fields): number | null {
  if (kind === "heartbeat" || kind === "headline") return 0;
  return typeof symbol === "string" && symbol !== "*" ? partitionOf(symbol) : null;
}

export async function gather(run: Finished): Promise<Case> {
  const { tape, store, checkpoints } = run;
  const partitions = Array.from({ length: MARKET_PARTITIONS }, (_, partition) => partition);
  const marketTexts: string[][] = [];
  for (const partition of partitions) {
    marketTexts.push((await tape.all(TOPICS.market.name, partition)).map(({ value }) => value));
  }
  const market = marketTexts.map((texts) => texts.map(recordOf));
  const outputs = new Map<string, Statement[]>();
  for (const topic of [...MARKET_OUTPUTS, ...GATE_OUTPUTS]) {
    const all = await tape.all(topic);
    outputs.set(
      topic,
      all.flatMap(({ value }, position) => {
        const record = parsed<Fields>(value);
        return record === undefined ? [] : [{ position, text: unstamped(value), record }];
      }),
    );
  }
  const vanished = new Set<string>();
  for (const [topic, statements] of outputs) {
    for (const { position, record } of statements) {
      if (tape.isGone(topic, 0, position)) vanished.add(String(record.bar_id ?? record.id));
    }
  }
  const letters = [...store.rows(DEAD_LETTERS).values()];
  const tooOld = new Set(letters.flatMap(({ id }) => (id.startsWith("bars|too_old|") ? [id.slice(13)] : [])));
  const judged = market.map((log) => judge(log, tooOld));
  return {
    run,
    market,
    marketTexts,
    outputs,
    references: await references(run),
    judged,
    oracle: market.map((log, partition) => oracleBars(log, judged[partition]!)),
    holed: new Set(partitions.filter((partition) => tape.holesOf(TOPICS.market.name, partition).length > 0)),
    vanished,
    cold: new Set(partitions.filter((partition) => checkpoints.cold.has(`aggregate-${partition}`))),
  };
}
