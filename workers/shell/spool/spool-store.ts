import { join } from "node:path";
import type { Batch, Position } from "../../../core/ports/bus.ts";
import type { Checkpoints } from "../../../core/ports/checkpoints.ts";
import type { TopicSpec } from "../../../core/topics.ts";
import { type BusHost, openEmbeddedBus } from "../../../server/bus/embedded/host.ts";
import type { Fsync } from "../../../server/bus/embedded/sqlite.ts";
import { PUBLISH_BYTES_MAX } from "../../../server/bus/limits.ts";
import { openFileCheckpoints } from "../../../server/checkpoints/files.ts";

const FOREVER_MS = 100 * 365 * 86_400_000;
const VERSION = "1";

export interface SpoolPlace {
  readonly dir: string;
  readonly fsync: Fsync;
  readonly max_bytes: number;
  readonly topics: readonly TopicSpec[];
}

/** Of one partition: what is in the spool and not yet on the bus. */
export interface Extent {
  readonly topic: string;
  readonly partition: number;
  readonly position: Position;
  readonly end: Position;
}

/** The spool on disk: an embedded log of its own, and how far each partition of it has been sent on. */
export class SpoolStore {
  /** What is on disk; freed in whole segments. */
  bytes = 0;
  private readonly sent = new Map<string, Position[]>();

  private constructor(
    private readonly log: BusHost,
    private readonly checkpoints: Checkpoints,
    private readonly place: SpoolPlace,
  ) {}

  static async open(place: SpoolPlace): Promise<SpoolStore> {
    const dir = join(place.dir, "spool");
    const log = await openEmbeddedBus({ dir, prefix: "", fsync: place.fsync });
    // Nothing is ever dropped by age or size: who writes looks at `bytes` and waits.
    const retention = { retentionMs: FOREVER_MS, retentionBytes: 2 * place.max_bytes + PUBLISH_BYTES_MAX };
    await log.ensureTopics(place.topics.map((topic) => ({ ...topic, ...retention })));
    const store = new SpoolStore(log, await openFileCheckpoints(join(dir, "sent")), place);
    await store.measure();
    return store;
  }

  /** What an earlier run left. */
  async extents(): Promise<Extent[]> {
    const all: Extent[] = [];
    for (const { name: topic, partitions } of this.place.topics) {
      const positions: Position[] = [];
      for (let partition = 0; partition < partitions; partition++) {
        const { log_id, start, end } = await this.log.info(topic, partition);
        const { found } = await this.checkpoints.load(key(topic, partition));
        const known = found.find((one) => one.log_id === log_id && one.position <= end)?.position ?? start;
        // Only what had been sent is ever trimmed.
        const position = Math.max(known, start);
        positions.push(position);
        all.push({ topic, partition, position, end });
      }
      this.sent.set(topic, positions);
    }
    return all;
  }

  /** Resolves with the end of the partition once the records are durable. */
  async append(topic: string, partition: number, values: readonly string[], bytes: number): Promise<Position> {
    const { first, count } = await this.log.publish(topic, partition, values);
    this.bytes += bytes;
    return first + count;
  }

  follow(topic: string, partition: number, from: Position, signal: AbortSignal): AsyncIterable<Batch> {
    return this.log.follow(topic, partition, from, { signal });
  }

  /** The newest records that are not on the bus yet. */
  async tail(topic: string, limit: number): Promise<Batch[]> {
    const sent = this.sent.get(topic);
    if (sent === undefined) return [];
    const batches = await this.log.tail(topic, limit);
    return batches.flatMap((batch) => {
      const cut = Math.max(0, sent[batch.partition]! - batch.first);
      return cut >= batch.values.length
        ? []
        : [{ ...batch, values: batch.values.slice(cut), first: batch.first + cut }];
    });
  }

  /** The bus has everything before `position`. */
  async sentTo(topic: string, partition: number, position: Position, { log_id, time_ms }: Batch): Promise<void> {
    const where = { log_id, position, code_version: VERSION, settings_hash: "", saved_ms: time_ms, state: null };
    // Where it cannot be written down, a start after a kill sends some records again: readers know them by their ids.
    await this.checkpoints.save(key(topic, partition), where).catch(() => undefined);
    const positions = this.sent.get(topic)!;
    positions[partition] = position;
    await this.log.trim(topic, positions);
    await this.measure();
  }

  async close(): Promise<void> {
    await this.checkpoints.close();
    await this.log.close();
  }

  private async measure(): Promise<void> {
    const { topics } = await this.log.stats();
    this.bytes = topics.reduce((sum, { bytes }) => sum + bytes, 0);
  }
}

const key = (topic: string, partition: number): string => `${topic.replaceAll(".", "_")}-${partition}`;
