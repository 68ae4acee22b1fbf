import type { Position } from "../../core/ports/bus.ts";
import type { ItemKey } from "./protocol.ts";

interface Pending {
  attempt: number;
  /** The member that holds it, and until when; null = free to be taken at once. */
  held: { readonly member: number; readonly until_ms: number } | null;
}

/** What must be on disk before an answer leaves: written in one step by whoever owns the group. */
export interface GroupChange {
  readonly partition: number;
  readonly position: Position;
  /** Attempts so far; null = done with, forget it. */
  readonly attempt: number | null;
}

export interface GroupState {
  /** Per partition: the next position nobody was ever handed. */
  cursors: Position[];
  pending: { readonly partition: number; readonly position: Position; readonly attempt: number }[];
}

/** Reads the record at a position; null when the log no longer has it; `next` skips holes. */
export interface GroupLog {
  start(partition: number): Position;
  end(partition: number): Position;
  /** The first record at or after `position`. */
  at(partition: number, position: Position): { readonly position: Position; readonly value: string } | null;
}

export interface Handed extends ItemKey {
  readonly value: string;
  readonly attempt: number;
}

export interface TakeLimits {
  readonly max: number;
  readonly maxInFlight: number;
  readonly claimAfterMs: number;
}

/**
 * A work group: a cursor per partition, and what was handed out and not acked. Pure: no clock, no disk. Leases are not
 * kept on disk: after a restart every member is gone, so all that is pending is free.
 */
export class WorkGroup {
  readonly cursors: Position[];
  private readonly pending: Map<Position, Pending>[];
  private changes: GroupChange[] = [];
  private cursorsMoved = false;
  /** Records that retention or damage took before they were acked. */
  expired = 0;

  constructor(state: GroupState) {
    this.cursors = [...state.cursors];
    this.pending = state.cursors.map(() => new Map());
    for (const p of state.pending) this.pending[p.partition]?.set(p.position, { attempt: p.attempt, held: null });
  }

  /** What is not on disk yet; stays so until `saved`, so that a failed write is made good by the next. */
  unsaved(): { readonly changes: readonly GroupChange[]; readonly cursors: readonly Position[] | null } {
    return { changes: this.changes, cursors: this.cursorsMoved ? this.cursors : null };
  }

  saved(): void {
    this.changes = [];
    this.cursorsMoved = false;
  }

  /** Free again first (oldest first), then new ones, round robin over the partitions. */
  take(member: number, limits: TakeLimits, now_ms: number, log: GroupLog): Handed[] {
    const out: Handed[] = [];
    const { claimAfterMs } = limits;
    const max = Math.min(limits.max, limits.maxInFlight - this.heldBy(member, now_ms));
    const held = { member, until_ms: now_ms + claimAfterMs };
    for (let p = 0; p < this.pending.length && out.length < max; p++) {
      for (const [position, item] of this.pending[p]!) {
        if (out.length >= max) break;
        if (item.held !== null && item.held.until_ms > now_ms) continue;
        const found = log.at(p, position);
        if (found === null || found.position !== position) {
          this.expire(p, position);
          continue;
        }
        item.attempt++;
        item.held = held;
        this.changes.push({ partition: p, position, attempt: item.attempt });
        out.push({ partition: p, position, value: found.value, attempt: item.attempt });
      }
    }
    for (let open = true; open && out.length < max; ) {
      open = false;
      for (let p = 0; p < this.cursors.length && out.length < max; p++) {
        const found = log.at(p, this.cursors[p]!);
        if (found === null) continue;
        this.expired += found.position - this.cursors[p]!;
        this.cursors[p] = found.position + 1;
        this.cursorsMoved = true;
        this.pending[p]!.set(found.position, { attempt: 1, held });
        this.changes.push({ partition: p, position: found.position, attempt: 1 });
        out.push({ partition: p, position: found.position, value: found.value, attempt: 1 });
        open = true;
      }
    }
    return out;
  }

  ack(items: readonly ItemKey[]): void {
    for (const { partition, position } of items)
      if (this.pending[partition]?.delete(position)) this.changes.push({ partition, position, attempt: null });
  }

  release(member: number, items: readonly ItemKey[]): void {
    for (const { partition, position } of items) {
      const item = this.pending[partition]?.get(position);
      if (item === undefined || item.held?.member !== member) continue;
      item.attempt--;
      item.held = null;
      this.changes.push({ partition, position, attempt: item.attempt });
    }
  }

  /** A member that is gone holds nothing any more. */
  drop(members: ReadonlySet<number>): void {
    for (const pending of this.pending)
      for (const item of pending.values()) if (item.held !== null && members.has(item.held.member)) item.held = null;
  }

  lag(partition: number, log: GroupLog): number {
    const unseen = log.end(partition) - Math.max(this.cursors[partition]!, log.start(partition));
    return Math.max(0, unseen) + this.pending[partition]!.size;
  }

  /** When the next lease runs out; null when none is held. */
  nextExpiry(): number | null {
    let next: number | null = null;
    for (const pending of this.pending)
      for (const { held } of pending.values())
        if (held !== null && (next === null || held.until_ms < next)) next = held.until_ms;
    return next;
  }

  private heldBy(member: number, now_ms: number): number {
    let count = 0;
    for (const pending of this.pending)
      for (const { held } of pending.values()) if (held?.member === member && held.until_ms > now_ms) count++;
    return count;
  }

  private expire(partition: number, position: Position): void {
    this.pending[partition]!.delete(position);
    this.changes.push({ partition, position, attempt: null });
    this.expired++;
  }
}
