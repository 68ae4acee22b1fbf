import type { Clock } from "../../core/ports/clock.ts";
import type { MarketInfo, Rest, Venue } from "./venue.ts";

export interface LiveMarketsOptions {
  readonly venue: Venue;
  readonly rest: Rest;
  readonly clock: Clock;
  readonly every_ms?: number | undefined;
}

/** Markets open and close every day, seldom by the minute. */
const EVERY_MS = 10 * 60_000;
const DECIMALS_UNKNOWN = 4;

/** Which markets a venue has, by its own list. */
export class LiveMarkets {
  /** Null: it has not told. */
  list: readonly MarketInfo[] | null = null;
  /** When it was last asked for. */
  asked_ms = 0;
  failed = 0;

  constructor(private readonly options: LiveMarketsOptions) {}

  async ask(): Promise<void> {
    const { venue, rest, clock } = this.options;
    this.asked_ms = clock.now();
    try {
      this.list = (await venue.rest?.markets(rest)) ?? null;
    } catch {
      this.failed++;
    }
  }

  /** Asks again now and then. */
  keepUp(now_ms: number): void {
    if (Math.abs(now_ms - this.asked_ms) >= (this.options.every_ms ?? EVERY_MS)) void this.ask();
  }

  /** Whether it has this market, and open; null: it has not told which it has. */
  trades(symbol: string): boolean | null {
    const mapped = this.options.venue.toVenue(symbol);
    if (mapped === null) return false;
    const { list } = this;
    if (list?.some(({ venue, is_trading }) => is_trading && venue === mapped.venue) === true) return true;
    return list === null || this.options.venue.rest?.lists_some === true ? null : false;
  }

  decimalsOf(symbol: string): number {
    const mapped = this.options.venue.toVenue(symbol);
    return this.list?.find(({ venue }) => venue === mapped?.venue)?.decimals ?? DECIMALS_UNKNOWN;
  }
}
