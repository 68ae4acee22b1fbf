import type { DeadLetter, MarketRecord, Origin, PartStatus } from "../../core/messages/index.ts";
import { MARKET_PARTITIONS, partitionOf } from "../../core/partition.ts";
import type { Bus } from "../../core/ports/bus.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { FeedSink } from "../../core/ports/feed.ts";
import { TOPICS } from "../../core/topics.ts";
import { Outputs } from "./outputs.ts";

const RAW_MAX = 16_384;

/**
 * Writes a feed's records to `tape.market`: a symbol's to its partition, what concerns all symbols to every partition,
 * in the order given. A heartbeat can therefore never overtake the trades it vouches for.
 */
export class MarketSink implements FeedSink {
  private readonly outputs: Outputs;
  private readonly clock: Clock;
  private readonly origin: Origin;
  readonly counters: Record<string, number> = { rejected: 0 };
  newest_ts_ms: number | null = null;
  lastStatus: PartStatus | null = null;

  constructor(bus: Bus, clock: Clock, origin: Origin) {
    this.outputs = new Outputs(bus);
    this.clock = clock;
    this.origin = origin;
  }

  async emit(records: readonly MarketRecord[]): Promise<void> {
    const put = (partition: number, text: string): void => this.outputs.add(TOPICS.market.name, text, partition);
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
    await this.outputs.flush();
  }

  status(status: PartStatus): void {
    this.lastStatus = { ...status, counters: { ...status.counters, ...this.counters } };
    this.outputs.add(TOPICS.status.name, JSON.stringify(this.lastStatus));
    this.outputs.send();
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
    this.outputs.add(TOPICS.deadLetter.name, JSON.stringify(letter));
    this.outputs.send();
  }

  /** All that was emitted is durable. A trade the log refused is not passed over: the role fails and is started again. */
  drain(): Promise<void> {
    return this.outputs.drain();
  }
}
