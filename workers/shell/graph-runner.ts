import { TapebellError } from "../../core/errors.ts";
import type { Bus, PartitionInfo } from "../../core/ports/bus.ts";
import type { Checkpoints } from "../../core/ports/checkpoints.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { StopSignal } from "../../core/ports/signal.ts";
import { TOPICS } from "../../core/topics.ts";
import { decode } from "./decode.ts";
import { isTransient, Newest } from "./newest.ts";
import type { Publisher } from "./outlet.ts";
import { Outputs } from "./outputs.ts";

/** What the shell needs to know of a graph: plain state, one step per record, a version that says when state is stale. */
export interface RunnableGraph<State> {
  readonly version: string;
  step(state: State, record: unknown, emit: (topic: string, record: object) => void): void;
}

/** What the disk or the database did, as against a mistake of ours: that one stops the role, and is seen. */
const isOutside = (cause: unknown): boolean =>
  cause instanceof TapebellError ? cause.kind === "outside" : cause instanceof Error && "code" in cause;

/** What the shell itself looks at of a record. */
type Readable = object & { readonly kind?: string; readonly ts_ms?: number };

/** Saving may take this share of a thread's time: a state that grows large is saved less often, and replayed further. */
const SAVING_SHARE_MAX = 0.1;

/** The last instant a time of ours can name. */
const TIME_MAX_MS = 8.64e15;

export interface LogJump {
  readonly from: number;
  readonly to: number;
  /** When the bus took the first records after the hole. */
  readonly to_ms: number;
}

export interface RunnerOptions<State> {
  readonly key: string;
  readonly topic: string;
  readonly partition: number;
  readonly bus: Bus;
  /** Told of what leaves the graph once it follows live. */
  readonly onOutput?: (topic: string, record: object) => void;
  /** A batch that the log took in at `taken_ms` is done with, once it follows live. */
  readonly onBatch?: (taken_ms: number) => void;
  /** Where outputs leave by; left out: straight to the bus. */
  readonly outlet?: Publisher;
  readonly checkpoints: Checkpoints;
  readonly clock: Clock;
  readonly graph: RunnableGraph<State>;
  readonly settingsHash: string;
  readonly checkpointEveryMs: number;
  /** So that sixteen partitions do not save in the same instant. */
  readonly checkpointOffsetMs: number;
  /** So many graphs share the thread's time. */
  readonly graphsInThread: number;
  /** State to start from when no checkpoint fits; the log is then replayed from its start. */
  readonly coldStart: (info: PartitionInfo) => Promise<State>;
  /** Records between the last position and where the log goes on are gone: what the graph, in this state, is told instead. */
  readonly jumpRecords: (jump: LogJump, state: State) => readonly object[];
  /** What the graph counted, out of its state. */
  readonly counts?: (state: State) => Readonly<Record<string, number>>;
  readonly onProblem: (text: string) => void;
  /** The record as the graph may take it, or why it may not. Left out: every record may be taken. */
  readonly read?: (value: unknown) => Readable | string;
  /** What is said of a text that is no record (`fault` says why), on the dead-letter topic; the same each time it is read. */
  readonly badRecord: (text: string, position: number, fault: string | null) => object | null;
  /** The text an output leaves as; left out: the record, a bar with the time at which it leaves. */
  readonly encode?: (record: object, now_ms: number) => string;
  /** Where to begin when no checkpoint fits, given the newest one of this log; left out: at the log's start. */
  readonly startAt?: (info: PartitionInfo, saved: number | null) => Promise<number>;
}

/**
 * Runs one graph over one partition: checkpoint or cold start, replay, step by step in the log's order, outputs durable
 * before the position is saved. Killing it at any point loses nothing: the replay says the same again.
 */
export class GraphRunner<State> {
  private readonly options: RunnerOptions<State>;
  private readonly outputs: Outputs;
  private state: State | null = null;
  private readonly newest = new Newest();
  position = 0;
  records = 0;
  badRecords = 0;
  newest_ts_ms: number | null = null;
  checkpointBytes = 0;
  /** True once what the log held at the start has been replayed. */
  caughtUp = false;

  constructor(options: RunnerOptions<State>) {
    this.options = options;
    this.outputs = new Outputs(options.outlet ?? options.bus);
  }

