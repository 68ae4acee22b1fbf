import type { Gap, MarketRecord, Trade } from "../../core/messages/index.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Feed, FeedSink } from "../../core/ports/feed.ts";
import type { Settings } from "../../core/settings/index.ts";
import { type Dial, dial as realDial } from "./connection/dial.ts";
import { Failover, type Switch } from "./failover/manager.ts";
import { Router } from "./failover/router.ts";
import type { History } from "./history/history.ts";
import { historyRecords, recentCandles } from "./live-history.ts";
import type { Served } from "./live-report.ts";
import { LiveVenue } from "./live-venue.ts";
import { chooseSymbols } from "./symbols.ts";
import type { Venue } from "./venue.ts";

/** What the logs of this DATA_DIR hold already. */
export interface LiveResume {
  /** Per symbol, the newest trade that was handed on, and how far minutes reach. */
  readonly symbols: ReadonlyMap<string, { readonly provider: string; readonly seq: number; readonly ts_ms: number }>;
  readonly minutes: ReadonlyMap<string, number>;
  readonly open_gaps: readonly Gap[];
}

export interface LiveFeedOptions {
  /** In the order of preference. */
  readonly venues: readonly Venue[];
  readonly settings: Settings;
  readonly clock: Clock;
  readonly resume: LiveResume | null;
  readonly dial?: Dial;
  readonly random?: () => number;
  /** Of a venue that failed; see `Failover`. */
  readonly settle_ms?: number;
}

const STEP_MS = 5;
const EMIT_MAX = 2_000;
const STATUS_EVERY_MS = 1_000;
const MARKETS_WAIT_MS = 3_000;
const HISTORY_MS = 24 * 3_600_000;
const MINUTE_MS = 60_000;
/** Long enough for a silence to be noticed, and then some. */
const HOLD_MS = 30_000;
/** The minute the start fell into is asked for again once it is over: the venue has all of it. */
const FIRST_MINUTE_MS = MINUTE_MS + 5_000;
const DECIMALS_UNKNOWN = 4;

/** The market as real venues tell it: the best of those that answer, the others standing by. */
export function createLiveFeed(options: LiveFeedOptions): Feed {
  let served: readonly Served[] = [];
  return {
    provider: options.venues.map(({ id }) => id).join(","),
    symbols: () => served,
    async run(sink, signal) {
      const stop = new AbortController();
      const onAbort = (): void => stop.abort();
      if (signal.aborted) return;
      signal.addEventListener("abort", onAbort);
      try {
        const run = new LiveRun(options, sink, stop.signal, (now) => {
          served = now;
        });
        await run.start();
        await run.loop();
      } finally {
        stop.abort();
        signal.removeEventListener("abort", onAbort);
      }
    },
  };
}

class LiveRun {
  private readonly venues: readonly LiveVenue[];
  private readonly router = new Router(HOLD_MS);
  private failover: Failover;
  /** Written by fills and switches between two steps. */
  private waiting: MarketRecord[] = [];
  private watched: readonly string[] = [];
  private why = "";
  private history: "none" | "loading" | "done" = "none";
  private status_ms = 0;
  private started_ms = 0;
  private firstMinute_ms = Number.POSITIVE_INFINITY;
  private held: Promise<void> = Promise.resolve();

  constructor(
    private readonly options: LiveFeedOptions,
    private readonly sink: FeedSink,
    private readonly signal: AbortSignal,
    private readonly serves: (served: readonly Served[]) => void,
  ) {
    const { venues, clock, settings, dial = realDial, random = Math.random } = options;
    this.started_ms = clock.now();
    this.venues = venues.map(
      (venue) =>
        new LiveVenue({
          venue,
          settings,
          clock,
          dial,
          random,
          signal,
          router: this.router,
          out: (records) => void this.waiting.push(...records),
        }),
    );
    this.failover = this.newFailover();
  }

  private newFailover(): Failover {
    const { venues, clock, settle_ms } = this.options;
    return new Failover({ venues, start_ms: clock.now(), ...(settle_ms !== undefined && { settle_ms }) });
  }

  /** What to watch is asked of all at once; the most preferred that answers decides. */
  async start(): Promise<void> {
    const { settings, clock, resume } = this.options;
    this.report(clock.now());
    const asked = this.venues.map((venue) => venue.askMarkets());
    await Promise.race([this.firstMarkets(asked), clock.sleep(MARKETS_WAIT_MS, this.signal)]);
    const best = this.venues.find(({ markets }) => markets !== null);
    this.watched = chooseSymbols(settings.SYMBOLS, best?.markets ?? null);
    for (const [symbol, { provider, seq, ts_ms }] of resume?.symbols ?? []) {
      this.router.seed(symbol, provider, ts_ms);
      this.venues.find(({ id }) => id === provider)?.ledger.seed(symbol, seq, ts_ms);
    }
    for (const venue of this.venues) venue.open(this.watched);
    this.failover = this.newFailover();
    for (const gap of resume?.open_gaps ?? []) this.venues.find(({ id }) => id === gap.provider)?.filler.fill(gap);
  }

