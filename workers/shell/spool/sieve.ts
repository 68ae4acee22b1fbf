import { count } from "../tally.ts";

/** A market whose time stands still looks dead to who reads it later: so often a heartbeat is kept all the same. */
const BEAT_EVERY_MS = 1_000;

/**
 * What of a partition's records is worth its place in the spool. Trades and all that speaks of them are; quotes and books
 * are not, for newer ones replace them; of heartbeats the newest of each provider says all, and only moves back: behind
 * the trades it vouches for.
 */
export class Sieve {
  readonly spooled: Record<string, number> = {};
  readonly collapsed: Record<string, number> = {};
  readonly dropped: Record<string, number> = {};
  private readonly held = new Map<string, string>();
  private beat_ms = 0;

  keep(values: readonly string[], now_ms: number): string[] {
    const kept: string[] = [];
    for (const text of values) {
      const { kind, provider } = read(text);
      if (kind === "quote" || kind === "book") count(this.dropped, kind);
      else if (kind === "heartbeat") {
        if (this.held.has(provider)) count(this.collapsed, kind);
        this.held.set(provider, text);
      } else {
        count(this.spooled, kind);
        kept.push(text);
      }
    }
    if (Math.abs(now_ms - this.beat_ms) >= BEAT_EVERY_MS && this.held.size > 0) {
      this.beat_ms = now_ms;
      for (const text of this.beats()) {
        count(this.spooled, "heartbeat");
        kept.push(text);
      }
    }
    return kept;
  }

  /** What is held back; it is the caller's now. */
  beats(): string[] {
    const all = [...this.held.values()];
    this.held.clear();
    return all;
  }
}

function read(text: string): { kind: string; provider: string } {
  const { kind, provider } = JSON.parse(text) as { kind?: unknown; provider?: unknown };
  return { kind: String(kind ?? "other"), provider: String(provider) };
}
