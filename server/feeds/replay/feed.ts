import type { Readable } from "node:stream";
import type { MarketRecord } from "../../../core/messages/index.ts";
import type { PartState } from "../../../core/messages/status.ts";
import type { Trade } from "../../../core/messages/trade.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import type { Feed, FeedSink } from "../../../core/ports/feed.ts";
import type { StopSignal } from "../../../core/ports/signal.ts";
import { Pacer } from "./pacer.ts";
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
}

const PROVIDER = "replay";
const ORIGIN = "replay";
const BATCH_MAX = 500;
const STATUS_MS = 1_000;
const SYMBOLS_MAX = 4_096;
const DECIMALS_MAX = 12;

/** A recording as a feed of a world of its own: its trades once, in the order given, then silence. */
export function createReplayFeed(options: ReplayFeedOptions): Feed {
  const decimals = new Map<string, number>();
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

  constructor(
    private readonly options: ReplayFeedOptions,
    private readonly sink: FeedSink,
    private readonly signal: StopSignal,
    private readonly decimals: Map<string, number>,
    private readonly symbols: () => { symbol: string; decimals: number }[],
  ) {
    this.pacer = new Pacer(options.clock, options.speed, signal);
    this.name = nameOf(options.source);
  }

  async toEnd(): Promise<void> {
    const { signal, name } = this;
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
    this.say("offline", `Replay of ${name} has ended`);
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
          trade: (trade) => this.take(trade),
          bad: (line, why) => {
            this.bad++;
            this.sink.reject("bad_line", `line ${line.number} of ${name}: ${why}`, line.text);
          },
          settle: () => this.flush(),
        },
        this.read,
        signal,
      );
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

  private take(trade: Trade): void | Promise<void> {
    const due_ms = this.pacer.due(trade.ts_ms);
    if (due_ms > 0) return this.wait(due_ms, trade);
    this.add(trade);
    if (this.batch.length >= BATCH_MAX) return this.flush();
  }

  private async wait(due_ms: number, trade: Trade): Promise<void> {
    await this.flush();
    await this.pacer.wait(due_ms);
    if (!this.signal.aborted) this.add(trade);
  }

  private add(trade: Trade): void {
    this.batch.push(trade);
    const { symbol, provider, price, ts_ms } = trade;
    this.newest_ms = Math.max(this.newest_ms ?? ts_ms, ts_ms);
    if (this.providers.size < SYMBOLS_MAX || this.providers.has(provider)) {
      this.providers.set(provider, Math.max(this.providers.get(provider) ?? 0, ts_ms));
    }
    if (this.decimals.size < SYMBOLS_MAX || this.decimals.has(symbol)) {
      this.decimals.set(symbol, Math.max(this.decimals.get(symbol) ?? 0, placesOf(price)));
    }
  }

  private async flush(): Promise<void> {
    if (this.batch.length === 0) return;
    const batch = this.batch;
    this.batch = [];
    await this.sink.emit(batch);
  }

  /** Whoever waits for late trades need not any more: each venue's time moves past its last one by the lateness. */
  private async close(): Promise<void> {
    const { late_ms } = this.options;
    const ends = [...this.providers].map(([provider, newest_ms]): MarketRecord => {
      return { kind: "heartbeat", origin: ORIGIN, provider, ts_ms: newest_ms + late_ms, reason: "clock" };
    });
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
