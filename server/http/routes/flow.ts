import { z } from "@hono/zod-openapi";
import type { PartStatus, Status } from "../../../core/messages/index.ts";
import { TOPICS } from "../../../core/topics.ts";
import type { BusStats } from "../../bus/embedded/host.ts";
import type { Cache } from "../../cache/cache.ts";
import { eventsDropped, eventsIn, fillRatio } from "../../metrics/flow.ts";
import { within } from "../../metrics/within.ts";
import { unavailable } from "../problem.ts";
import { type App, json, NoQuery, route } from "./route.ts";

const Counts = z.record(z.string(), z.number().int());
const ByReason = z.record(z.string(), Counts);

const Stats = z.object({
  uptime_sec: z.number(),
  queue_fill_ratio: z.number(),
  /** A second, over all feeds. */
  events_per_sec: z.number(),
  events_in: z.record(z.string(), Counts),
  events_dropped: ByReason,
});

const QueueStats = z.object({
  part: z.string(),
  waiting: z.number().int(),
  capacity: z.number().int(),
  fill_ratio: z.number(),
  is_paused: z.boolean(),
});

const Spool = z.object({
  state: z.string(),
  records: z.number().int(),
  bytes: z.number().int(),
  max_bytes: z.number().int(),
  since_ms: z.number().nullable(),
});

const TopicStats = z.object({
  topic: z.string(),
  partitions: z.number().int(),
  durable: z.boolean(),
  records: z.number().int(),
  bytes: z.number().int(),
  segments: z.number().int(),
  retention_ms: z.number(),
  retention_bytes: z.number(),
  lag: Counts,
});

const BusStatsAnswer = z.object({
  engine: z.string(),
  queue_fill_ratio: z.number(),
  queues: z.array(QueueStats),
  dropped: ByReason,
  published: Counts,
  spooled: Counts,
  collapsed: Counts,
  publish_errors: z.number().int(),
  spool: Spool.nullable(),
  topics: z.array(TopicStats),
});

export interface FlowDeps {
  readonly cache: Cache;
  readonly status: () => Status;
  /** Left out: this process cannot look into the log's storage. */
  readonly busStats?: () => Promise<Pick<BusStats, "topics">>;
}

/** How records flow: queues, what gave way, the spool, the logs. */
export function flowRoutes(app: App, { cache, status, busStats }: FlowDeps): void {
  route(
    app,
    {
      path: "/stats",
      summary: "Queues, drops and events a second",
      query: NoQuery,
      answer: {
        type: "application/json",
        schema: Stats,
        description: "`events_in` by provider and type, `events_dropped` by reason and type, both since the start",
      },
    },
    () => {
      const { parts, ts_ms, started_ms } = status();
      const feeds = parts.filter(({ part }) => part.startsWith("feed:"));
      const answer: z.infer<typeof Stats> = {
        uptime_sec: Math.max(0, ts_ms - started_ms) / 1_000,
        queue_fill_ratio: fillRatio(parts),
        events_per_sec: feeds.reduce((sum, { flow }) => sum + (flow?.per_s ?? 0), 0),
        events_in: nested(eventsIn(parts).map(({ labels, n }) => [labels.provider, labels.type, n])),
        events_dropped: droppedOf(parts),
      };
      return json(JSON.stringify(answer), { "cache-control": "no-store" });
    },
  );

  route(
    app,
    {
      path: "/bus-stats",
      summary: "The log: queues before it, the spool, its topics",
      query: NoQuery,
      answer: {
        type: "application/json",
        schema: BusStatsAnswer,
        description:
          "`published` by kind, durable since the start; `lag` of a topic by reader; `spool` is null where none is needed",
      },
      problems: [503],
    },
    async () => {
      const stats = busStats === undefined ? null : await within(busStats());
      if (busStats !== undefined && stats === null) throw unavailable("bus_away", "The log does not answer", 2);
      const { parts } = status();
      const writer = parts.find(({ part }) => part === "ingest")?.flow;
      const kinds = Object.entries(writer?.kinds ?? {});
      const counts = (of: "written" | "spooled" | "collapsed") =>
        Object.fromEntries(kinds.flatMap(([kind, one]) => (one[of] === undefined ? [] : [[kind, one[of]]])));
      const answer: z.infer<typeof BusStatsAnswer> = {
        engine: cache.bus.engine,
        queue_fill_ratio: fillRatio(parts),
        queues: parts.flatMap(queueOf),
        dropped: droppedOf(parts),
        published: counts("written"),
        spooled: counts("spooled"),
        collapsed: counts("collapsed"),
        publish_errors: parts.reduce((sum, { flow }) => sum + (flow?.publish_errors ?? 0), 0),
        spool: writer?.spool ?? null,
        topics: stats === null ? [] : topicsOf(stats, parts, cache),
      };
      return json(JSON.stringify(answer), { "cache-control": "no-store" });
    },
  );
}

function queueOf({ part, flow }: PartStatus): z.infer<typeof QueueStats>[] {
  if (flow === undefined || flow.queue.capacity === 0) return [];
  const { waiting, capacity, is_paused } = flow.queue;
  return [{ part, waiting, capacity, fill_ratio: Math.min(1, waiting / capacity), is_paused }];
}

const droppedOf = (parts: readonly PartStatus[]) =>
  nested(eventsDropped(parts).map(({ labels, n }) => [labels.reason, labels.type, n]));

function nested(all: readonly (readonly [string | undefined, string | undefined, number])[]) {
  const found: Record<string, Record<string, number>> = {};
  for (const [outer = "", inner = "", n] of all) found[outer] = { ...found[outer], [inner]: n };
  return found;
}

function topicsOf(
  { topics }: Pick<BusStats, "topics">,
  parts: readonly PartStatus[],
  cache: Cache,
): z.infer<typeof TopicStats>[] {
  const served = new Map(cache.reading().map(({ topic, next }) => [TOPICS[topic].name as string, next]));
  const part = (name: string): PartStatus | undefined => parts.find((one) => one.part === name);
  return Object.values(TOPICS).flatMap((spec) => {
    const { name } = spec;
    // A bus puts its prefix before each name.
    const found = topics.find(({ topic }) => topic === name || topic.endsWith(`.${name}`));
    if (found === undefined) return [];
    const next = served.get(name);
    const stored = part("persist")?.counters?.[`unwritten:${name}`];
    const graph = name === TOPICS.market.name ? part("aggregate")?.lag : undefined;
    const lag = {
      ...(next !== undefined && { serve: Math.max(0, (found.partitions[0]?.end ?? 0) - next) }),
      ...(stored !== undefined && { persist: stored }),
      ...(graph !== undefined && { aggregate: graph }),
    };
    return [
      {
        topic: name,
        partitions: found.partitions.length,
        durable: spec.durable,
        records: found.partitions.reduce((sum, { start, end }) => sum + end - start, 0),
        bytes: found.bytes,
        segments: found.segments,
        retention_ms: spec.retentionMs,
        retention_bytes: spec.retentionBytes,
        lag,
      },
    ];
  });
}
