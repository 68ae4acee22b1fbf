import type { MarketRecord, Watched, WatchRequest } from "../../core/messages/index.ts";
import type { Feed, FeedSink } from "../../core/ports/feed.ts";
import { dial as realDial } from "./connection/dial.ts";
import { Failover, type Switch } from "./failover/manager.ts";
import { Router } from "./failover/router.ts";
import { LiveHistory } from "./live-history.ts";
import type { LiveFeedOptions } from "./live-options.ts";
import type { Served } from "./live-report.ts";
import { routeTo } from "./live-routes.ts";
import { toldNow } from "./live-told.ts";
import { LiveVenue } from "./live-venue.ts";
import { LiveWatch } from "./live-watch.ts";
import { onwardClock } from "./onward-clock.ts";
import { chooseSymbols } from "./symbols.ts";

const STEP_MS = 5;
const EMIT_MAX = 2_000;
const STATUS_EVERY_MS = 1_000;
const MARKETS_WAIT_MS = 3_000;
const HISTORY_MS = 24 * 3_600_000;
const MINUTE_MS = 60_000;
/** Long enough for a silence to be noticed, and then some. */
const HOLD_MS = 30_000;

/** The market as real venues tell it: the best of those that answer, the others standing by. */
export function createLiveFeed(options: LiveFeedOptions): Feed {
  let served: readonly Served[] = [];
  const running = Promise.withResolvers<LiveRun>();
  let asked: Promise<unknown> = running.promise.catch(() => undefined);
  return {
    provider: options.venues.map(({ id }) => id).join(","),
    symbols: () => served,
    watch(action, symbols) {
      // One wish after the other: what the first changes the second must know.
      const answer = asked.then(async () => (await running.promise).watch(action, symbols));
      asked = answer.catch(() => undefined);
      return answer;
    },
    async run(sink, signal) {
      const stop = new AbortController();
      const onAbort = (): void => stop.abort();
      if (signal.aborted) return;
      signal.addEventListener("abort", onAbort);
      try {
        const run = new LiveRun({ ...options, clock: onwardClock(options.clock) }, sink, stop.signal, (now) => {
          served = now;
        });
        await run.start();
        running.resolve(run);
        await run.loop();
      } finally {
        running.reject(new Error("the feed has ended"));
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
  private readonly out = (records: readonly MarketRecord[]): void => {
    for (const record of records) this.waiting.push(record);
  };
  private readonly watching: LiveWatch;
  /** When a symbol was removed: what came before is on the log. */
  private readonly left_ms = new Map<string, number>();
  private why = "";
  private readonly history: LiveHistory;
  private past: "none" | "loading" | "done" = "none";
  private status_ms = 0;

  constructor(
    private readonly options: LiveFeedOptions,
    private readonly sink: FeedSink,
    private readonly signal: AbortSignal,
    private readonly serves: (served: readonly Served[]) => void,
  ) {
    const { clock } = options;
    const { out, router } = this;
    this.history = new LiveHistory({ clock, sink, signal, out });
    const shared = { dial: realDial, random: Math.random, ...options, signal, router, out };
    this.venues = options.venues.map((venue) => new LiveVenue({ ...shared, venue }));
    this.watching = new LiveWatch({ venues: this.venues, clock, primary: () => this.primary });
    this.failover = this.newFailover();
  }

  private newFailover(): Failover {
    const { venues, clock, settle_ms } = this.options;
    return new Failover({ venues, start_ms: clock.now(), ...(settle_ms !== undefined && { settle_ms }) });
  }

  /** What to watch is asked of all at once; the most preferred that answers decides. */
  async start(): Promise<void> {
    const { settings, clock, resume, changes = { added: [], removed: [] } } = this.options;
    this.report(clock.now());
    const asked = this.venues.map((venue) => venue.markets.ask());
    await Promise.race([this.firstMarkets(asked), clock.sleep(MARKETS_WAIT_MS, this.signal)]);
    const best = this.venues.find(({ markets }) => markets.list !== null);
    const chosen = new Set([
      ...chooseSymbols(settings.SYMBOLS, best?.markets.list ?? null, this.options.venues[0]?.well_known),
      ...changes.added,
    ]);
    for (const symbol of changes.removed) if (chosen.size > 1) chosen.delete(symbol);
    this.watching.symbols = [...chosen];
    for (const [symbol, { provider, seq, ts_ms }] of resume?.symbols ?? []) {
      this.router.seed(symbol, provider, ts_ms);
      this.venues.find(({ id }) => id === provider)?.ledger.seed(symbol, seq, ts_ms);
    }
    for (const venue of this.venues) venue.open(this.watching.symbols);
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
        if (this.past === "done" && this.tells(venue)) venue.beat(batch);
      }
      this.history.complete(this.primary, now_ms);
      for (let i = 0; i < batch.length; i += EMIT_MAX) await this.sink.emit(batch.slice(i, i + EMIT_MAX));
      this.report(now_ms);
      if (isDone) await clock.sleep(STEP_MS, this.signal);
      else await clock.sleep(0);
    }
    for (const venue of this.venues) venue.stop();
    await this.history.settled;
    if (this.waiting.length > 0) await this.sink.emit(this.waiting);
  }

  async watch(action: WatchRequest["action"], symbols: readonly string[]): Promise<readonly Watched[]> {
    const now_ms = this.options.clock.now();
    if (action === "remove") {
      const { removed, answers } = this.watching.remove(symbols);
      for (const symbol of removed) {
        for (const venue of this.venues) venue.remove(symbol);
        this.router.remove(symbol);
        this.left_ms.set(symbol, now_ms);
      }
      this.status_ms = 0;
      return answers;
    }
    if (this.past === "loading") await this.history.settled;
    const { added, answers } = await this.watching.add(symbols);
    for (const venue of this.venues) venue.add(added);
    this.status_ms = 0;
    if (this.past === "done" && added.length > 0) void this.join(added);
    return answers;
  }

  /** Candles first, then the route, then what has come meanwhile: as at the start. */
  private async join(added: readonly string[]): Promise<void> {
    const venue = this.primary;
    if (venue !== null) await this.loadPast(venue, added, false);
    if (this.primary !== null) this.route(this.primary.id, "added to what is watched");
  }

  private get primary(): LiveVenue | null {
    return this.venues.find(({ id }) => id === this.failover.primary) ?? null;
  }

  /** Whether a series rests on this venue now. */
  private tells({ id }: LiveVenue): boolean {
    return (
      id === this.failover.primary || this.watching.symbols.some((symbol) => this.router.providerOf(symbol) === id)
    );
  }

  private switch({ from, to, reason }: Switch): void {
    this.status_ms = 0;
    this.why = from === null && this.venues[0]?.id === to ? "" : reason;
    if (this.past === "done") this.route(to, reason);
    else if (this.past === "none") void this.begin(to);
  }

  private route(to: string, reason: string): void {
    const { venues, router, out } = this;
    this.status_ms = 0;
    routeTo(venues.find(({ id }) => id === to)!, reason, { venues, router, clock: this.options.clock, out });
  }

  /** Candles come before the first live trade. Meanwhile trades are held, none is lost. */
  private async begin(to: string): Promise<void> {
    this.past = "loading";
    const venue = this.venues.find(({ id }) => id === to)!;
    await this.loadPast(venue, this.watching.symbols, this.options.resume !== null);
    this.past = "done";
    const { primary } = this.failover;
    if (primary !== null) this.route(primary, this.why === "" ? "the first that answers" : this.why);
  }

  private loadPast(venue: LiveVenue, symbols: readonly string[], isKnown: boolean): Promise<void> {
    const oldest_ms = this.options.clock.now() - HISTORY_MS;
    const known_ms = (symbol: string): number =>
      Math.max(this.options.resume?.minutes.get(symbol) ?? 0, (this.left_ms.get(symbol) ?? 0) - MINUTE_MS);
    return this.history.load({
      venue,
      symbols: venue.served.filter(({ symbol }) => symbols.includes(symbol)),
      from_ms: (symbol) => Math.max(oldest_ms, known_ms(symbol)),
      isKnown,
    });
  }

  private async firstMarkets(asked: readonly Promise<void>[]): Promise<void> {
    for (const [i, one] of asked.entries()) {
      await one;
      if (this.venues[i]?.markets.list !== null) return;
    }
  }

  private report(now_ms: number): void {
    if (Math.abs(now_ms - this.status_ms) < STATUS_EVERY_MS) return;
    this.status_ms = now_ms;
    const { venues, router, primary } = this;
    const { served, elsewhere, tellerOf } = toldNow(this.watching.symbols, venues, router, primary);
    this.serves(served);
    for (const venue of this.venues) {
      const isPrimary = venue === primary;
      const told = venue.served.filter(({ symbol }) => tellerOf(symbol) === venue);
      venue.books.want(told);
      const shown = {
        isPrimary,
        isLoading: this.past !== "done",
        why: this.why,
        tells: told.length,
        elsewhere,
        served,
      };
      this.sink.status(venue.report(shown, now_ms));
    }
  }
}
