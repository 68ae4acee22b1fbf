import type { TopicSpec } from "../../core/topics.ts";
import type { BrokerParts, BrokerStats } from "./broker-parts.ts";
import type { Block } from "./codec.ts";
import { busClosed, checkPartition, positionAhead, topicChanged, toWire, unknownTopic } from "./errors.ts";
import { GroupDesk } from "./group-desk.ts";
import { checkSpec, TAIL_RECORDS_MAX } from "./limits.ts";
import type { Answer, Reply, Request, Run } from "./protocol.ts";
import { type Parked, type ParkedRead, Topic } from "./topic.ts";
import type { Append } from "./topic-log.ts";

interface Waiting {
  readonly partition: number;
  readonly blocks: readonly Block[];
  readonly reply: (reply: Reply) => void;
}

/** Topics, followers and groups behind every connection of one bus. Does one thing at a time; never waits. */
export class Broker {
  private readonly topics = new Map<string, Topic>();
  private readonly prefixes = new Map<number, string>();
  private readonly waiting = new Map<Topic, Waiting[]>();
  private flushDue = false;
  private lastConnection = 0;
  private commits = 0;
  private records = 0;
  private failures = 0;
  private closed = false;

  private readonly groups: GroupDesk;

  constructor(private readonly parts: BrokerParts) {
    this.groups = new GroupDesk(parts);
  }

  connect(prefix: string): number {
    this.lastConnection++;
    this.prefixes.set(this.lastConnection, prefix);
    return this.lastConnection;
  }

  /** The connection is gone: what it waited for is forgotten, what it held is free. */
  disconnect(connection: number): void {
    this.prefixes.delete(connection);
    for (const topic of this.topics.values())
      topic.reads.forEach((reads, p) => {
        topic.reads[p] = reads.filter((read) => read.connection !== connection);
      });
    this.groups.disconnect(connection, this.topics.values());
  }

  cancel(connection: number, id: number): void {
    const others = (parked: Parked) => parked.connection !== connection || parked.id !== id;
    for (const topic of this.topics.values()) {
      topic.reads.forEach((reads, p) => {
        if (reads.length > 0) topic.reads[p] = reads.filter(others);
      });
      for (const group of topic.groups.values()) group.takers = group.takers.filter(others);
    }
  }

  handle(connection: number, id: number, request: Request, reply: (reply: Reply) => void): void {
    try {
      if (this.closed) throw busClosed();
      const now = this.route(connection, id, request, reply);
      if (now !== null) reply(now);
    } catch (error) {
      reply({ ok: false, error: toWire(error) });
    }
  }

  retain(): void {
    const now_ms = this.parts.now();
    for (const topic of this.topics.values()) topic.log.retain(now_ms);
  }

  stats(): BrokerStats {
    return {
      topics: [...this.topics.values()].map((topic) => ({
        topic: topic.name,
        ...topic.log.stats(),
        partitions: topic.reads.map((_, p) => {
          const { start, end } = topic.log.info(p);
          return { start, end };
        }),
      })),
      connections: this.prefixes.size,
      commits: this.commits,
      records: this.records,
      failures: this.failures,
    };
  }

  close(): void {
    if (this.closed) return;
    this.flush();
    this.closed = true;
    for (const topic of this.topics.values()) topic.close();
    this.topics.clear();
  }

  /** The answer, or null when it comes later by `reply`. */
  private route(connection: number, id: number, request: Request, reply: (reply: Reply) => void): Reply | null {
    if (request.op === "ensure") {
      for (const spec of request.topics) this.ensure(connection, spec);
      return answer(null);
    }
    const topic = this.topic(connection, request.topic);
    if ("partition" in request) checkPartition(topic.name, request.partition, topic.spec.partitions);
    switch (request.op) {
      case "publish":
        this.publish(topic, { partition: request.partition, blocks: request.blocks, reply });
        return null;
      case "read":
        return this.read(topic, request.partition, { connection, id, from: request.from, reply });
      case "start": {
        const { log_id, start, end } = topic.log.info(request.partition);
        const { from } = request;
        return answer({ log_id, position: from === "earliest" ? start : from === "latest" ? end : from });
      }
      case "info":
        return answer(topic.log.info(request.partition));
      case "positionAt":
        return answer(topic.log.positionAt(request.partition, request.time_ms));
      case "lag":
        return answer(topic.lag(request.partition, request.reader));
      case "tail": {
        const runs = topic.tail(Math.min(request.limit, TAIL_RECORDS_MAX));
        return { ok: true, value: runs, transfer: runs.map((run) => run.bytes.buffer) };
      }
      case "trim":
        topic.log.trim(request.before);
        return answer(null);
      case "join":
        return answer(this.groups.join(topic, connection, request));
      case "take":
        this.groups.take(topic, { connection, id, reply }, request);
        return null;
      case "ack":
      case "release":
        this.groups.change(topic, request, reply);
        this.flushSoon();
        return null;
    }
  }

