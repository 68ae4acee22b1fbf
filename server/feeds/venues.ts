import type { Venue } from "./venue.ts";

/** Every venue by its id, read only when it is asked for: a new one is one line. */
export const VENUES: Readonly<Record<string, () => Promise<Venue>>> = {
  binance: async () => (await import("./binance/spec.ts")).binance,
  "binance-usdm": async () => (await import("./binance/spec.ts")).binanceUsdm,
  bybit: async () => (await import("./bybit/spec.ts")).bybit,
  "bybit-linear": async () => (await import("./bybit/spec.ts")).bybitLinear,
  coinbase: async () => (await import("./coinbase/spec.ts")).coinbase,
  kraken: async () => (await import("./kraken/spec.ts")).kraken,
};
