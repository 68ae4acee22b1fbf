import type { Trade } from "../../../core/messages/index.ts";
import type { Venue } from "../venue.ts";

/** Trades that are missing between two that came; both ends are outside of it. */
export interface Hole {
  readonly symbol: string;
  readonly from_seq: number | null;
  readonly to_seq: number | null;
  readonly from_ms: number;
  readonly to_ms: number;
}

interface Pending extends Hole {
  readonly seen_ms: number;
  readonly got: Set<number>;
}

interface Known {
  seq: number;
  ts_ms: number;
  /** The line broke after this trade: where ids do not tell, what follows begins after a hole. */
  isBroken: boolean;
}

/** A trade that was merely overtaken arrives within this. */
const LATE_MS = 500;
const PENDING_MAX = 200;

/** What of a venue's trades has been handed on, per symbol, and what is missing between. */
export class Ledger {
  private readonly known = new Map<string, Known>();
  private pending: Pending[] = [];

  constructor(private readonly ids: Venue["trade_ids"]) {}

  /** The newest trade an earlier run wrote down: the time since is a hole like any other. */
  seed(symbol: string, seq: number, ts_ms: number): void {
    this.known.set(symbol, { seq, ts_ms, isBroken: true });
  }

  /** Another venue was heard meanwhile: what follows begins anew. */
  forget(symbol: string): void {
    this.known.delete(symbol);
  }

  broken(symbols: Iterable<string>): void {
    for (const symbol of symbols) {
      const known = this.known.get(symbol);
      if (known !== undefined) known.isBroken = true;
    }
  }

  take({ symbol, seq, ts_ms }: Trade, now_ms: number): void {
    const known = this.known.get(symbol);
    if (known === undefined) {
      this.known.set(symbol, { seq, ts_ms, isBroken: false });
      return;
    }
    const wasBroken = known.isBroken;
    known.isBroken = false;
    const isNewer = ts_ms > known.ts_ms;
    if (this.ids === "none") {
      if (wasBroken && isNewer)
        this.miss({ symbol, from_seq: null, to_seq: null, from_ms: known.ts_ms, to_ms: ts_ms }, now_ms);
    } else if (seq <= known.seq) {
      this.arrived(symbol, seq);
      // Lower and newer than all before: the venue counts from the start again.
      if (seq < known.seq && isNewer) known.seq = seq;
    } else {
      const isHole = this.ids === "contiguous" ? seq > known.seq + 1 : wasBroken;
      if (isHole) {
        this.miss(
          { symbol, from_seq: known.seq, to_seq: seq, from_ms: known.ts_ms, to_ms: Math.max(ts_ms, known.ts_ms) },
          now_ms,
        );
      }
      known.seq = seq;
    }
    known.ts_ms = Math.max(known.ts_ms, ts_ms);
  }

  /** Holes that no late trade has closed. */
  due(now_ms: number): Hole[] {
    const isDue = ({ seen_ms }: Pending, index: number): boolean =>
      now_ms - seen_ms >= LATE_MS || seen_ms > now_ms || index < this.pending.length - PENDING_MAX;
    const due = this.pending.filter(isDue);
    if (due.length > 0) this.pending = this.pending.filter((one) => !due.includes(one));
    return due.map(({ symbol, from_seq, to_seq, from_ms, to_ms }) => ({ symbol, from_seq, to_seq, from_ms, to_ms }));
  }

  private miss(hole: Hole, now_ms: number): void {
    this.pending.push({ ...hole, seen_ms: now_ms, got: new Set() });
  }

  private arrived(symbol: string, seq: number): void {
    for (const one of this.pending) {
      if (one.symbol !== symbol || one.from_seq === null || one.to_seq === null) continue;
      if (seq <= one.from_seq || seq >= one.to_seq) continue;
      one.got.add(seq);
      if (this.ids === "contiguous" && one.got.size === one.to_seq - one.from_seq - 1) {
        this.pending = this.pending.filter((other) => other !== one);
      }
      return;
    }
  }
}
