import { TapebellError } from "../../core/errors.ts";
import type { TopicSpec } from "../../core/topics.ts";
import type { Block } from "./codec.ts";
import { busClosed, toWire } from "./errors.ts";
import { checkSpec, TAIL_RECORDS_MAX, WORK_TAKE_MAX } from "./limits.ts";
import type { Report } from "./problems.ts";
import type { Answer, Reply, Request, Run } from "./protocol.ts";
import { type Group, type GroupStore, type Parked, type ParkedRead, Topic } from "./topic.ts";
import type { Append, TopicLog } from "./topic-log.ts";

/** What differs between a bus in memory and one on disk. */
export interface BrokerParts {
  openTopic(fullName: string, spec: TopicSpec): { readonly log: TopicLog; readonly groups: GroupStore | null };
  now(): number;
  /** Runs soon, after what is already waiting: everything published until then is one commit. */
  defer(run: () => void): void;
  /** Runs at about that time; answers how to call it off. */
  at(time_ms: number, run: () => void): () => void;
  report: Report;
}

interface Waiting {
  readonly partition: number;
  readonly blocks: readonly Block[];
  readonly reply: (reply: Reply) => void;
}

export interface BrokerStats {
  readonly topics: readonly {
    readonly topic: string;
    readonly bytes: number;
    readonly segments: number;
    readonly partitions: readonly { readonly start: number; readonly end: number }[];
  }[];
  readonly connections: number;
  readonly commits: number;
  readonly records: number;
  /** Publishes refused by the storage. */
  readonly failures: number;
}

/** Topics, followers and groups behind every connection of one bus. Does one thing at a time; never waits. */
export class Broker {
  private readonly topics = new Map<string, Topic>();
  private readonly prefixes = new Map<number, string>();
  private readonly waiting = new Map<Topic, Waiting[]>();
  private readonly acked = new Map<Group, { topic: Topic; replies: ((reply: Reply) => void)[] }>();
  private flushDue = false;
  private lastConnection = 0;
  /** Member of a work group → its connection. */
  private readonly members = new Map<number, number>();
  private lastMember = 0;
  private commits = 0;
  private records = 0;
  private failures = 0;
  private closed = false;

  constructor(private readonly parts: BrokerParts) {}

  connect(prefix: string): number {
    this.lastConnection++;
    this.prefixes.set(this.lastConnection, prefix);
    return this.lastConnection;
  }

  /** The connection is gone: what it waited for is forgotten, what it held is free. */
  disconnect(connection: number): void {
    this.prefixes.delete(connection);
    const gone = new Set([...this.members].filter(([, of]) => of === connection).map(([member]) => member));
    for (const member of gone) this.members.delete(member);
    for (const topic of this.topics.values()) {
      topic.reads.forEach((reads, p) => {
        topic.reads[p] = reads.filter((read) => read.connection !== connection);
      });
      for (const group of topic.groups.values()) {
        group.takers = group.takers.filter((take) => take.connection !== connection);
        group.state.drop(gone);
        this.serveTakers(topic, group);
      }
    }
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
    if ("partition" in request) checkPartition(topic, request.partition);
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
      case "join":
        topic.group(request.group, request.from);
        this.lastMember++;
        this.members.set(this.lastMember, connection);
        return answer(this.lastMember);
      case "take": {
        const group = topic.group(request.group, "earliest");
        const { member, maxInFlight, claimAfterMs } = request;
        group.takers.push({ connection, id, reply, member, limits: { max: WORK_TAKE_MAX, maxInFlight, claimAfterMs } });
        this.serveTakers(topic, group);
        return null;
      }
      case "ack":
      case "release": {
        const group = topic.group(request.group, "earliest");
        if (request.op === "ack") group.state.ack(request.items);
        else group.state.release(request.member, request.items);
        const acked = this.acked.get(group);
        if (acked === undefined) this.acked.set(group, { topic, replies: [reply] });
        else acked.replies.push(reply);
        this.flushSoon();
        return null;
      }
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
      throw new TapebellError(
        "usage",
        "topic_changed",
        `topic ${name} exists with ${known.spec.partitions} partitions, durable ${known.spec.durable}; ` +
          `asked for ${spec.partitions}, durable ${spec.durable}`,
        { hint: "partitions and durability of a topic cannot change while it is in use" },
      );
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
    for (const [group, { topic, replies }] of this.acked) {
      this.acked.delete(group);
      const outcome = attempt(() => topic.save(group));
      for (const reply of replies) reply(outcome);
      this.serveTakers(topic, group);
    }
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
    for (const group of topic.groups.values()) this.serveTakers(topic, group);
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

  private serveTakers(topic: Topic, group: Group): void {
    group.cancelTimer?.();
    group.cancelTimer = null;
    const now_ms = this.parts.now();
    const takers = group.takers;
    group.takers = [];
    for (const take of takers) {
      try {
        const items = topic.take(group, take.member, take.limits, now_ms);
        if (items.length === 0) group.takers.push(take);
        else take.reply({ ok: true, value: items });
      } catch (error) {
        take.reply({ ok: false, error: toWire(error) });
      }
    }
    this.sayExpired(topic, group, now_ms);
    const expiry = group.state.nextExpiry();
    if (group.takers.length > 0 && expiry !== null)
      group.cancelTimer = this.parts.at(expiry, () => this.serveTakers(topic, group));
  }

  private sayExpired(topic: Topic, group: Group, now_ms: number): void {
    const count = group.state.expired - group.expiredSaid;
    if (count === 0) return;
    group.expiredSaid = group.state.expired;
    const text =
      `${count} records of ${topic.name} left the log before group ${group.name} was done with them; ` +
      "give the topic a longer retention or the group more members";
    this.parts.report({ at_ms: now_ms, topic: topic.name, code: "work_expired", text, lost: [] });
  }

  private topic(connection: number, name: string): Topic {
    const fullName = this.fullName(connection, name);
    const topic = this.topics.get(fullName);
    if (topic === undefined)
      throw new TapebellError("usage", "unknown_topic", `there is no topic ${fullName} on this bus`, {
        hint: "topics are made by ensureTopics; check the name and the prefix",
      });
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

function attempt(step: () => void): Reply {
  try {
    step();
    return { ok: true, value: null };
  } catch (error) {
    return { ok: false, error: toWire(error) };
  }
}

function checkPartition(topic: Topic, partition: number): void {
  if (!Number.isInteger(partition) || partition < 0 || partition >= topic.spec.partitions)
    throw new TapebellError("usage", "unknown_partition", `topic ${topic.name} has no partition ${partition}`, {
      hint: `it has ${topic.spec.partitions}, counted from 0`,
    });
}

const positionAhead = (topic: string, partition: number, position: number, end: number) =>
  new TapebellError(
    "corrupt",
    "position_ahead",
    `position ${position} of ${topic}/${partition} is beyond the end of the log (${end})`,
    { hint: "the position comes from another log, or the log was put back from an older copy: start at earliest" },
  );
