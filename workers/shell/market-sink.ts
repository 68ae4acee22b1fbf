import type { DeadLetter, MarketRecord, Origin, PartStatus } from "../../core/messages/index.ts";
import { MARKET_PARTITIONS, partitionOf } from "../../core/partition.ts";
import type { Bus } from "../../core/ports/bus.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { FeedSink } from "../../core/ports/feed.ts";
import { TOPICS } from "../../core/topics.ts";

/** Batches on their way to the log, at most, over all partitions; then the feed waits. */
const IN_FLIGHT_MAX = 64;
const RAW_MAX = 16_384;

/**
 * Writes a feed's records to `tape.market`: a symbol's to its partition, what concerns all symbols to every partition,
 * in the order given. A heartbeat can therefore never overtake the trades it vouches for.
 */
export class MarketSink implements FeedSink {
  private readonly bus: Bus;
  private readonly clock: Clock;
  private readonly origin: Origin;
  private readonly inFlight = new Set<Promise<unknown>>();
  private failure: unknown = null;
  readonly counters: Record<string, number> = { rejected: 0 };
  newest_ts_ms: number | null = null;
  lastStatus: PartStatus | null = null;

  constructor(bus: Bus, clock: Clock, origin: Origin) {
    this.bus = bus;
    this.clock = clock;
    this.origin = origin;
  }

  async emit(records: readonly MarketRecord[]): Promise<void> {
    const perPartition: string[][] = [];
    const put = (partition: number, text: string): void => {
      const values = perPartition[partition];
      if (values === undefined) perPartition[partition] = [text];
      else values.push(text);
    };
    for (const record of records) {
      const text = JSON.stringify(record);
      this.counters[record.kind] = (this.counters[record.kind] ?? 0) + 1;
      if (!("symbol" in record) || record.symbol === "*") {
        for (let partition = 0; partition < MARKET_PARTITIONS; partition++) put(partition, text);
      } else {
        put(partitionOf(record.symbol), text);
        if (record.kind === "trade" && record.ts_ms > (this.newest_ts_ms ?? 0)) this.newest_ts_ms = record.ts_ms;
      }
    }
    perPartition.forEach((values, partition) => {
      this.track(this.bus.publish(TOPICS.market.name, partition, values));
    });
    await this.room();
  }

  status(status: PartStatus): void {
    this.lastStatus = { ...status, counters: { ...status.counters, ...this.counters } };
    this.track(this.bus.publish(TOPICS.status.name, 0, [JSON.stringify(this.lastStatus)]));
  }

  reject(reason: string, detail: string, raw: string): void {
    this.counters.rejected = (this.counters.rejected ?? 0) + 1;
    const now_ms = this.clock.now();
    const letter: DeadLetter = {
      kind: "dead_letter",
      origin: this.origin,
      id: `ingest|${reason}|${now_ms}|${this.counters.rejected}`,
      where: "ingest",
      reason,
      detail: detail.slice(0, 500),
      symbol: null,
      ts_ms: now_ms,
      raw: raw.slice(0, RAW_MAX),
    };
    this.track(this.bus.publish(TOPICS.deadLetter.name, 0, [JSON.stringify(letter)]));
  }

  /** All that was emitted is durable. */
  async drain(): Promise<void> {
    await Promise.all(this.inFlight);
    this.check();
  }

  private track(publish: Promise<unknown>): void {
    const sent: Promise<unknown> = publish
      .catch((cause: unknown) => {
        this.failure ??= cause;
      })
      .finally(() => this.inFlight.delete(sent));
    this.inFlight.add(sent);
  }

  private async room(): Promise<void> {
    while (this.inFlight.size >= IN_FLIGHT_MAX) await Promise.race(this.inFlight);
    this.check();
  }

  /** A trade the log refused may not be passed over in silence: the role fails, says why and is started again. */
  private check(): void {
    if (this.failure !== null) throw this.failure;
  }
}
