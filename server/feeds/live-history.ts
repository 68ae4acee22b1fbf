import type { MarketRecord } from "../../core/messages/index.ts";
import type { Clock } from "../../core/ports/clock.ts";
import { fetchHistory, type History } from "./history/history.ts";
import type { LiveVenue } from "./live-venue.ts";

const WAIT_MS = 15_000;

/** What can be had of the watched symbols' candles within the time there is. */
export function recentCandles(
  venue: LiveVenue,
  clock: Clock,
  signal: AbortSignal,
  from_ms: (symbol: string) => number,
): Promise<History> {
  return fetchHistory({
    venue: venue.options.venue,
    rest: venue.rest,
    symbols: venue.served,
    from_ms,
    to_ms: clock.now(),
    signal,
    enough: clock.sleep(WAIT_MS, signal),
  });
}

/** Readers that know the symbols already are told how far time has come, minute by minute. */
export function historyRecords(venue: LiveVenue, { bars }: History, isKnown: boolean): MarketRecord[] {
  const records: MarketRecord[] = [];
  for (const [i, bar] of bars.entries()) {
    records.push(bar);
    if (isKnown && bars[i + 1]?.start_ts_ms !== bar.start_ts_ms) records.push(venue.vouch(bar.end_ts_ms));
  }
  return records;
}
