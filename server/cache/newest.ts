import type { CacheEvent } from "./events.ts";
import { type Json, oneLine } from "./read-record.ts";

/** Of one kind of record that each new one replaces: the newest of every symbol. */
export class NewestBySymbol {
  private readonly events = new Map<string, CacheEvent>();

  constructor(
    private readonly kind: "features" | "book",
    private readonly symbolsMax: number,
    private readonly isUsable: (record: Json) => boolean,
  ) {}

  get(symbol: string): CacheEvent | undefined {
    return this.events.get(symbol);
  }

  take(text: string, record: Json): CacheEvent | "bad" {
    const { symbol } = record;
    if (typeof symbol !== "string" || !this.isUsable(record)) return "bad";
    if (!this.events.has(symbol) && this.events.size >= this.symbolsMax) return "bad";
    const event: CacheEvent = {
      topic: this.kind,
      event: this.kind,
      text: oneLine(text, record),
      symbols: [symbol],
      interval: null,
      start_ts_ms: 0,
      latestKey: `${this.kind}|${symbol}`,
    };
    this.events.set(symbol, event);
    return event;
  }
}
