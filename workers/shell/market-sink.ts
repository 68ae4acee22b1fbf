import type { DeadLetter, MarketRecord, Origin, PartStatus } from "../../core/messages/index.ts";
import { MARKET_PARTITIONS, partitionOf } from "../../core/partition.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { FeedSink } from "../../core/ports/feed.ts";
import { TOPICS } from "../../core/topics.ts";
import type { Publisher } from "./outlet.ts";
import { Outputs } from "./outputs.ts";
import { count } from "./tally.ts";

const RAW_MAX = 16_384;

/** What is told of the records that pass, beside writing them: counters and log lines. */
export interface SinkWatch {
  /** What a feed says of itself, and what it has given by kind. */
  status?(status: PartStatus, received?: Readonly<Record<string, number>>): PartStatus;
  rejected?(reason: string, detail: string): void;
}

/**
 * Writes a feed's records to `tape.market`: a symbol's to its partition, what concerns all symbols to every partition,
 * in the order given. A heartbeat can therefore never overtake the trades it vouches for.
 */
export class MarketSink implements FeedSink {
  readonly outputs: Outputs;
  /** Given to be written, by provider and kind; a record of every partition counts once. */
  readonly received: Record<string, Record<string, number>> = {};
  /** Dead letters for which there was no room. */
  lettersDropped = 0;
  rejects = 0;
  newest_ts_ms: number | null = null;

  constructor(
    publisher: Publisher,
    private readonly clock: Clock,
    private readonly origin: Origin,
    private readonly watch: SinkWatch = {},
  ) {
    this.outputs = new Outputs(publisher);
  }

  async emit(records: readonly MarketRecord[]): Promise<void> {
    const { outputs } = this;
    for (const record of records) {
      const text = JSON.stringify(record);
      const { kind } = record;
      this.receive("provider" in record ? record.provider : "", kind);
      if (!("symbol" in record) || record.symbol === "*") {
        for (let p = 0; p < MARKET_PARTITIONS; p++) outputs.add(TOPICS.market.name, text, p, p === 0 ? kind : "");
      } else {
        outputs.add(TOPICS.market.name, text, partitionOf(record.symbol), kind);
        if (kind === "trade" && record.ts_ms > (this.newest_ts_ms ?? 0)) this.newest_ts_ms = record.ts_ms;
      }
    }
    await outputs.flush();
  }

  status(status: PartStatus): void {
    const received = this.received[status.part.replace(/^feed:/, "")];
    this.outputs.add(TOPICS.status.name, JSON.stringify(this.watch.status?.(status, received) ?? status));
    this.outputs.send();
  }

  reject(reason: string, detail: string, raw: string): void {
    this.rejects++;
    this.watch.rejected?.(reason, detail);
    const { waiting, capacity } = this.outputs.fill;
    if (waiting > capacity) {
      this.lettersDropped++;
      return;
    }
    const now_ms = this.clock.now();
    const letter: DeadLetter = {
      kind: "dead_letter",
      origin: this.origin,
      id: `ingest|${reason}|${now_ms}|${this.rejects}`,
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

  private receive(provider: string, kind: string): void {
    const counts = this.received[provider] ?? {};
    this.received[provider] = counts;
    count(counts, kind);
  }
}
