import type { Settings } from "../../core/settings/index.ts";
import type { Venue } from "./venue.ts";
import { VENUES, type VenueSettings } from "./venues.ts";

/** With FEED=auto: who is shown when several answer. */
const ORDER: readonly string[] = ["binance", "bybit", "coinbase", "kraken"];

/** The venues that FEED names, most preferred first; empty for feeds that are no venue. */
export async function venuesOf(settings: Pick<Settings, "FEED"> & VenueSettings): Promise<Venue[]> {
  const { FEED } = settings;
  const ids = FEED === "auto" ? ORDER : [FEED];
  return Promise.all(ids.flatMap((id) => (VENUES[id] === undefined ? [] : [VENUES[id](settings)])));
}
