import type { Bar } from "../../core/messages/index.ts";
import type { Source, Store } from "../../core/ports/store.ts";

/** The store under test, and a reader of their own for tests that ask for one. */
export class StoreWorld {
  store!: Store;
  #readers = 0;

  fresh(): void {
    this.#readers++;
  }

  source(position: number, change: Partial<Source> = {}): Source {
    return {
      reader: `reader-${this.#readers}`,
      log_id: "log-1",
      topic: "tape.bars",
      partition: 0,
      position,
      ...change,
    };
  }

  async positions(): Promise<number[]> {
    return (await this.store.readOffsets(`reader-${this.#readers}`)).map((offset) => offset.position);
  }

  async barsOf(symbol: string): Promise<Bar[]> {
    return [...(await this.store.readBars({ symbol, interval: "1m", limit: 1_000 })).items];
  }
}
