import type { Clock } from "../../../core/ports/clock.ts";
import type { Cache } from "../../cache/cache.ts";
import { unavailable, unknownSymbol } from "../problem.ts";

/** How long a request that comes during the start waits for the cache. */
const SEED_WAIT_MS = 5_000;

/** What routes ask before they answer from the cache, so that a start never looks like an empty market. */
export interface Known {
  /** Resolves when the cache has read what the log held; refuses when that takes too long. */
  seeded(signal: AbortSignal): Promise<void>;
  /** Refuses a symbol nobody watches. */
  symbol(symbol: string, param: string): void;
}

export function createKnown(cache: Cache, clock: Clock): Known {
  return {
    async seeded(signal) {
      if (!cache.isSeeded) await Promise.race([cache.seeded, clock.sleep(SEED_WAIT_MS, signal)]);
      if (!cache.isSeeded) throw unavailable("starting", "The server is reading its log; ask again shortly", 1);
    },
    symbol(symbol, param) {
      const { state } = cache;
      if (state.knowsSymbol(symbol)) return;
      if (state.symbols().size === 0) throw unavailable("starting", "No feed has named its symbols yet", 1);
      throw unknownSymbol(symbol, param);
    },
  };
}
