import { Alert, Anomaly, Bar, DeadLetter, Gap, gapId, type PartStatus, PriceRecord } from "../core/messages/index.ts";
import type { Store } from "../core/ports/store.ts";
import { TOPICS } from "../core/topics.ts";
import { openStore } from "../db/index.ts";
import { StoreWriter, type StoreWriterOptions, type TopicWrite } from "./shell/store-writer.ts";
import { type RoleContext, runThread } from "./shell/thread.ts";

const READER = "persist";
const STATUS_EVERY_MS = 1_000;
const RAW_MAX = 16_384;

/** Carries the tape's results into the store, each topic by itself: a slow table holds up no other. */
export async function persist(context: RoleContext): Promise<void> {
  const { bus, clock, log, origin, signal, storeAddress } = context;
  if (storeAddress === null) throw new Error("persist was started without a store");
  const store = await openStore(storeAddress, origin);
  const problems = new Map<string, string>();
  const letters: Record<string, number> = {};

  const options: StoreWriterOptions = {
    bus,
    clock,
    reader: READER,
    readOffset: async (topic, log_id) => {
      const offsets = await store.readOffsets(READER);
      return offsets.find((one) => one.topic === topic && one.log_id === log_id)?.position ?? null;
    },
    onProblem: (topic, problem) => {
      if (problem === null) problems.delete(topic);
      else if (problems.get(topic) !== problem) {
        problems.set(topic, problem);
        log.warn({ topic }, `not stored yet: ${problem}`);
      }
    },
    onDeadLetter: (topic, reason, detail, raw) => {
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
        ts_ms: clock.now(),
        raw: raw.slice(0, RAW_MAX),
      };
      void bus.publish(TOPICS.deadLetter.name, 0, [JSON.stringify(letter)]);
    },
    onJump: (topic, from, to, time_ms) => {
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
      void bus.publish(TOPICS.gaps.name, 0, [JSON.stringify(gap)]);
    },
  };

  const writers = tables(store).map((make) => make(options));
  const reporting = report(context, writers, problems, letters);
  context.ready();
  try {
    await Promise.all(writers.map((writer) => writer.run(signal)));
  } finally {
    await reporting;
    await store.close();
  }
}

interface Running {
  readonly topic: string;
  readonly position: number;
  readonly rows: number;
  run(signal: AbortSignal): Promise<void>;
}

/** Which topic goes into which table; one line each. */
function tables(store: Store): ((options: StoreWriterOptions) => Running)[] {
  const all = (): boolean => true;
  const table =
    <Row>(what: TopicWrite<Row>) =>
    (options: StoreWriterOptions): Running =>
      new StoreWriter<Row>(options, what);
  return [
    table<Bar>({ topic: TOPICS.bars.name, schema: Bar, wanted: (bar) => bar.final, write: store.writeBars }),
    table<Alert>({ topic: TOPICS.alerts.name, schema: Alert, wanted: all, write: store.writeAlerts }),
    table<Anomaly>({ topic: TOPICS.anomalies.name, schema: Anomaly, wanted: all, write: store.writeAnomalies }),
    table<PriceRecord>({ topic: TOPICS.prices.name, schema: PriceRecord, wanted: all, write: store.writePrices }),
    table<Gap>({ topic: TOPICS.gaps.name, schema: Gap, wanted: all, write: store.writeGaps }),
    table<DeadLetter>({
      topic: TOPICS.deadLetter.name,
      schema: DeadLetter,
      wanted: all,
      write: store.writeDeadLetters,
    }),
  ];
}

async function report(
  { bus, clock, origin, signal }: RoleContext,
  writers: readonly Running[],
  problems: ReadonlyMap<string, string>,
  letters: Readonly<Record<string, number>>,
): Promise<void> {
  while (!signal.aborted) {
    const lags = await Promise.all(writers.map((one) => bus.lag(one.topic, 0, one.position).catch(() => 0)));
    const [problem] = problems.values();
    const status: PartStatus = {
      kind: "part_status",
      origin,
      part: "persist",
      ts_ms: clock.now(),
      state: problem === undefined ? "live" : "offline",
      text: problem === undefined ? "Stores what the tape says" : `Waits for the store: ${problem}`.slice(0, 500),
      // Its own lag: what is shown to be behind on the trust bar is the graph, not the archive.
      counters: {
        rows: writers.reduce((sum, one) => sum + one.rows, 0),
        unwritten: lags.reduce((sum, lag) => sum + lag, 0),
        ...letters,
      },
    };
    if (!signal.aborted) await bus.publish(TOPICS.status.name, 0, [JSON.stringify(status)]).catch(() => undefined);
    await clock.sleep(STATUS_EVERY_MS, signal);
  }
}

if (!Bun.isMainThread) runThread("persist", persist);