  private read(topic: Topic, partition: number, read: ParkedRead): Reply | null {
    const { end } = topic.log.info(partition);
    if (read.from > end) throw positionAhead(topic.name, partition, read.from, end);
    const run = topic.run(partition, read.from);
    if (run !== null) return runReply(run);
    topic.reads[partition]!.push(read);
    return null;
  }

  private ensure(connection: number, spec: TopicSpec): void {
    checkSpec(spec);
    const name = this.fullName(connection, spec.name);
    const known = this.topics.get(name);
    if (known === undefined) {
      const { log, groups } = this.parts.openTopic(name, spec);
      this.topics.set(name, new Topic(name, spec, log, groups));
      return;
    }
    if (known.spec.partitions !== spec.partitions || known.spec.durable !== spec.durable)
      throw topicChanged(name, known.spec, spec);
    known.spec = spec;
    known.log.setRetention(spec.retentionMs, spec.retentionBytes);
  }

  private publish(topic: Topic, waiting: Waiting): void {
    const queue = this.waiting.get(topic);
    if (queue === undefined) this.waiting.set(topic, [waiting]);
    else queue.push(waiting);
    this.flushSoon();
  }

  private flushSoon(): void {
    if (this.flushDue) return;
    this.flushDue = true;
    this.parts.defer(() => this.flush());
  }

  private flush(): void {
    this.flushDue = false;
    if (this.closed) return;
    for (const [topic, queue] of this.waiting) {
      this.waiting.delete(topic);
      this.commit(topic, queue);
    }
    this.groups.flush();
  }

  private commit(topic: Topic, queue: readonly Waiting[]): void {
    let firsts: number[];
    try {
      const parts: Append[] = queue.map(({ partition, blocks }) => ({ partition, blocks }));
      firsts = topic.log.append(parts, this.parts.now());
    } catch (error) {
      this.failures += queue.length;
      const failed: Reply = { ok: false, error: toWire(error) };
      for (const { reply } of queue) reply(failed);
      return;
    }
    this.commits++;
    const touched = new Set<number>();
    queue.forEach(({ partition, blocks, reply }, i) => {
      const count = blocks.reduce((sum, block) => sum + block.count, 0);
      this.records += count;
      touched.add(partition);
      reply({ ok: true, value: { log_id: topic.log.logId, first: firsts[i]!, count } });
    });
    for (const partition of touched) this.serveReads(topic, partition);
    for (const group of topic.groups.values()) this.groups.serve(topic, group);
  }

  private serveReads(topic: Topic, partition: number): void {
    const reads = topic.reads[partition]!;
    if (reads.length === 0) return;
    topic.reads[partition] = [];
    for (const read of reads) {
      try {
        const run = topic.run(partition, read.from);
        if (run === null) topic.reads[partition].push(read);
        else read.reply(runReply(run));
      } catch (error) {
        read.reply({ ok: false, error: toWire(error) });
      }
    }
  }

  private topic(connection: number, name: string): Topic {
    const fullName = this.fullName(connection, name);
    const topic = this.topics.get(fullName);
    if (topic === undefined) throw unknownTopic(fullName);
    return topic;
  }

  private fullName(connection: number, name: string): string {
    const prefix = this.prefixes.get(connection);
    if (prefix === undefined) throw busClosed();
    return prefix + name;
  }
}

const answer = (value: Answer): Reply => ({ ok: true, value });

const runReply = (run: Run): Reply => ({ ok: true, value: run, transfer: [run.bytes.buffer] });
