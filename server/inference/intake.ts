import type { Rolling } from "../../core/messages/index.ts";

/**
 * Rows that wait to be judged: the newest of each symbol, taken in turn. A symbol that says much has no more turns than one
 * that says little. Bounded: when there is no more room the symbol that waits longest goes.
 */
export class Intake {
  private readonly rows = new Map<string, Rolling>();
  /** Rows a newer one of their symbol took the place of, unjudged. */
  replaced = 0;
  /** Rows that went for want of room. */
  dropped = 0;

  constructor(private readonly max: number) {}

  get size(): number {
    return this.rows.size;
  }

  offer(row: Rolling): void {
    const waiting = this.rows.get(row.symbol);
    if (waiting !== undefined) this.replaced++;
    else if (this.rows.size >= this.max) {
      this.take(1);
      this.dropped++;
    }
    // A key keeps its place: a newer row does not lose its symbol's turn.
    if (waiting === undefined || row.ts_ms >= waiting.ts_ms) this.rows.set(row.symbol, row);
  }

  take(count: number): Rolling[] {
    const taken: Rolling[] = [];
    for (const [symbol, row] of this.rows) {
      if (taken.length >= count) break;
      taken.push(row);
      this.rows.delete(symbol);
    }
    return taken;
  }
}
