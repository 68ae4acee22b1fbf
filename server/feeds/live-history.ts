import type { MarketRecord } from "../../core/messages/index.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { FeedSink } from "../../core/ports/feed.ts";
import { fetchHistory, type History } from "./history/history.ts";
import type { LiveVenue } from "./live-venue.ts";
import type { VenueSymbol } from "./venue.ts";

export interface LiveHistoryOptions {
  readonly clock: Clock;
  readonly sink: FeedSink;
  readonly signal: AbortSignal;
  readonly out: (records: readonly MarketRecord[]) => void;
}

/** Two turns of the venue with the tightest limit, which lets twenty calls through in 15 s: thirty symbols are served. */
const WAIT_MS = 20_000;
const MINUTE_MS = 60_000;
/** The minute a load fell into is asked for again once it is over: the venue has all of it. */
const COMPLETE_AFTER_MS = MINUTE_MS + 5_000;

export interface Load {
  readonly venue: LiveVenue;
  readonly symbols: readonly VenueSymbol[];
  readonly from_ms: (symbol: string) => number;
  /** Readers know the symbols from before: they are told how far time has come, minute by minute. */
  readonly isKnown: boolean;
}

/** Candles of the past, one load after the other. They come before a symbol's first live trade: minutes are folded oldest first. */
export class LiveHistory {
  private work: Promise<void> = Promise.resolve();
  private unfinished: { readonly at_ms: number; readonly symbols: readonly VenueSymbol[] }[] = [];

  constructor(private readonly options: LiveHistoryOptions) {}

  /** Resolves when what can be had within the time there is has been handed on. */
  load(load: Load): Promise<void> {
    const loaded = this.work.then(() => this.fetch(load));
    this.work = loaded.then(() => {
      this.unfinished.push({ at_ms: this.options.clock.now() + COMPLETE_AFTER_MS, symbols: load.symbols });
    });
    return loaded;
  }

  /** Asks again for minutes that have ended since. */
  complete(venue: LiveVenue | null, now_ms: number): void {
    if (venue === null) return;
    const due = this.unfinished.filter(({ at_ms }) => now_ms >= at_ms);
    if (due.length === 0) return;
    this.unfinished = this.unfinished.filter((one) => !due.includes(one));
    const symbols = due.flatMap((one) => one.symbols);
    const from_ms = now_ms - COMPLETE_AFTER_MS - MINUTE_MS;
    this.work = this.work.then(() => this.fetch({ venue, symbols, from_ms: () => from_ms, isKnown: false }));
  }

  get settled(): Promise<void> {
    return this.work;
  }

  private async fetch({ venue, symbols, from_ms, isKnown }: Load): Promise<void> {
    const { clock, signal, sink, out } = this.options;
    const history = await fetchHistory({
      venue: venue.options.venue,
      rest: venue.rest,
      symbols,
      from_ms,
      to_ms: clock.now(),
      signal,
      enough: clock.sleep(WAIT_MS, signal),
    });
    out(recordsOf(venue, history, isKnown));
    for (const [symbol, why] of history.missing) sink.reject("no_history", `${symbol}: ${why}`, "");
    venue.counters.history_bars = (venue.counters.history_bars ?? 0) + history.bars.length;
  }
}

function recordsOf(venue: LiveVenue, { bars }: History, isKnown: boolean): MarketRecord[] {
  const records: MarketRecord[] = [];
  for (const [i, bar] of bars.entries()) {
    records.push(bar);
    if (isKnown && bars[i + 1]?.start_ts_ms !== bar.start_ts_ms) records.push(venue.vouch.say(bar.end_ts_ms));
  }
  return records;
}
