import type { MarketRecord, Trade } from "../../core/messages/index.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Router } from "./failover/router.ts";
import type { LiveVenue } from "./live-venue.ts";

export interface LiveRoutesOptions {
  readonly venues: readonly LiveVenue[];
  readonly router: Router;
  readonly clock: Clock;
  readonly out: (records: readonly MarketRecord[]) => void;
}

/** From now on `to` tells the series of all it has; what it has brought since the one before was last whole follows at once. */
export function routeTo(to: LiveVenue, reason: string, options: LiveRoutesOptions): void {
  const { venues, router, clock, out } = options;
  const byBefore = new Map<string | null, string[]>();
  for (const { symbol } of to.served) {
    const before = router.lastOf(symbol)?.provider ?? null;
    byBefore.set(before, [...(byBefore.get(before) ?? []), symbol]);
  }
  for (const [before, symbols] of byBefore) {
    const whole_ms = venues.find(({ id }) => id === before)?.vouch.whole_ms ?? null;
    const earlier = symbols.map((symbol) => ({ symbol, newest_ms: router.lastOf(symbol)?.newest_ms ?? 0 }));
    const { routes, held } = router.route(to.id, symbols, whole_ms, reason, clock.now());
    out(routes);
    if (before !== null && before !== to.id) {
      for (const symbol of symbols) to.ledger.forget(symbol);
      // The run before ended with another venue, which nobody has heard since.
      if (whole_ms === null)
        for (const { symbol, newest_ms } of earlier) downtime(to, symbol, newest_ms, held, clock.now());
    }
    const trades: MarketRecord[] = [];
    for (const trade of held) to.handOn(trade, trades);
    out(trades);
  }
}

function downtime(venue: LiveVenue, symbol: string, from_ms: number, held: readonly Trade[], now_ms: number): void {
  const to_ms = held.find((trade) => trade.symbol === symbol)?.ts_ms ?? now_ms;
  if (to_ms > from_ms + 1) venue.filler.add({ symbol, from_seq: null, to_seq: null, from_ms: from_ms + 1, to_ms });
}
