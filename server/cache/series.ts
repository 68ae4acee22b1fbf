import type { Position } from "../../core/ports/bus.ts";
import type { Gather } from "./gather.ts";
import type { HeldBar } from "./held-bar.ts";

/**
 * The newest bars of one symbol and interval. A final bar beats the forming one, the highest revision wins, and what
 * had to make room is remembered, so that nobody takes what is held for all there was.
 */
export class BarSeries {
  readonly symbol: string;
  readonly interval: string;
  private bars: HeldBar[] = [];
  private current: HeldBar | null = null;
  /** Every record of this series from this position on has been applied. */
  knownFrom: Position;
  /** Highest start among finals that made room; −1 while none did. */
  droppedStart = -1;
  /** Position after the newest record that made room. */
  droppedNext: Position = 0;

  constructor(symbol: string, interval: string, knownFrom: Position) {
    this.symbol = symbol;
    this.interval = interval;
    this.knownFrom = knownFrom;
  }

  /** Oldest first. */
  get finals(): readonly HeldBar[] {
    return this.bars;
  }

  get forming(): HeldBar | null {
    return this.current;
  }

  /** The newest statement about the newest bar. */
  get newest(): HeldBar | null {
    return this.current ?? this.bars.at(-1) ?? null;
  }

  /** False when it was known already. */
  putFinal(bar: HeldBar, capacity: number): boolean {
    const at = this.indexOf(bar.start_ts_ms);
    const held = this.bars[at];
    if (held?.start_ts_ms === bar.start_ts_ms) {
      if (held.revision >= bar.revision) return false;
      this.bars[at] = bar;
    } else if (bar.start_ts_ms <= this.droppedStart && at === 0 && this.bars.length >= capacity) {
      this.dropped(bar);
    } else {
      this.bars.splice(at, 0, bar);
      while (this.bars.length > capacity) this.dropped(this.bars.shift()!);
    }
    if (this.current !== null && this.current.start_ts_ms <= bar.start_ts_ms) this.current = null;
    return true;
  }

  /** False when something newer, or a final statement of the same bar, is held. */
  putForming(bar: HeldBar): boolean {
    if (bar.start_ts_ms <= (this.bars.at(-1)?.start_ts_ms ?? -1)) return false;
    if (this.current !== null) {
      if (bar.start_ts_ms < this.current.start_ts_ms) return false;
      if (bar.start_ts_ms === this.current.start_ts_ms && bar.revision < this.current.revision) return false;
    }
    this.current = bar;
    return true;
  }

  /** Finals stated at or after `position`; null when some of those are no longer held. */
  since(position: Position): HeldBar[] | null {
    if (position < this.knownFrom || position < this.droppedNext) return null;
    return this.bars.filter((bar) => bar.position >= position);
  }

  /** Older bars of the log, from `knownFrom` up to what was known before: no news, only a longer memory. */
  fill(found: Gather, knownFrom: Position, capacity: number): void {
    const forming = this.current;
    for (const bar of found.list()) this.putFinal(bar, capacity);
    this.current = forming;
    this.droppedStart = Math.max(this.droppedStart, found.droppedStart);
    this.droppedNext = Math.max(this.droppedNext, found.droppedNext);
    this.knownFrom = knownFrom;
  }

  /** The log was made anew: positions of the old one mean nothing in it. */
  rebase(knownFrom: Position): void {
    this.bars = this.bars.map((bar) => ({ ...bar, position: -1 }));
    this.knownFrom = knownFrom;
    this.droppedNext = 0;
  }

  private dropped(bar: HeldBar): void {
    this.droppedStart = Math.max(this.droppedStart, bar.start_ts_ms);
    this.droppedNext = Math.max(this.droppedNext, bar.position + 1);
  }

  /** First index whose start is not below. */
  private indexOf(start_ts_ms: number): number {
    let low = 0;
    let high = this.bars.length;
    if (high > 0 && this.bars[high - 1]!.start_ts_ms < start_ts_ms) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.bars[middle]!.start_ts_ms < start_ts_ms) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
