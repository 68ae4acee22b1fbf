import type { Readable } from "node:stream";
import { TapebellError } from "../../../core/errors.ts";
import type { Heartbeat, MarketRecord } from "../../../core/messages/index.ts";
import type { PartState } from "../../../core/messages/status.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import type { Feed, FeedSink } from "../../../core/ports/feed.ts";
import type { StopSignal } from "../../../core/ports/signal.ts";
import { Pacer } from "./pacer.ts";
import { idOf, type Place, type Reached, recvOf, timeOf } from "./place.ts";
import { nameOf, openSource, STALL_MS } from "./source.ts";
import { readTicks, type TicksRead } from "./ticks.ts";

export interface ReplayFeedOptions {
  /** A file, http(s)://… or `-`. */
  readonly source: string;
  /** null = as fast as the sink takes it. */
  readonly speed: number | null;
  /** REPLAY_MAX_LATE_MS: at the end nothing is waited for any more. */
  readonly late_ms: number;
  readonly clock: Clock;
  readonly stdin: Readable;
  readonly stall_ms?: number;
  /** As a person calls the source; else as it is called in messages. */
  readonly name?: string;
  /** How far an earlier run has come. */
  readonly resume?: Reached | null;
  /** The records so far have been handed on; the feed goes on when this resolves. */
  readonly reached?: (place: Place) => Promise<void>;
}

const PROVIDER = "replay";
const ORIGIN = "replay";
const BATCH_MAX = 500;
const STATUS_MS = 1_000;
const SYMBOLS_MAX = 4_096;
const DECIMALS_MAX = 12;
/** Recordings say when each frame came: once in so much of their time everybody learns which time it is. */
const BEAT_MS = 1_000;
/** A receive time further ahead of all that happened is not believed. */
const BEAT_AHEAD_MS = 60_000;

/** A recording as a feed of a world of its own: its trades once, in the order given, then silence. */
export function createReplayFeed(options: ReplayFeedOptions): Feed {
  const decimals = new Map(options.resume?.symbols.map((one) => [one.symbol, one.decimals]));
  const symbols = () => [...decimals].map(([symbol, places]) => ({ symbol, decimals: places }));
  return {
    provider: PROVIDER,
    symbols,
    run: (sink, signal) => new Run(options, sink, signal, decimals, symbols).toEnd(),
  };
}

class Run {
  private readonly read: TicksRead = { lines: 0, trades: 0, passed: 0 };
  private readonly pacer: Pacer;
  private readonly name: string;
  private readonly providers = new Map<string, number>();
  private batch: MarketRecord[] = [];
  private bad = 0;
  private newest_ms: number | null = null;
  private count = 0;
  private last_id: string | null = null;
  private beat_ms = 0;

  constructor(
    private readonly options: ReplayFeedOptions,
    private readonly sink: FeedSink,
    private readonly signal: StopSignal,
    private readonly decimals: Map<string, number>,
    private readonly symbols: () => { symbol: string; decimals: number }[],
  ) {
    this.pacer = new Pacer(options.clock, options.speed, signal);
    this.name = options.name ?? nameOf(options.source);
  }

  async toEnd(): Promise<void> {
    const { signal, name } = this;
    if (this.options.resume?.ended === true) return this.say("ended", `Replay of ${name} has ended`);
    const ended = new AbortController();
    this.say("starting", `Replay of ${name}`);
    try {
      await this.readAll(ended.signal);
    } catch (cause) {
      if (signal.aborted) return;
      this.say("failed", `Replay of ${name}: ${(cause as Error).message}`);
      throw cause;
    } finally {
      ended.abort();
    }
    if (signal.aborted) return;
    await this.close();
    await this.options.reached?.({ ...this.place(), ended: true });
    this.say("ended", `Replay of ${name} has ended`);
  }

  private async readAll(ended: StopSignal): Promise<void> {
    const { options, signal, name } = this;
    const { source, stdin, stall_ms = STALL_MS } = options;
    const input = await openSource(source, { stall_ms, signal, stdin });
    void this.sayAlong(ended);
    try {
      await readTicks(
        input,
        {
          take: (record) => this.take(record),
          bad: (line, why) => {
            this.bad++;
            if (this.isPast) return;
            this.sink.reject("bad_line", `line ${line.number} of ${name}: ${why}`, line.text);
          },
          settle: () => this.flush(),
        },
        this.read,
        signal,
      );
      if (this.isPast && !signal.aborted) throw this.isAnother();
    } finally {
      // Also of a source that broke off: what was whole has happened.
      await this.flush();
    }
  }

