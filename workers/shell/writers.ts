import {
  Alert,
  Anomaly,
  Bar,
  DeadLetter,
  Gap,
  gapId,
  Metrics,
  type Origin,
  PriceRecord,
  Signal,
} from "../../core/messages/index.ts";
import type { Bus } from "../../core/ports/bus.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Store } from "../../core/ports/store.ts";
import { TOPICS } from "../../core/topics.ts";
import { PERSIST_READER } from "../../db/index.ts";
import type { RetrySettings } from "../../server/backoff.ts";
import type { Log } from "../../server/log.ts";
import { StoreWriter, type StoreWriterOptions, type TopicWrite } from "./store-writer.ts";

const RAW_MAX = 16_384;

/** The part of a store that is written to from the tape. */
export type WrittenStore = Pick<
  Store,
  | "writeBars"
  | "writeAlerts"
  | "writeSignals"
  | "writeAnomalies"
  | "writePrices"
  | "writeMetrics"
  | "writeGaps"
  | "writeDeadLetters"
  | "readOffsets"
>;

export interface RunningWriter {
  readonly topic: string;
  readonly position: number;
  readonly rows: number;
  run(signal: AbortSignal): Promise<void>;
}

export interface Writers {
  readonly all: readonly RunningWriter[];
  /** What keeps a topic from being stored now. */
  readonly problems: ReadonlyMap<string, string>;
  /** Rows set aside, by reason. */
  readonly letters: Readonly<Record<string, number>>;
}

interface Shared {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Pick<Log, "warn" | "error">;
  readonly origin: Origin;
  readonly settings: RetrySettings;
  readonly store: WrittenStore;
  readonly jitter?: () => number;
}

/** One writer per topic that has a table. */
export function storeWriters({ bus, clock, log, origin, settings, store, jitter = Math.random }: Shared): Writers {
  const problems = new Map<string, string>();
  const letters: Record<string, number> = {};
  const options: StoreWriterOptions = {
    bus,
    clock,
    settings,
    jitter,
    reader: PERSIST_READER,
    readOffset: async (topic, log_id) => {
      const offsets = await store.readOffsets(PERSIST_READER);
      return offsets.find((one) => one.topic === topic && one.log_id === log_id)?.position ?? null;
    },
    onProblem: (topic, problem) => {
      if (problem === null) problems.delete(topic);
      else if (problems.get(topic) !== problem) {
        problems.set(topic, problem);
        log.warn({ topic }, `not stored yet: ${problem}`);
      }
    },
    onDeadLetter: async (topic, { reason, detail, raw }) => {
      letters[reason] = (letters[reason] ?? 0) + 1;
      // A dead letter that is itself refused must not come back for ever.
      if (topic === TOPICS.deadLetter.name) return log.error({ reason, detail }, "a dead letter cannot be stored");
      const id = `persist|${topic}|${reason}|${new Bun.CryptoHasher("sha256").update(raw).digest("hex").slice(0, 32)}`;
      const letter: DeadLetter = {
        kind: "dead_letter",
        origin,
        id,
        where: "persist",
        reason,
        detail: detail.slice(0, 500),
        symbol: null,
        ts_ms: null,
        raw: raw.slice(0, RAW_MAX),
      };
      await bus.publish(TOPICS.deadLetter.name, 0, [JSON.stringify(letter)]);
    },
    onJump: async (topic, from, to, time_ms) => {
      const stream = `bus:${topic}`;
      const gap: Gap = {
        kind: "gap",
        origin,
        id: gapId("bus", "*", stream, from),
        revision: 0,
        provider: "bus",
        symbol: "*",
        stream,
        from_seq: from,
        to_seq: to - 1,
        from_ms: time_ms,
        to_ms: time_ms,
        status: "lost",
      };
      log.warn({ topic, from, to }, "records were gone from the log before they were stored");
      await bus.publish(TOPICS.gaps.name, 0, [JSON.stringify(gap)]);
    },
  };
  return { all: tables(store).map((make) => make(options)), problems, letters };
}

/** Which topic goes into which table; one line each. */
function tables(store: WrittenStore): ((options: StoreWriterOptions) => RunningWriter)[] {
  const all = (): boolean => true;
  const table =
    <Row>(what: TopicWrite<Row>) =>
    (options: StoreWriterOptions): RunningWriter =>
      new StoreWriter<Row>(options, what);
  return [
    table<Bar>({ topic: TOPICS.bars.name, schema: Bar, wanted: (bar) => bar.final, write: store.writeBars }),
    table<Alert>({ topic: TOPICS.alerts.name, schema: Alert, wanted: all, write: store.writeAlerts }),
    table<Signal>({ topic: TOPICS.signals.name, schema: Signal, wanted: all, write: store.writeSignals }),
    table<Anomaly>({ topic: TOPICS.anomalies.name, schema: Anomaly, wanted: all, write: store.writeAnomalies }),
    table<PriceRecord>({ topic: TOPICS.prices.name, schema: PriceRecord, wanted: all, write: store.writePrices }),
    table<Metrics>({ topic: TOPICS.metrics.name, schema: Metrics, wanted: all, write: store.writeMetrics }),
    table<Gap>({ topic: TOPICS.gaps.name, schema: Gap, wanted: all, write: store.writeGaps }),
    table<DeadLetter>({
      topic: TOPICS.deadLetter.name,
      schema: DeadLetter,
      wanted: all,
      write: store.writeDeadLetters,
    }),
  ];
}