  async loop(): Promise<void> {
    const { clock } = this.options;
    while (!this.signal.aborted) {
      const now_ms = clock.now();
      for (const { session, id } of this.venues) {
        session?.tick();
        const { said, reason } = session?.said() ?? { said: "trying", reason: "" };
        this.failover.report(id, said, reason, now_ms);
      }
      const due = this.failover.decide(now_ms);
      if (due !== null) this.switch(due);
      const batch = this.waiting;
      this.waiting = [];
      let isDone = true;
      for (const venue of this.venues) {
        isDone = venue.drain(batch, this.sink) && isDone;
        if (this.history === "done" && this.tells(venue)) venue.beat(batch);
      }
      this.completeFirstMinute(now_ms);
      for (let i = 0; i < batch.length; i += EMIT_MAX) await this.sink.emit(batch.slice(i, i + EMIT_MAX));
      this.report(now_ms);
      if (isDone) await clock.sleep(STEP_MS, this.signal);
      else await clock.sleep(0);
    }
    for (const { session } of this.venues) session?.stop();
    await this.held;
    if (this.waiting.length > 0) await this.sink.emit(this.waiting);
  }

  /** Whether a series rests on this venue now. */
  private tells({ id }: LiveVenue): boolean {
    return id === this.failover.primary || this.watched.some((symbol) => this.router.providerOf(symbol) === id);
  }

  private switch({ from, to, reason }: Switch): void {
    this.status_ms = 0;
    this.why = from === null && this.venues[0]?.id === to ? "" : reason;
    if (this.history === "done") this.route(to, reason);
    else if (this.history === "none") this.held = this.loadHistory(to);
  }

  private route(to: string, reason: string): void {
    const { clock } = this.options;
    const venue = this.venues.find(({ id }) => id === to)!;
    const byBefore = new Map<string | null, string[]>();
    for (const { symbol } of venue.served) {
      const before = this.router.lastOf(symbol)?.provider ?? null;
      byBefore.set(before, [...(byBefore.get(before) ?? []), symbol]);
    }
    for (const [before, symbols] of byBefore) {
      const whole_ms = this.venues.find(({ id }) => id === before)?.whole_ms ?? null;
      const earlier = symbols.map((symbol) => ({ symbol, newest_ms: this.router.lastOf(symbol)?.newest_ms ?? 0 }));
      const { routes, held } = this.router.route(to, symbols, whole_ms, reason, clock.now());
      this.waiting.push(...routes);
      if (before !== null && before !== to) {
        for (const symbol of symbols) venue.ledger.forget(symbol);
        // The run before ended with another venue, which nobody has heard since.
        if (whole_ms === null) for (const one of earlier) this.downtime(venue, one.symbol, one.newest_ms, held);
      }
      for (const trade of held) venue.handOn(trade, this.waiting);
    }
  }

  private downtime(venue: LiveVenue, symbol: string, from_ms: number, held: readonly Trade[]): void {
    const to_ms = held.find((trade) => trade.symbol === symbol)?.ts_ms ?? this.options.clock.now();
    if (to_ms > from_ms + 1) venue.filler.add({ symbol, from_seq: null, to_seq: null, from_ms: from_ms + 1, to_ms });
  }

  /** Candles come before the first live trade: minutes are folded oldest first. Meanwhile trades are held, none is lost. */
  private async loadHistory(to: string): Promise<void> {
    this.history = "loading";
    const { clock, resume } = this.options;
    const venue = this.venues.find(({ id }) => id === to)!;
    const oldest_ms = this.started_ms - HISTORY_MS;
    const loaded = await recentCandles(venue, clock, this.signal, (symbol) =>
      Math.max(oldest_ms, resume?.minutes.get(symbol) ?? 0),
    );
    this.say(venue, loaded, resume !== null);
    this.history = "done";
    this.firstMinute_ms = clock.now() + FIRST_MINUTE_MS;
    const { primary } = this.failover;
    if (primary !== null) this.route(primary, this.why === "" ? "the first that answers" : this.why);
  }

  private say(venue: LiveVenue, history: History, isKnown: boolean): void {
    for (const record of historyRecords(venue, history, isKnown)) this.waiting.push(record);
    for (const [symbol, why] of history.missing) this.sink.reject("no_history", `${symbol}: ${why}`, "");
    venue.counters.history_bars = (venue.counters.history_bars ?? 0) + history.bars.length;
  }

  private completeFirstMinute(now_ms: number): void {
    if (now_ms < this.firstMinute_ms) return;
    this.firstMinute_ms = Number.POSITIVE_INFINITY;
    const venue = this.venues.find(({ id }) => id === this.failover.primary);
    if (venue === undefined) return;
    const fetched = recentCandles(venue, this.options.clock, this.signal, () => now_ms - FIRST_MINUTE_MS - MINUTE_MS);
    this.held = this.held.then(async () => this.say(venue, await fetched, false));
  }

  private async firstMarkets(asked: readonly Promise<void>[]): Promise<void> {
    for (const [i, one] of asked.entries()) {
      await one;
      if (this.venues[i]?.markets !== null) return;
    }
  }

  private report(now_ms: number): void {
    if (Math.abs(now_ms - this.status_ms) < STATUS_EVERY_MS) return;
    this.status_ms = now_ms;
    for (const venue of this.venues) {
      const isPrimary = venue.id === this.failover.primary;
      const served = this.watched
        .filter((symbol) => isPrimary && this.router.providerOf(symbol) === venue.id)
        .map((symbol) => ({ symbol, decimals: venue.decimalsOf(symbol) ?? DECIMALS_UNKNOWN }));
      if (isPrimary) this.serves(served);
      this.sink.status(venue.report({ isPrimary, isLoading: this.history !== "done", why: this.why, served }, now_ms));
    }
  }
}
