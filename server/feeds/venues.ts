import type { AlpacaSettings } from "./alpaca/spec.ts";
import type { Venue } from "./venue.ts";

/** What a venue that asks for keys is given; frames can be read without. */
export type VenueKeys = Partial<AlpacaSettings>;

/** Every venue by its id, read only when it is asked for: a new one is one line. */
export const VENUES: Readonly<Record<string, (keys?: VenueKeys) => Promise<Venue>>> = {
  binance: async () => (await import("./binance/spec.ts")).binance,
  "binance-usdm": async () => (await import("./binance/spec.ts")).binanceUsdm,
  bybit: async () => (await import("./bybit/spec.ts")).bybit,
  "bybit-linear": async () => (await import("./bybit/spec.ts")).bybitLinear,
  coinbase: async () => (await import("./coinbase/spec.ts")).coinbase,
  kraken: async () => (await import("./kraken/spec.ts")).kraken,
  alpaca: async (keys) => (await import("./alpaca/spec.ts")).alpacaOf(keys),
};
