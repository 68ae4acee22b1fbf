import type { MarketRecord, Quote } from "../../core/messages/index.ts";

/**
 * Best prices may change thousands of times a second. Of those that come in one step only the newest of a symbol is handed
 * on, except that before each trade stands the quote it met.
 */
export class NewestQuotes {
  replaced = 0;
  /** Where a symbol's newest quote stands in the batch. */
  private readonly places = new Map<string, number>();

  /** A new batch. */
  begin(): void {
    this.places.clear();
  }

  put(quote: Quote, batch: MarketRecord[]): void {
    // A venue that says no time: how long it took is not known, rather than nothing.
    const { recv_ms, ...rest } = quote;
    const record: Quote = recv_ms === quote.ts_ms ? rest : quote;
    const at = this.places.get(quote.symbol);
    if (at === undefined) this.places.set(quote.symbol, batch.push(record) - 1);
    else {
      batch[at] = record;
      this.replaced++;
    }
  }

  traded(symbol: string): void {
    this.places.delete(symbol);
  }
}
