import type { MarketRecord } from "../messages/index.ts";
import type { PartStatus } from "../messages/status.ts";
import type { Watched, WatchRequest } from "../messages/watch.ts";
import type { StopSignal } from "./signal.ts";

/** What a feed writes to. `emit` resolves when there is room again: a feed that awaits it is never unbounded. */
export interface FeedSink {
  emit(records: readonly MarketRecord[]): Promise<void>;
  status(status: PartStatus): void;
  /** Undecodable or unbelievable input: counted, logged by cadence, dead-lettered. */
  reject(reason: string, detail: string, raw: string): void;
}

export interface Feed {
  readonly provider: string;
  /** Symbols it serves now, with the decimals their prices are shown with. */
  symbols(): readonly { readonly symbol: string; readonly decimals: number }[];
  /** Watches more symbols or fewer while it runs; one answer per symbol. Left out: its symbols are fixed. */
  watch?(action: WatchRequest["action"], symbols: readonly string[]): Promise<readonly Watched[]>;
  /** Resolves when the feed has ended (by the signal, or because its source has no more). */
  run(sink: FeedSink, signal: StopSignal): Promise<void>;
}
