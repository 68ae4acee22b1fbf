import type { HeldBar } from "./held-bar.ts";

/**
 * The better of two final statements of one bar: the higher revision; of one revision (a cold start counts from 0 again)
 * the one with more trades.
 */
const isBetter = (bar: HeldBar, held: HeldBar): boolean =>
  bar.revision !== held.revision ? bar.revision > held.revision : bar.trade_count > held.trade_count;

/** The newest or oldest `keep` bars of many, one per start, the best statement each. */
export class Gather {
  private readonly keep: number;
  private readonly side: "newest" | "oldest";
  private readonly byStart = new Map<number, HeldBar>();
  /** Of what made room: highest start, and position after the newest record. */
  droppedStart = -1;
  droppedNext = 0;

  constructor(keep: number, side: "newest" | "oldest") {
    this.keep = keep;
    this.side = side;
  }

  add(bar: HeldBar): void {
    const held = this.byStart.get(bar.start_ts_ms);
    if (held !== undefined && !isBetter(bar, held)) return;
    this.byStart.set(bar.start_ts_ms, bar);
    if (this.byStart.size > 2 * this.keep) this.prune();
  }

  /** Ascending. */
  list(): HeldBar[] {
    this.prune();
    return this.sorted();
  }

  private sorted(): HeldBar[] {
    return [...this.byStart.values()].sort((a, b) => a.start_ts_ms - b.start_ts_ms);
  }

  private prune(): void {
    const over = this.byStart.size - this.keep;
    if (over <= 0) return;
    const all = this.sorted();
    for (const bar of this.side === "newest" ? all.slice(0, over) : all.slice(-over)) {
      this.byStart.delete(bar.start_ts_ms);
      this.droppedStart = Math.max(this.droppedStart, bar.start_ts_ms);
      this.droppedNext = Math.max(this.droppedNext, bar.position + 1);
    }
  }
}