  async run(signal: StopSignal): Promise<void> {
    const { bus, clock, graph, topic, partition, checkpointEveryMs } = this.options;
    const info = await bus.info(topic, partition);
    const start = await this.restore(info);
    const { state } = start;
    this.state = state;
    this.position = start.position;
    this.caughtUp = this.position >= info.end;
    let saved_ms = clock.now() - this.options.checkpointOffsetMs;
    let rest_ms = checkpointEveryMs;
    let savedPosition = start.saved;
    const textOf = this.options.encode ?? encode;
    const say = (out: string, record: object): void => {
      if (this.caughtUp) this.options.onOutput?.(out, record);
      this.outputs.add(out, textOf(record, clock.now()));
    };
    const emit = (out: string, record: object): void => {
      if (isTransient(out)) {
        // What nobody keeps (forming bars, features) is of no use to anyone while the past is replayed.
        if (this.caughtUp) this.newest.put(out, record);
      } else say(out, record);
    };

    const save = async (): Promise<void> => {
      await this.outputs.drain();
      if (this.position === savedPosition) return;
      const { position } = this;
      try {
        const { bytes, busy_ms } = await this.options.checkpoints.save(this.options.key, {
          log_id: info.log_id,
          position,
          code_version: graph.version,
          settings_hash: this.options.settingsHash,
          saved_ms: clock.now(),
          state,
        });
        savedPosition = position;
        this.checkpointBytes = bytes;
        rest_ms = Math.max(checkpointEveryMs, (busy_ms * this.options.graphsInThread) / SAVING_SHARE_MAX);
      } catch (cause) {
        if (!isOutside(cause)) throw cause;
        // A full disk, mostly. The one before still holds: a start from it replays more of the log.
        this.options.onProblem(`${this.options.key}: its state could not be saved (${String(cause)})`);
      }
    };

    // Where it began is not the log's start, and must be known again after a crash.
    if (this.options.startAt !== undefined) await save();
    for await (const batch of bus.follow(topic, partition, this.position, { signal })) {
      if (batch.log_id !== info.log_id) {
        throw new TapebellError(
          "outside",
          "log_replaced",
          `${topic}/${partition} was made anew while it was being read`,
          {
            hint: "the worker starts again from the new log by itself",
          },
        );
      }
      if (batch.first > this.position) {
        const jump = { from: this.position, to: batch.first, to_ms: batch.time_ms };
        this.options.onProblem(`${topic}/${partition}: records ${jump.from}–${jump.to - 1} are gone from the log`);
        for (const told of this.options.jumpRecords(jump, state)) graph.step(state, told, emit);
      }
      const refuse = (text: string, index: number, fault: string | null): void => {
        this.badRecords++;
        const letter = this.options.badRecord(text, batch.first + index, fault);
        if (letter !== null) emit(TOPICS.deadLetter.name, letter);
      };
      const torn = new Set<number>();
      const values = decode<unknown>(batch.values, (text, index) => {
        torn.add(index);
        refuse(text, index, null);
      });
      for (const [index, value] of values.entries()) {
        if (torn.has(index)) continue;
        const record = this.options.read?.(value) ?? (value as Readable);
        if (typeof record === "string") {
          refuse(batch.values[index]!, index, record);
          continue;
        }
        graph.step(state, record, emit);
        if (record.kind === "trade" && record.ts_ms !== undefined && record.ts_ms <= TIME_MAX_MS)
          this.newest_ts_ms = Math.max(this.newest_ts_ms ?? 0, record.ts_ms);
      }
      this.records += batch.values.length;
      this.position = batch.next;
      this.newest.take(say);
      await this.outputs.flush();
      if (this.caughtUp) this.options.onBatch?.(batch.time_ms);
      if (!this.caughtUp && this.position >= info.end) this.caughtUp = true;
      if (clock.now() - saved_ms >= rest_ms) {
        saved_ms = clock.now();
        await save();
      }
    }
    await save();
  }

  /** The graph's state now, for whoever measures; null before it has begun. */
  get current(): State | null {
    return this.state;
  }

  counts(): Record<string, number> {
    const own = {
      records: this.records,
      undecodable: this.badRecords,
      outputs: this.outputs.published,
      checkpoint_bytes: this.checkpointBytes,
    };
    return { ...own, ...(this.state === null ? {} : this.options.counts?.(this.state)) };
  }

  private async restore(info: PartitionInfo): Promise<{ state: State; position: number; saved: number | null }> {
    const { checkpoints, graph, key, settingsHash, onProblem, startAt } = this.options;
    const { found, problems } = await checkpoints.load(key);
    for (const problem of problems) onProblem(problem);
    for (const one of found) {
      const fits =
        one.log_id === info.log_id && one.code_version === graph.version && one.settings_hash === settingsHash;
      // Ahead of the log: the log lost its tail (power loss). Positions will be given out again, so the state is of no use.
      if (fits && one.position <= info.end) {
        return { state: one.state as State, position: one.position, saved: one.position };
      }
    }
    if (startAt !== undefined) {
      const saved = found.find((one) => one.log_id === info.log_id && one.position <= info.end);
      const position = await startAt(info, saved?.position ?? null);
      return { state: await this.options.coldStart(info), position, saved: null };
    }
    if (found.length > 0)
      onProblem(`${key}: no checkpoint fits the log, version or settings; replaying the log from its start`);
    return { state: await this.options.coldStart(info), position: info.start, saved: null };
  }
}

/** `ingest_ts_ms` is the shell's stamp: when the statement left. It is no part of what the statement says. */
function encode(record: object, now_ms: number): string {
  return JSON.stringify("bar_id" in record ? { ...record, ingest_ts_ms: now_ms } : record);
}
