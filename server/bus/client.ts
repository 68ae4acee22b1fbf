import type {
  Ack,
  Batch,
  Bus,
  FollowOptions,
  PartitionInfo,
  Position,
  StartAt,
  WorkItem,
  WorkOptions,
} from "../../core/ports/bus.ts";
import type { TopicSpec } from "../../core/topics.ts";
import { decodeBlock, encode, release } from "./codec.ts";
import { ByteCredit } from "./credit.ts";
import { busClosed } from "./errors.ts";
import { follow } from "./follow.ts";
import { TAIL_RECORDS_MAX } from "./limits.ts";
import type { Run, Transport } from "./protocol.ts";
import { work } from "./work.ts";

/** The port over any way to a broker; every reader pulls, every writer has bounded credit. */
export class BusClient implements Bus {
  private readonly credit = new ByteCredit();
  private closing: Promise<void> | null = null;

  constructor(
    readonly engine: string,
    private readonly transport: Transport,
  ) {}

  async ensureTopics(topics: readonly TopicSpec[]): Promise<void> {
    this.open();
    // Only what the broker needs, as plain data: a spec may carry more than a port can copy.
    const plain = topics.map((topic) => ({ ...topic, readers: [...topic.readers] }));
    await this.transport.call<"ensure">({ op: "ensure", topics: plain }).answer;
  }

  async publish(topic: string, partition: number, values: readonly string[]): Promise<Ack> {
    this.open();
    if (values.length === 0) {
      const { log_id, end } = await this.info(topic, partition);
      return { log_id, first: end, count: 0 };
    }
    const blocks = encode(topic, values);
    const bytes = blocks.reduce((sum, block) => sum + block.bytes.length, 0);
    const turn = this.credit.take(bytes);
    if (turn !== null) await turn;
    try {
      this.open();
      return await this.transport.call<"publish">({ op: "publish", topic, partition, blocks }).answer;
    } finally {
      this.credit.give(bytes);
    }
  }

  follow(topic: string, partition: number, from: StartAt, options: FollowOptions = {}): AsyncIterable<Batch> {
    this.open();
    return follow(this.transport, topic, partition, from, options);
  }

  work(topic: string, group: string, options: WorkOptions = {}): AsyncIterable<WorkItem> {
    this.open();
    return work(this.transport, topic, group, options);
  }

  info(topic: string, partition: number): Promise<PartitionInfo> {
    this.open();
    return this.transport.call<"info">({ op: "info", topic, partition }).answer;
  }

  positionAt(topic: string, partition: number, time_ms: number): Promise<Position> {
    this.open();
    return this.transport.call<"positionAt">({ op: "positionAt", topic, partition, time_ms }).answer;
  }

  lag(topic: string, partition: number, reader: Position | { readonly group: string }): Promise<number> {
    this.open();
    return this.transport.call<"lag">({ op: "lag", topic, partition, reader }).answer;
  }

  async tail(topic: string, limit: number): Promise<Batch[]> {
    this.open();
    const wanted = Math.max(0, Math.min(Math.floor(limit), TAIL_RECORDS_MAX));
    if (wanted === 0) return [];
    const runs = await this.transport.call<"tail">({ op: "tail", topic, limit: wanted }).answer;
    let over = runs.reduce((sum, run) => sum + run.counts[0]!, 0) - wanted;
    return runs.map((run) => {
      const cut = Math.max(0, over);
      over = 0;
      return tailBatch(topic, run, cut);
    });
  }

  /** Frees what no reader wants any more: for logs with one reader that says how far it has come. */
  async trim(topic: string, before: readonly Position[]): Promise<void> {
    this.open();
    await this.transport.call<"trim">({ op: "trim", topic, before }).answer;
  }

  close(): Promise<void> {
    this.closing ??= this.transport.close();
    return this.closing;
  }

  private open(): void {
    if (this.closing !== null) throw busClosed();
  }
}

function tailBatch(topic: string, run: Run, cut: number): Batch {
  const values: string[] = [];
  decodeBlock(run.bytes, 0, values);
  release(run.bytes);
  return {
    log_id: run.log_id,
    topic,
    partition: run.partition,
    first: run.first + cut,
    next: run.first + values.length,
    values: values.slice(cut),
    time_ms: run.times_ms[0]!,
  };
}
