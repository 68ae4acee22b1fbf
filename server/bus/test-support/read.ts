import type { Batch, Bus, FollowOptions, StartAt, WorkItem, WorkOptions } from "../../../core/ports/bus.ts";
import type { TopicSpec } from "../../../core/topics.ts";

const DAY_MS = 86_400_000;

export const spec = (name: string, more: Partial<TopicSpec> = {}): TopicSpec => ({
  name,
  partitions: 1,
  retentionMs: DAY_MS,
  retentionBytes: 64 * 1024 * 1024,
  durable: true,
  writer: "test",
  readers: ["test"],
  ...more,
});

export const texts = (from: number, to: number, tag = "n"): string[] =>
  Array.from({ length: to - from }, (_, i) => `{"${tag}":${from + i}}`);

/** Follows until `count` records were read; answers the batches. */
export async function read(
  bus: Bus,
  topic: string,
  partition: number,
  from: StartAt,
  count: number,
  options: Omit<FollowOptions, "signal"> = {},
): Promise<Batch[]> {
  const stop = new AbortController();
  const batches: Batch[] = [];
  let seen = 0;
  if (count === 0) return batches;
  for await (const batch of bus.follow(topic, partition, from, { ...options, signal: stop.signal })) {
    batches.push(batch);
    seen += batch.values.length;
    if (seen >= count) stop.abort();
  }
  return batches;
}

export const valuesOf = (batches: readonly Batch[]): string[] => batches.flatMap((batch) => batch.values);

/** A group member that runs beside the test: what it got, and what it does with it. */
export class Member {
  readonly got: WorkItem[] = [];
  readonly done: Promise<void>;
  private readonly off = new AbortController();

  constructor(
    bus: Bus,
    topic: string,
    group: string,
    onItem: (item: WorkItem) => Promise<void> | void,
    options: Omit<WorkOptions, "signal"> = {},
  ) {
    const items = bus.work(topic, group, { ...options, signal: this.off.signal });
    this.done = (async () => {
      for await (const item of items) {
        this.got.push(item);
        await onItem(item);
      }
    })();
    this.done.catch(() => {});
  }

  async stop(): Promise<void> {
    this.off.abort();
    await this.done;
  }
}
