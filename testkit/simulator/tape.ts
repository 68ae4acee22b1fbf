import type { Ack, Batch, Bus, FollowOptions, PartitionInfo, StartAt } from "../../core/ports/bus.ts";
import type { TopicSpec } from "../../core/topics.ts";
import { createMemoryTape, type MemoryTape } from "../../server/bus/memory/memory-bus.ts";
import { type FaultPlan, fault } from "./faults.ts";
import type { Random } from "./random.ts";
import { Process, type Scheduler } from "./scheduler.ts";

interface Hole {
  readonly from: number;
  readonly to: number;
}

const BATCHES = [3, 25, 200, 5_000];

/**
 * The logs of a run and everything that can go wrong on the way to and from them. What is published stays for ever behind
 * the holes: who judges the run sees the whole tape.
 */
export class SimTape {
  private readonly tape: MemoryTape;
  /** Sees everything, waits for nothing. */
  readonly inner: Bus;
  private readonly ends = new Map<string, number>();
  private readonly holes = new Map<string, Hole[]>();
  plan: FaultPlan;

  constructor(
    readonly scheduler: Scheduler,
    plan: FaultPlan,
    readonly random: Random,
  ) {
    this.plan = plan;
    let logs = 0;
    this.tape = createMemoryTape(scheduler.clockOf(new Process("tape", 0)), () => `log-${logs++}`);
    this.inner = this.tape.bus();
  }

  connect(process: Process): Bus {
    return new SimBus(this, process, this.tape.bus());
  }

  end(topic: string, partition = 0): number {
    return this.ends.get(`${topic}/${partition}`) ?? 0;
  }

  grown(topic: string, partition: number, ack: Ack): void {
    this.ends.set(`${topic}/${partition}`, ack.first + ack.count);
  }

  drop(topic: string, partition: number, from: number, to: number): void {
    if (to <= from) return;
    const key = `${topic}/${partition}`;
    this.scheduler.note(`${key}: records ${from}–${to - 1} vanish`);
    this.holes.set(key, [...(this.holes.get(key) ?? []), { from, to }]);
  }

  holesOf(topic: string, partition = 0): readonly Hole[] {
    return this.holes.get(`${topic}/${partition}`) ?? [];
  }

  isGone(topic: string, partition: number, position: number): boolean {
    return this.holesOf(topic, partition).some((hole) => position >= hole.from && position < hole.to);
  }

  /** All that was ever published, holes or not. */
  async all(topic: string, partition = 0): Promise<{ value: string; time_ms: number }[]> {
    const found: { value: string; time_ms: number }[] = [];
    const end = this.end(topic, partition);
    if (end === 0) return found;
    const stop = new AbortController();
    for await (const batch of this.inner.follow(topic, partition, 0, { signal: stop.signal })) {
      for (const value of batch.values) found.push({ value, time_ms: batch.time_ms });
      if (batch.next >= end) stop.abort();
    }
    return found;
  }
}

/** One process's connection. Every call waits for its turn before and after it takes effect: a crash may fall between. */
class SimBus implements Bus {
  readonly engine = "simulated";
  /** Order per topic and partition is the port's promise; the calls of one process queue up here. */
  private readonly lines = new Map<string, Promise<unknown>>();

  constructor(
    private readonly tape: SimTape,
    private readonly process: Process,
    private readonly inner: Bus,
  ) {}

  ensureTopics(topics: readonly TopicSpec[]): Promise<void> {
    return this.inner.ensureTopics(topics);
  }

  async publish(topic: string, partition: number, values: readonly string[]): Promise<Ack> {
    const key = `${topic}/${partition}`;
    const before = this.lines.get(key) ?? Promise.resolve();
    const applied = before.then(() => this.apply(topic, partition, values));
    this.lines.set(
      key,
      applied.catch(() => undefined),
    );
    const ack = await applied;
    await this.turn(`hears of ${key} ${ack.first}+${ack.count}`);
    return ack;
  }

  async *follow(topic: string, partition: number, from: StartAt, options: FollowOptions = {}): AsyncGenerator<Batch> {
    const { random } = this.tape;
    const maxRecords = Math.min(options.maxRecords ?? 5_000, random.pick(BATCHES));
    for await (const batch of this.inner.follow(topic, partition, from, { ...options, maxRecords })) {
      for (const part of this.readable(batch)) {
        await this.turn(`reads ${topic}/${partition} ${part.first}+${part.values.length}`);
        if (options.signal?.aborted) return;
        yield part;
      }
    }
  }

  work(...args: Parameters<Bus["work"]>): ReturnType<Bus["work"]> {
    return this.inner.work(...args);
  }

  async info(topic: string, partition: number): Promise<PartitionInfo> {
    await this.turn(`asks for ${topic}/${partition}`, false);
    const info = await this.inner.info(topic, partition);
    let { start } = info;
    while (start < info.end && this.tape.isGone(topic, partition, start)) start++;
    return { ...info, start };
  }

  positionAt(topic: string, partition: number, time_ms: number): Promise<number> {
    return this.inner.positionAt(topic, partition, time_ms);
  }

  lag(...args: Parameters<Bus["lag"]>): Promise<number> {
    return this.inner.lag(...args);
  }

  tail(topic: string, limit: number): Promise<Batch[]> {
    return this.inner.tail(topic, limit);
  }

  close(): Promise<void> {
    return this.inner.close();
  }

  private turn(what: string, mayBeSlow = true): Promise<void> {
    const { plan, random, scheduler } = this.tape;
    const delay_ms = mayBeSlow && random.chance(plan.slow) ? random.between(1, plan.slow_ms) : 0;
    return scheduler.turn(this.process, what, delay_ms);
  }

  private async apply(topic: string, partition: number, values: readonly string[]): Promise<Ack> {
    await this.turn(`publishes ${topic}/${partition} +${values.length}`);
    const { plan, random, scheduler } = this.tape;
    const chance = random.next();
    if (chance < plan.refused) {
      scheduler.note(`${topic}/${partition} refuses`);
      throw fault(`the bus refused ${values.length} records of ${topic}/${partition}`);
    }
    const ack = await this.inner.publish(topic, partition, values);
    this.tape.grown(topic, partition, ack);
    if (chance < plan.refused + plan.doneButRefused) {
      scheduler.note(`${topic}/${partition} takes ${ack.first}+${ack.count} and says it did not`);
      throw fault(`the answer of the bus to ${values.length} records of ${topic}/${partition} was lost`);
    }
    return ack;
  }

  /** What the holes leave of a batch, in runs without holes. */
  private readable(batch: Batch): Batch[] {
    const { topic, partition } = batch;
    if (this.tape.holesOf(topic, partition).length === 0) return [batch];
    const parts: Batch[] = [];
    let run: string[] = [];
    for (let at = 0; at <= batch.values.length; at++) {
      const position = batch.first + at;
      const isThere = at < batch.values.length && !this.tape.isGone(topic, partition, position);
      if (isThere) run.push(batch.values[at]!);
      else if (run.length > 0) {
        parts.push({ ...batch, first: position - run.length, next: position, values: run });
        run = [];
      }
    }
    return parts;
  }
}
