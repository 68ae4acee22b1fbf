import { MARKET_PARTITIONS } from "../../core/partition.ts";
import type { Bus, PartitionInfo } from "../../core/ports/bus.ts";
import type { Checkpoints } from "../../core/ports/checkpoints.ts";
import type { Clock } from "../../core/ports/clock.ts";
import { TOPICS } from "../../core/topics.ts";
import { idOf, type Place, type Reached } from "../../server/feeds/replay/place.ts";
import { decode } from "./decode.ts";
import { marketRecord } from "./market-record.ts";

const KEY = "replay-feed";
const VERSION = "1";
const SAVE_EVERY_MS = 1_000;

interface Saved extends Place {
  /** Where each partition of the market log ended then. */
  readonly ends: readonly number[];
}

export interface ReplayProgressOptions {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly checkpoints: Checkpoints;
  /** All that was handed on is durable. */
  readonly drain: () => Promise<void>;
}

/**
 * How much of its source a replay has put on the tape. Saved about once a second; what came on the tape after that is
 * found there by its ids. So a feed that starts again, however the last one ended, says no record twice and leaves none out.
 */
export class ReplayProgress {
  private place: Place | null = null;
  private saved_ms = 0;

  constructor(private readonly options: ReplayProgressOptions) {}

  async load(): Promise<Reached | null> {
    const infos = await this.infos();
    const { found } = await this.options.checkpoints.load(KEY);
    const checkpoint = found.find((one) => one.code_version === VERSION && one.log_id === infos[0]!.log_id);
    if (checkpoint === undefined) return null;
    const { ends, ...place } = checkpoint.state as Saved;
    const known = new Set<string>();
    for (const [partition, { start, end }] of infos.entries()) {
      // A log that lost its end has nothing behind it: what is missing there is said by who reads it.
      const from = Math.max(start, Math.min(ends[partition] ?? start, end));
      await this.idsBehind(partition, from, end, known);
    }
    return { ...place, known };
  }

  /** Called with every batch. */
  async reached(place: Place): Promise<void> {
    this.place = place;
    if (place.ended || this.options.clock.now() - this.saved_ms >= SAVE_EVERY_MS) await this.save();
  }

  async save(): Promise<void> {
    const { bus: _, checkpoints, clock, drain } = this.options;
    const { place } = this;
    if (place === null) return;
    this.saved_ms = clock.now();
    await drain();
    const infos = await this.infos();
    const state: Saved = { ...place, ends: infos.map(({ end }) => end) };
    await checkpoints.save(KEY, {
      log_id: infos[0]!.log_id,
      position: place.count,
      code_version: VERSION,
      settings_hash: "",
      saved_ms: this.saved_ms,
      state,
    });
  }

  private infos(): Promise<PartitionInfo[]> {
    const { bus } = this.options;
    return Promise.all(Array.from({ length: MARKET_PARTITIONS }, (_, p) => bus.info(TOPICS.market.name, p)));
  }

  private async idsBehind(partition: number, from: number, end: number, known: Set<string>): Promise<void> {
    if (from >= end) return;
    const done = new AbortController();
    for await (const batch of this.options.bus.follow(TOPICS.market.name, partition, from, { signal: done.signal })) {
      for (const value of decode<unknown>(batch.values, () => undefined)) {
        const record = marketRecord(value);
        if (typeof record !== "string") known.add(idOf(record));
      }
      if (batch.next >= end) done.abort();
    }
  }
}
