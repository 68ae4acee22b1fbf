import type { Batch, FollowOptions, Position, StartAt } from "../../core/ports/bus.ts";
import { decodeBlock, release } from "./codec.ts";
import { FOLLOW_RECORDS_DEFAULT } from "./limits.ts";
import type { Call, Run, Transport } from "./protocol.ts";
import { ReaderEnd } from "./stop.ts";

/**
 * Pulls: one read is out at a time, asked while the caller works on the batch before. So a follower holds two blocks of
 * memory however far behind it is.
 */
export function follow(
  transport: Transport,
  topic: string,
  partition: number,
  from: StartAt,
  options: FollowOptions,
): AsyncIterable<Batch> {
  // Asked now, not at the first `next`: what is published after this call is seen by "latest".
  const start = transport.call<"start">({ op: "start", topic, partition, from });
  start.answer.catch(() => {});
  return { [Symbol.asyncIterator]: () => batches(transport, topic, partition, start, options) };
}

async function* batches(
  transport: Transport,
  topic: string,
  partition: number,
  start: Call<{ position: Position }>,
  options: FollowOptions,
): AsyncGenerator<Batch, void, undefined> {
  const end = new ReaderEnd(transport, options.signal);
  const max = Math.max(1, options.maxRecords ?? FOLLOW_RECORDS_DEFAULT);
  let read: Call<Run> | null = null;
  try {
    const begun = await end.or(start.answer);
    if (begun === null) return;
    let position = begun.position;
    read = transport.call<"read">({ op: "read", topic, partition, from: position });
    read.answer.catch(() => {});
    for (;;) {
      const run: Run | null = await end.or(read.answer);
      if (run === null) return;
      const next: Position = run.first + run.counts.reduce((sum, count) => sum + count, 0);
      read = transport.call<"read">({ op: "read", topic, partition, from: next });
      read.answer.catch(() => {});
      for (const batch of slices(topic, run, Math.max(position, run.first), max)) {
        yield batch;
        if (end.stopped) return;
      }
      position = next;
    }
  } finally {
    read?.cancel();
    end.off();
  }
}

/** A run as batches of at most `max` records, from `position` on. */
function* slices(topic: string, run: Run, position: Position, max: number): Generator<Batch> {
  const values: string[] = [];
  const ends: number[] = [];
  let offset = 0;
  for (let i = 0; i < run.counts.length; i++) {
    offset = decodeBlock(run.bytes, offset, values);
    ends.push(values.length);
  }
  release(run.bytes);
  let block = 0;
  for (let at = position - run.first; at < values.length; at += max) {
    const to = Math.min(values.length, at + max);
    while (ends[block]! < to) block++;
    yield {
      log_id: run.log_id,
      topic,
      partition: run.partition,
      first: run.first + at,
      next: run.first + to,
      values: at === 0 && to === values.length ? values : values.slice(at, to),
      time_ms: run.times_ms[block]!,
    };
  }
}
