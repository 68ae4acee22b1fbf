import { z } from "zod";
import { EpochMs, Origin } from "./common.ts";
import { GraphFigures } from "./graph-figures.ts";
import { InferenceFigures } from "./inference.ts";
import { Nearest } from "./metrics.ts";

/** `ended`: a recording that has been played to its end. */
export const PartState = z.enum(["starting", "live", "stale", "offline", "catching_up", "failed", "ended"]);
export type PartState = z.infer<typeof PartState>;

const Count = z.number().int().min(0);

/** What became of the records of one kind since the part was started. */
const KindFlow = z.object({
  received: Count,
  /** Durable: in the log, or in the spool on their way there. */
  written: Count.optional(),
  /** Of the written, those that went by way of the spool. */
  spooled: Count.optional(),
  /** Left out because a newer one says the same and more. */
  collapsed: Count.optional(),
  /** By reason. */
  dropped: z.record(z.string().max(64), Count),
});
export type KindFlow = z.infer<typeof KindFlow>;

/** How records pass through a part that must not lose any: by kind, what waits, what is spooled. */
const Flow = z.object({
  kinds: z.record(z.string().max(64), KindFlow),
  /** Records received in the last second. */
  per_s: z.number().min(0),
  /** `waiting` and `capacity` in the queue's own unit: records, or characters of them. */
  queue: z.object({ waiting: Count, capacity: Count, is_paused: z.boolean() }),
  publish_errors: Count.optional(),
  spool: z
    .object({
      state: z.enum(["empty", "spooling", "full"]),
      records: Count,
      bytes: Count,
      max_bytes: Count,
      since_ms: EpochMs.nullable(),
    })
    .optional(),
});
export type Flow = z.infer<typeof Flow>;

/**
 * What one part of the system says about itself, about once a second, on `tape.status`. Latest wins per `part`.
 * Parts: "feed:<provider>", "aggregate", "bus", "persist", …
 */
export const PartStatus = z.object({
  kind: z.literal("part_status"),
  origin: Origin.optional(),
  part: z.string().min(1).max(64),
  ts_ms: EpochMs,
  state: PartState,
  /** In the reader's words: "Synthetic market, 8 symbols" or "Silent for 7 s". */
  text: z.string().max(500),
  /** Exchange time → receive time of recent trades (feeds). */
  latency_ms_p50: z.number().nullable().optional(),
  latency_ms_p95: z.number().nullable().optional(),
  /** Records written to the log and not read yet (readers). */
  lag: z.number().min(0).optional(),
  /** Event time of the newest record seen. */
  newest_ts_ms: EpochMs.nullable().optional(),
  /** What a feed serves, and the decimals its prices are shown with. */
  symbols: z.array(z.object({ symbol: z.string(), decimals: z.number().int().min(0).max(12) })).optional(),
  counters: z.record(z.string(), z.number()).optional(),
  inference: InferenceFigures.optional(),
  /** For /metrics alone. */
  graph: GraphFigures.optional(),
  flow: Flow.optional(),
});
export type PartStatus = z.infer<typeof PartStatus>;

/** The whole system on one card: what the trust bar shows, SSE `status` sends once a second and /api/status answers. */
export const Status = z.object({
  kind: z.literal("status"),
  origin: Origin,
  ts_ms: EpochMs,
  version: z.string(),
  started_ms: EpochMs,
  ready: z.boolean(),
  /** One sentence each; empty when all is well. */
  problems: z.array(z.string()),
  feed: z.object({ provider: z.string(), state: PartState, text: z.string(), since_ms: EpochMs }),
  latency_ms_p50: z.number().nullable(),
  latency_ms_p95: z.number().nullable(),
  lag: z.number().min(0),
  /** Event time of the newest trade that reached a bar; freshness = now − this. */
  newest_ts_ms: EpochMs.nullable(),
  gaps_open: z.number().int().min(0),
  gaps_lost: z.number().int().min(0),
  /** Of the day in `nearest`. */
  bad_prints: z.number().int().min(0),
  /** The three symbols nearest to their limit, and the day's counts over the whole market; missing until a graph has spoken. */
  nearest: Nearest.omit({ kind: true, origin: true, part: true, ts_ms: true }).optional(),
  dead_letters: z.record(z.string(), z.number()),
  parts: z.array(PartStatus),
});
export type Status = z.infer<typeof Status>;