  /** Also while a source is quiet or a pause of the recording passes. */
  private async sayAlong(ended: StopSignal): Promise<void> {
    while (!ended.aborted && !this.signal.aborted) {
      this.say("live", `Replay of ${this.name}`);
      await this.options.clock.sleep(STATUS_MS, ended);
    }
  }

  /** What an earlier run has handed on already. */
  private get isPast(): boolean {
    return this.count < (this.options.resume?.count ?? 0);
  }

  private take(record: MarketRecord): void | Promise<void> {
    const { resume } = this.options;
    const id = idOf(record);
    this.learn(record);
    if (this.isPast) {
      this.pass(id);
      if (!this.isPast && id !== resume?.last_id) throw this.isAnother();
      return;
    }
    if (resume?.known.has(id) === true) return this.pass(id);
    const due_ms = this.pacer.due(recvOf(record) ?? timeOf(record));
    if (due_ms > 0) return this.wait(due_ms, record, id);
    this.add(record, id);
    if (this.batch.length >= BATCH_MAX) return this.flush();
  }

  private async wait(due_ms: number, record: MarketRecord, id: string): Promise<void> {
    await this.flush();
    await this.pacer.wait(due_ms);
    if (!this.signal.aborted) this.add(record, id);
  }

  private add(record: MarketRecord, id: string): void {
    this.beat(record);
    this.batch.push(record);
    this.pass(id);
  }

  private pass(id: string): void {
    this.count++;
    this.last_id = id;
  }

  /** What stands in a recording by its receive time is complete up to then, but for what is late. */
  private beat(record: MarketRecord): void {
    const recv_ms = recvOf(record);
    if (recv_ms === undefined || recv_ms < this.beat_ms + BEAT_MS) return;
    if (recv_ms > (this.newest_ms ?? 0) + BEAT_AHEAD_MS) return;
    this.beat_ms = recv_ms;
    for (const provider of this.providers.keys()) this.batch.push(heartbeat(provider, recv_ms - this.options.late_ms));
  }

  private learn(record: MarketRecord): void {
    const { providers, decimals } = this;
    if (record.kind !== "trade") return;
    const { symbol, provider, price, ts_ms } = record;
    this.newest_ms = Math.max(this.newest_ms ?? ts_ms, ts_ms);
    if (providers.size < SYMBOLS_MAX || providers.has(provider)) {
      providers.set(provider, Math.max(providers.get(provider) ?? 0, ts_ms));
    }
    if (decimals.size < SYMBOLS_MAX || decimals.has(symbol)) {
      decimals.set(symbol, Math.max(decimals.get(symbol) ?? 0, placesOf(price)));
    }
  }

  private async flush(): Promise<void> {
    if (this.batch.length === 0) return;
    const batch = this.batch;
    this.batch = [];
    const place = this.place();
    await this.sink.emit(batch);
    await this.options.reached?.(place);
  }

  private place(): Place {
    return { count: this.count, last_id: this.last_id, ended: false, symbols: this.symbols() };
  }

  private isAnother(): TapebellError {
    return new TapebellError("outside", "source_changed", `${this.name} is not what was replayed before`, {
      hint: "remove its folder (the one called data at the start) to begin anew",
    });
  }

  /** Whoever waits for late trades need not any more: each venue's time moves past its last one by the lateness. */
  private async close(): Promise<void> {
    const { late_ms } = this.options;
    const ends = [...this.providers].map(([provider, newest_ms]) => heartbeat(provider, newest_ms + late_ms));
    if (ends.length > 0) await this.sink.emit(ends);
  }

  private say(state: PartState, text: string): void {
    this.sink.status({
      kind: "part_status",
      origin: ORIGIN,
      part: `feed:${PROVIDER}`,
      ts_ms: this.options.clock.now(),
      state,
      text: text.slice(0, 500),
      newest_ts_ms: this.newest_ms,
      symbols: this.symbols(),
      counters: { lines: this.read.lines, trades: this.read.trades, bad_lines: this.bad },
    });
  }
}

/** As many decimals as the price was written with. */
function placesOf(price: number): number {
  const text = String(price);
  const at = text.indexOf(".");
  return at < 0 || text.includes("e") ? 0 : Math.min(DECIMALS_MAX, text.length - at - 1);
}

const heartbeat = (provider: string, ts_ms: number): Heartbeat => ({
  kind: "heartbeat",
  origin: ORIGIN,
  provider,
  ts_ms,
  reason: "clock",
});
