import type { Batch, Bus, PartitionInfo, Position } from "../../core/ports/bus.ts";
import type { Clock } from "../../core/ports/clock.ts";

/** What a follower tells of the log it reads. */
export interface FollowerSink {
  /** Reading starts at `from` of this log: the first one, or one made anew. */
  begin(log_id: string, from: Position, isFirst: boolean): void;
  /** `time_ms` is the bus time of the batch it came in. */
  record(position: Position, text: string, time_ms: number): void;
  /** A batch has been taken in. */
  advanced(next: Position, time_ms: number): void;
  /** The log no longer held what came before `from`. */
  skipped(from: Position, count: number): void;
  /** A sentence while the log cannot be read, null once it can. */
  trouble(text: string | null): void;
}

export interface FollowerOptions {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly topic: string;
  readonly signal: AbortSignal;
  /** Where to start in a log not seen before. */
  readonly startAt: (info: PartitionInfo) => Promise<Position>;
  readonly maxRecords: number;
}

const BACKOFF_MS = 250;
const BACKOFF_CAP_MS = 5_000;

/**
 * Reads one single-partition topic for ever, from a position of its own, through failures and logs made anew. `caughtUp`
 * resolves when all that was there at the start has been read.
 */
export function startFollower(
  options: FollowerOptions,
  sink: FollowerSink,
): { caughtUp: Promise<void>; done: Promise<void> } {
  const caughtUp = Promise.withResolvers<void>();
  const done = run(options, sink, caughtUp.resolve);
  return { caughtUp: caughtUp.promise, done };
}

async function run(options: FollowerOptions, sink: FollowerSink, caughtUp: () => void): Promise<void> {
  const { bus, clock, topic, signal, maxRecords } = options;
  let log_id: string | null = null;
  let position: Position = 0;
  let failures = 0;
  let troubled = false;
  const well = (): void => {
    failures = 0;
    if (troubled) sink.trouble(null);
    troubled = false;
  };
  while (!signal.aborted) {
    try {
      const info = await bus.info(topic, 0);
      if (info.log_id !== log_id || position > info.end) {
        position = await options.startAt(info);
        sink.begin(info.log_id, position, log_id === null);
        log_id = info.log_id;
      }
      well();
      const end = info.end;
      if (position >= end) caughtUp();
      for await (const batch of bus.follow(topic, 0, position, { signal, maxRecords })) {
        if (batch.log_id !== log_id) break;
        position = take(batch, position, sink);
        if (position >= end) caughtUp();
        well();
        // Gives sockets and timers their turn while a long log is read.
        await new Promise<void>((resolve) => setImmediate(resolve));
        if (signal.aborted) break;
      }
    } catch (cause) {
      if (signal.aborted) return;
      troubled = true;
      sink.trouble(`Cannot read ${topic}: ${cause instanceof Error ? cause.message : String(cause)}`);
    }
    if (!signal.aborted)
      await clock.sleep(Math.min(BACKOFF_MS * 2 ** Math.min(failures++, 10), BACKOFF_CAP_MS), signal);
  }
}

function take(batch: Batch, position: Position, sink: FollowerSink): Position {
  if (batch.first > position) sink.skipped(batch.first, batch.first - position);
  for (let i = Math.max(0, position - batch.first); i < batch.values.length; i++)
    sink.record(batch.first + i, batch.values[i]!, batch.time_ms);
  const next = Math.max(position, batch.next);
  sink.advanced(next, batch.time_ms);
  return next;
}
