import type { Bar, Book, Gap, PartStatus } from "../../../core/messages/index.ts";
import { barId, gapId, intervalMs } from "../../../core/messages/index.ts";
import type { Bus } from "../../../core/ports/bus.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import type { StopSignal } from "../../../core/ports/signal.ts";
import { TOPICS } from "../../../core/topics.ts";
import { createMemoryTape } from "../../bus/memory/memory-bus.ts";

/** A clock that stands still until it is told otherwise. */
export class TestClock implements Clock {
  private sleepers: { until_ms: number; wake: () => void }[] = [];
  constructor(private time_ms: number) {}

  now(): number {
    return this.time_ms;
  }

  sleep(ms: number, signal?: StopSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      this.sleepers.push({ until_ms: this.time_ms + ms, wake: resolve });
      signal?.addEventListener("abort", () => resolve());
    });
  }

  advance(ms: number): void {
    this.time_ms += ms;
    const due = this.sleepers.filter((one) => one.until_ms <= this.time_ms);
    this.sleepers = this.sleepers.filter((one) => one.until_ms > this.time_ms);
    for (const one of due) one.wake();
  }
}

/** The start of a minute, so that bars of tests have round ends. */
export const T0 = 1_763_683_200_000;

export async function memoryBus(clock: Clock): Promise<Bus> {
  const bus = createMemoryTape(clock).bus();
  await bus.ensureTopics(Object.values(TOPICS));
  return bus;
}

export interface BarSketch extends Partial<Bar> {
  readonly symbol?: string;
  readonly interval?: string;
}

/** A bar of the `n`-th interval after T0. */
export function bar(n: number, sketch: BarSketch = {}): Bar {
  const symbol = sketch.symbol ?? "BTCUSDT";
  const interval = sketch.interval ?? "1m";
  const step_ms = intervalMs(interval) ?? 0;
  const start_ts_ms = T0 + n * step_ms;
  return {
    kind: "bar",
    bar_id: barId(symbol, start_ts_ms, interval),
    revision: 0,
    symbol,
    provider: "synthetic",
    interval,
    start_ts_ms,
    end_ts_ms: start_ts_ms + step_ms,
    open: 100,
    high: 102,
    low: 99,
    close: 101,
    volume: 5,
    notional: 500,
    vwap: 100,
    trade_count: 5,
    bin_count: 5,
    buy_volume: 2,
    max_late_ms: 0,
    final: true,
    partial: false,
    last_ts_ms: start_ts_ms + step_ms - 1,
    ...sketch,
  };
}

export const gap = (from_ms: number, sketch: Partial<Gap> = {}): Gap => ({
  kind: "gap",
  id: gapId("synthetic", "BTCUSDT", "trades", from_ms),
  revision: 0,
  provider: "synthetic",
  symbol: "BTCUSDT",
  stream: "trades",
  from_seq: null,
  to_seq: null,
  from_ms,
  to_ms: from_ms + 4_000,
  status: "open",
  ...sketch,
});

export const feed = (sketch: Partial<PartStatus> = {}): PartStatus => ({
  kind: "part_status",
  part: "feed:synthetic",
  ts_ms: T0,
  state: "live",
  text: "Synthetic market, 2 symbols",
  latency_ms_p50: 3,
  latency_ms_p95: 8,
  symbols: [
    { symbol: "BTCUSDT", decimals: 2 },
    { symbol: "ETHUSDT", decimals: 2 },
  ],
  counters: { bad_prints: 1 },
  ...sketch,
});

export const texts = (...records: unknown[]): string[] => records.map((record) => JSON.stringify(record));

/** Waits until it is so; the deadline is only there to fail with words. */
export async function until(what: string, isSo: () => boolean): Promise<void> {
  const late_ms = performance.now() + 4_000;
  while (!isSo()) {
    if (performance.now() > late_ms) throw new Error(`still not so after 4 s: ${what}`);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

/** The book of BTCUSDT after its `seq`-th change. */
export const book = (seq: number, over: Partial<Book> = {}): Book => ({
  ver: 1,
  kind: "book",
  provider: "binance",
  symbol: "BTCUSDT",
  ts_ms: T0 + seq,
  seq,
  event_id: `binance|BTCUSDT|${seq}`,
  bids: [
    [100, seq],
    [99, 1],
  ],
  asks: [
    [101, 1],
    [102, 2],
  ],
  depth: 57,
  checksum_ok: null,
  ...over,
});
