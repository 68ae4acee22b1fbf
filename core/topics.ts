import { MARKET_PARTITIONS } from "./partition.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const MIB = 1024 * 1024;

export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  /** Older than this may go, in whole segments. */
  readonly retentionMs: number;
  /** Over all partitions together. */
  readonly retentionBytes: number;
  /** False: kept in memory for readers that are there now; a restart forgets it. */
  readonly durable: boolean;
  readonly writer: string;
  readonly readers: readonly string[];
}

const topic = (
  name: string,
  spec: Partial<Omit<TopicSpec, "name">> & Pick<TopicSpec, "writer" | "readers">,
): TopicSpec => ({
  name,
  partitions: 1,
  retentionMs: 30 * DAY_MS,
  retentionBytes: 1024 * MIB,
  durable: true,
  ...spec,
});
/** Latest wins: who comes ten seconds late wants the newest, and memory is not for the rest. */
const latest = (
  name: string,
  spec: Pick<TopicSpec, "writer" | "readers"> & Partial<Pick<TopicSpec, "retentionMs">>,
): TopicSpec => topic(name, { durable: false, retentionMs: 10_000, retentionBytes: 16 * MIB, ...spec });

/** The only list of topics. Names are promises; the prefix (`synthetic.`, `replay-<id>.`) is the bus's business. */
export const TOPICS = {
  market: topic("tape.market", {
    partitions: MARKET_PARTITIONS,
    retentionMs: 60 * MINUTE_MS,
    retentionBytes: 4096 * MIB,
    writer: "ingest",
    readers: ["aggregate"],
  }),
  bars: topic("tape.bars", {
    retentionBytes: 8192 * MIB,
    writer: "aggregate",
    readers: ["serve", "persist", "aggregate (cold start)"],
  }),
  candidates: topic("tape.candidates", { writer: "aggregate", readers: ["aggregate (gate)"] }),
  alerts: topic("tape.alerts", { writer: "aggregate (gate)", readers: ["serve", "persist"] }),
  headlines: topic("tape.headlines", { writer: "news", readers: ["serve", "persist"] }),
  signals: topic("tape.signals", { writer: "aggregate, infer", readers: ["serve", "persist"] }),
  gaps: topic("tape.gaps", { writer: "aggregate", readers: ["serve", "persist"] }),
  /** The source systems' sampled prices and fixed-limit decisions: what the tables of the same names hold. */
  prices: topic("tape.prices", { retentionMs: 60 * MINUTE_MS, writer: "aggregate", readers: ["persist"] }),
  anomalies: topic("tape.anomalies", { writer: "aggregate", readers: ["persist"] }),
  summaryRequests: topic("tape.summary-requests", { writer: "aggregate (gate)", readers: ["summarize"] }),
  system: topic("tape.system", { writer: "any role", readers: ["serve"] }),
  deadLetter: topic("tape.dead-letter", { writer: "any role", readers: ["serve", "persist"] }),
  /** Each row goes into a table, so it must outlive a restart; on the page and in streams only the newest counts. */
  metrics: topic("tape.metrics", {
    retentionMs: 60 * MINUTE_MS,
    writer: "aggregate",
    readers: ["serve", "persist"],
  }),
  features: latest("tape.features", { writer: "aggregate", readers: ["serve"] }),
  book: latest("tape.book", { writer: "aggregate", readers: ["serve"] }),
  /** Each symbol's newest trade and quote. */
  latest: latest("tape.latest", { writer: "aggregate", readers: ["serve"] }),
  /** A model may take its time. */
  rolling: latest("tape.rolling", { retentionMs: MINUTE_MS, writer: "aggregate", readers: ["serve", "infer"] }),
  forming: latest("tape.forming", { writer: "aggregate", readers: ["serve"] }),
  /** What a person asks of the feed while it runs, and its answers. */
  control: latest("tape.control", { retentionMs: MINUTE_MS, writer: "serve, ingest", readers: ["ingest", "serve"] }),
  status: latest("tape.status", { writer: "any role", readers: ["serve"] }),
} as const satisfies Record<string, TopicSpec>;

export type TopicKey = keyof typeof TOPICS;
export type TopicName = (typeof TOPICS)[TopicKey]["name"];
