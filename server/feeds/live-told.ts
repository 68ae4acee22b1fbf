import type { Router } from "./failover/router.ts";
import type { Served } from "./live-report.ts";
import type { LiveVenue } from "./live-venue.ts";

export interface Told {
  readonly served: readonly Served[];
  /** How many of them another venue tells than the one that is shown. */
  readonly elsewhere: number;
  tellerOf(symbol: string): LiveVenue | null;
}

/** Who tells which of the watched symbols now. One whose candles are still loading is watched as well. */
export function toldNow(
  symbols: readonly string[],
  venues: readonly LiveVenue[],
  router: Router,
  primary: LiveVenue | null,
): Told {
  const tellerOf = (symbol: string): LiveVenue | null =>
    venues.find(({ id }) => id === router.providerOf(symbol)) ?? null;
  const willTell = new Set(primary?.served.map(({ symbol }) => symbol));
  const served: Served[] = [];
  let elsewhere = 0;
  for (const symbol of symbols) {
    const teller = tellerOf(symbol) ?? (willTell.has(symbol) ? primary : null);
    if (teller === null) continue;
    served.push({ symbol, decimals: teller.markets.decimalsOf(symbol) });
    if (teller !== primary) elsewhere++;
  }
  return { served, elsewhere, tellerOf };
}
