import type { Market, RawTrade } from "./market.ts";

/** A trade that has happened on the synthetic exchange and reaches us at `recv_ms`. */
export interface DueTrade {
  readonly index: number;
  readonly raw: RawTrade;
  /** Place among the trades of its symbol in its millisecond. */
  readonly ordinal: number;
  readonly recv_ms: number;
}

/** Seconds older than this are made late: what they hold is received now. */
const LATE_AFTER_MS = 2_000;
const SECONDS_AT_ONCE = 30;

/** Trades made and not sent yet. Whole seconds are made once, when they begin, and never again. */
export class Backlog {
  private waiting: DueTrade[] = [];
  private lastRecv: Float64Array;
  private nextSecond: number;

  constructor(
    private readonly market: Market,
    private readonly from_ms: readonly number[],
    start_ms: number,
  ) {
    this.nextSecond = Math.floor(start_ms / 1_000);
    this.lastRecv = new Float64Array(market.symbols.length);
  }

  /** Everything before it has been made. */
  get made_ms(): number {
    return this.nextSecond * 1_000;
  }

  get size(): number {
    return this.waiting.length;
  }

  /** Goes on from another second (the time between is covered by history bars). */
  skipTo(ts_ms: number): void {
    this.nextSecond = Math.max(this.nextSecond, Math.floor(ts_ms / 1_000));
  }

  /** Makes what has begun by `now_ms`, a bounded number of seconds at a time; true when nothing is left to make. */
  extend(now_ms: number): boolean {
    const until = Math.min(Math.floor(now_ms / 1_000) + 1, this.nextSecond + SECONDS_AT_ONCE);
    if (until <= this.nextSecond) return true;
    for (; this.nextSecond < until; this.nextSecond++) {
      const late = now_ms - this.made_ms - 1_000 > LATE_AFTER_MS;
      for (let index = 0; index < this.market.symbols.length; index++) this.add(index, late ? now_ms : null);
    }
    this.waiting.sort((a, b) => a.recv_ms - b.recv_ms);
    return this.nextSecond > Math.floor(now_ms / 1_000);
  }

  private add(index: number, received_ms: number | null): void {
    let previous_ms = -1;
    let ordinal = 0;
    for (const raw of this.market.second(index, this.nextSecond)) {
      ordinal = raw.ts_ms === previous_ms ? ordinal + 1 : 0;
      previous_ms = raw.ts_ms;
      if (raw.ts_ms < this.from_ms[index]!) continue;
      // One connection: what happened later cannot overtake.
      const recv_ms = Math.max(received_ms ?? raw.ts_ms + raw.latency_ms, this.lastRecv[index]!);
      this.lastRecv[index] = recv_ms;
      this.waiting.push({ index, raw, ordinal, recv_ms });
    }
  }

  /** Takes out what has arrived by `now_ms` and happened before `before_ms`, in order of arrival. */
  take(now_ms: number, before_ms: number): DueTrade[] {
    const taken = this.waiting.filter((t) => t.recv_ms <= now_ms && t.raw.ts_ms < before_ms);
    if (taken.length > 0) this.waiting = this.waiting.filter((t) => t.recv_ms > now_ms || t.raw.ts_ms >= before_ms);
    return taken;
  }

  /** Every trade up to this time has been taken out. */
  sentUpTo(now_ms: number): number {
    let up_to = Math.min(now_ms, this.made_ms - 1);
    for (const { raw } of this.waiting) up_to = Math.min(up_to, raw.ts_ms - 1);
    return up_to;
  }

  /** When the next one that happened before `before_ms` arrives. */
  nextArrival(before_ms: number): number {
    for (const trade of this.waiting) if (trade.raw.ts_ms < before_ms) return trade.recv_ms;
    return Number.POSITIVE_INFINITY;
  }
}
