import type { AlpacaSettings } from "./alpaca/spec.ts";
import type { CoinbaseSettings } from "./coinbase/spec.ts";
import type { IbkrSettings } from "./ibkr/spec.ts";
import type { Venue } from "./venue.ts";

/** What venues that have settings of their own are given; frames can be read without. */
export type VenueSettings = Partial<AlpacaSettings & CoinbaseSettings & IbkrSettings>;

/** Every venue by its id, read only when it is asked for: a new one is one line. */
export const VENUES: Readonly<Record<string, (settings?: VenueSettings) => Promise<Venue>>> = {
  binance: async () => (await import("./binance/spec.ts")).binance,
  "binance-usdm": async () => (await import("./binance/spec.ts")).binanceUsdm,
  bybit: async () => (await import("./bybit/spec.ts")).bybit,
  "bybit-linear": async () => (await import("./bybit/spec.ts")).bybitLinear,
  coinbase: async (settings) => (await import("./coinbase/spec.ts")).coinbaseOf(settings),
  kraken: async () => (await import("./kraken/spec.ts")).kraken,
  alpaca: async (settings) => (await import("./alpaca/spec.ts")).alpacaOf(settings),
  ibkr: async (settings) => (await import("./ibkr/spec.ts")).ibkrOf(settings),
};
