import { type Gap, gapId, type Origin } from "../../../core/messages/index.ts";
import type { Batch, Position } from "../../../core/ports/bus.ts";
import { TOPICS } from "../../../core/topics.ts";

interface Extent {
  readonly topic: string;
  readonly partition: number;
  readonly position: Position;
  readonly since_ms: number | null;
}

/** Part of the spool could not be read any more: what it held is a hole in the market, and is said before what follows. */
export function lostInSpool(lane: Extent, { first, time_ms }: Batch, origin: Origin): string[] {
  if (first <= lane.position || lane.topic !== TOPICS.market.name) return [];
  const stream = `spool:${lane.topic}/${lane.partition}`;
  const gap: Gap = {
    kind: "gap",
    origin,
    id: gapId("spool", "*", stream, lane.position),
    revision: 0,
    provider: "spool",
    symbol: "*",
    stream,
    from_seq: lane.position,
    to_seq: first - 1,
    from_ms: Math.min(lane.since_ms ?? time_ms, time_ms),
    to_ms: time_ms,
    status: "lost",
  };
  return [JSON.stringify(gap)];
}
