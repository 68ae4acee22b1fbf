import type { Position } from "../../core/ports/bus.ts";
import type { CacheEvent } from "./events.ts";

export interface LedgerEntry<Said = CacheEvent> {
  readonly id: string;
  readonly revision: number;
  readonly position: Position;
  /** Event time by which lists are sorted. */
  readonly time_ms: number;
  readonly event: Said;
}

/** The newest records of a topic, one per id: the highest revision wins. */
export class Ledger<Said = CacheEvent> {
  private readonly capacity: number;
  /** In the order of their newest statement. */
  private readonly byId = new Map<string, LedgerEntry<Said>>();
  /** Every record from this position on is held, or has a higher revision that is. */
  knownFrom: Position = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get(id: string): LedgerEntry<Said> | undefined {
    return this.byId.get(id);
  }

  /** False when this or a higher revision is known. */
  put(entry: LedgerEntry<Said>): boolean {
    const held = this.byId.get(entry.id);
    if (held !== undefined && held.revision >= entry.revision) return false;
    this.byId.delete(entry.id);
    this.byId.set(entry.id, entry);
    for (const [id, oldest] of this.byId) {
      if (this.byId.size <= this.capacity) break;
      this.byId.delete(id);
      this.knownFrom = Math.max(this.knownFrom, oldest.position + 1);
    }
    return true;
  }

  /** Records stated at or after `position`, oldest first; null when some are no longer held. */
  since(position: Position): LedgerEntry<Said>[] | null {
    if (position < this.knownFrom) return null;
    return [...this.byId.values()].filter((entry) => entry.position >= position);
  }

  /** Newest first. */
  newest(): LedgerEntry<Said>[] {
    return [...this.byId.values()].reverse();
  }

  get size(): number {
    return this.byId.size;
  }

  /** The log was made anew: what is held stays, under no position. */
  rebase(knownFrom: Position): void {
    for (const [id, entry] of this.byId) this.byId.set(id, { ...entry, position: -1 });
    this.knownFrom = knownFrom;
  }
}
