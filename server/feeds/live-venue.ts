import type { MarketRecord, PartStatus, Trade } from "../../core/messages/index.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { FeedSink } from "../../core/ports/feed.ts";
import type { Settings } from "../../core/settings/index.ts";
import type { Dial } from "./connection/dial.ts";
import { Session } from "./connection/session.ts";
import { at, endpointsOf } from "./endpoints.ts";
import type { Router } from "./failover/router.ts";
import { Filler } from "./gaps/fill.ts";
import { Ledger } from "./gaps/fill-ledger.ts";
import { createHeartbeats, type Heartbeats } from "./heartbeats.ts";
import { createLatencyWindow } from "./latency.ts";
import { partStatus, type Shown } from "./live-report.ts";
import { createRest } from "./rest.ts";
import type { Item, MarketInfo, Rest, Venue, VenueSymbol } from "./venue.ts";

export interface LiveVenueOptions {
  readonly venue: Venue;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly dial: Dial;
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly router: Router;
  readonly out: (records: readonly MarketRecord[]) => void;
}

/** Well under what every venue allows, shared by candles, gaps and lists of markets. */
const REST_LIMIT = { count: 1_200, per_ms: 60_000 };
const AT_ONCE = 2_000;
const LATENCY_EVERY_MS = 1_000;
const BEHIND_MAX_MS = 5_000;
/** Frames nobody understands are all counted; so many a second are kept as well. */
const REJECTS_PER_SEC = 10;

/** One venue as the live feed runs it: its connections, what it has handed on, what it lacks, what it vouches for. */
export class LiveVenue {
  readonly rest: Rest;
  readonly latency = createLatencyWindow();
  readonly counters: Record<string, number> = { unknown: 0, rejected: 0 };
  readonly filler: Filler;
  readonly ledger: Ledger;
  session: Session | null = null;
  markets: readonly MarketInfo[] | null = null;
  newest_ts_ms: number | null = null;
  /** Event time up to which every trade has been handed on, as far as pongs and frames tell. */
  vouched_ms = 0;
  /** The same by data alone: a mute venue answers pings as well. */
  whole_ms: number | null = null;
  private symbols = new Map<string, VenueSymbol>();
  private readonly heartbeats: Heartbeats;
  private behind_ms = 0;
  private measured_ms = 0;
  private breaks = 0;
  private rejects = { from_ms: 0, count: 0 };

  constructor(readonly options: LiveVenueOptions) {
    const { venue, settings, clock, signal, out } = options;
    const { rest: address } = endpointsOf(venue.id, settings);
    const rest = createRest({ clock, limit: REST_LIMIT, signal });
    this.rest = (url, weight, headers) => rest(at(url, address), weight, headers);
    this.heartbeats = createHeartbeats(venue.id, "live", settings.HEARTBEAT_MS);
    this.ledger = new Ledger(venue.trade_ids);
    this.filler = new Filler({
      venue,
      rest: this.rest,
      clock,
      signal,
      venueSymbol: (symbol) => this.symbols.get(symbol) ?? venue.toVenue(symbol),
      emit: out,
    });
  }

  get id(): string {
    return this.options.venue.id;
  }

  get served(): readonly VenueSymbol[] {
    return [...this.symbols.values()].filter(({ symbol }) => this.session?.refused.has(symbol) !== true);
  }

  async askMarkets(): Promise<void> {
    try {
      this.markets = (await this.options.venue.rest?.markets(this.rest)) ?? null;
    } catch {
      this.counters.markets_failed = (this.counters.markets_failed ?? 0) + 1;
    }
  }

  decimalsOf(symbol: string): number | null {
    const venue = this.symbols.get(symbol)?.venue;
    return this.markets?.find((market) => market.venue === venue)?.decimals ?? null;
  }

  /** Connects for those of the symbols that are markets here. */
  open(symbols: readonly string[]): void {
    const { venue, settings, clock, dial, random } = this.options;
    const trading =
      this.markets === null || venue.rest?.lists_some === true
        ? null
        : new Set(this.markets.filter((one) => one.is_trading).map((one) => one.venue));
    for (const symbol of symbols) {
      const mapped = venue.toVenue(symbol);
      if (mapped !== null && (trading === null || trading.has(mapped.venue))) this.symbols.set(symbol, mapped);
    }
    this.session = new Session({
      venue,
      symbols: [...this.symbols.values()],
      channels: ["trade", "quote"],
      stream: endpointsOf(venue.id, settings).stream,
      clock,
      dial,
      random,
      settings,
    });
  }

  /** Moves what has come into the router, and what is to be handed on to `batch`. True: nothing is left waiting. */
  drain(batch: MarketRecord[], sink: FeedSink): boolean {
    const { session } = this;
    if (session === null) return true;
    const now_ms = this.options.clock.now();
    const { alive_ms, data_ms } = session;
    if (session.breaks !== this.breaks) {
      this.breaks = session.breaks;
      this.ledger.broken(this.symbols.keys());
    }
    for (const item of session.queue.take(AT_ONCE)) this.take(item, now_ms, batch, sink);
    const isEmpty = session.queue.size === 0;
    this.measure(now_ms);
    if (isEmpty && alive_ms > 0 && session.said().said === "live") {
      this.vouched_ms = Math.max(this.vouched_ms, Math.min(alive_ms, now_ms) - this.behind_ms);
    }
    if (isEmpty && data_ms !== null) this.whole_ms = data_ms - this.behind_ms;
    for (const hole of this.ledger.due(now_ms)) this.filler.add(hole);
    return isEmpty;
  }

  /** The word on how far this venue's time has come, when it is due. */
  beat(batch: MarketRecord[]): void {
    const { clock } = this.options;
    const heartbeat = this.heartbeats.take(clock.now(), this.session?.alive_ms ?? 0, this.vouched_ms);
    if (heartbeat !== null) batch.push(heartbeat);
  }

  vouch(ts_ms: number): MarketRecord {
    return this.heartbeats.vouch(ts_ms);
  }

  handOn(trade: Trade, batch: MarketRecord[]): void {
    this.ledger.take(trade, this.options.clock.now());
    if (trade.ts_ms > (this.newest_ts_ms ?? 0)) this.newest_ts_ms = trade.ts_ms;
    batch.push(trade);
  }

  report(shown: Shown, now_ms: number): PartStatus {
    const { session, filler, latency, newest_ts_ms, id } = this;
    return partStatus(
      {
        id,
        title: this.options.venue.title,
        ...(session?.said() ?? { said: "trying", reason: "" }),
        ...shown,
        refused: [...(session?.refused.keys() ?? [])],
        gaps_filling: filler.open,
        latency: latency.percentiles(now_ms),
        newest_ts_ms,
        counters: {
          ...this.counters,
          ...filler.counters,
          ...this.options.router.counters,
          reconnects: session?.reconnects ?? 0,
          dropped_quotes: session?.queue.dropped.quote ?? 0,
        },
      },
      now_ms,
    );
  }

  private take(item: Item, now_ms: number, batch: MarketRecord[], sink: FeedSink): void {
    switch (item.kind) {
      case "trade": {
        if (!this.symbols.has(item.symbol)) {
          this.count("unasked");
          return;
        }
        if (item.recv_ms !== undefined) this.latency.add(item.recv_ms, item.recv_ms - item.ts_ms);
        if (this.options.router.take(item, now_ms)) this.handOn(item, batch);
        return;
      }
      case "quote":
        if (this.options.router.providerOf(item.symbol) === this.id) batch.push(item);
        return;
      case "unknown":
        this.count("unknown");
        this.reject(sink, now_ms, "unknown_frame", item.why, item.text);
        return;
      case "rejected":
        this.count("rejected");
        this.reject(sink, now_ms, item.reason, item.detail, item.text);
        return;
      default:
        this.count(item.kind);
    }
  }

  private count(name: string): void {
    this.counters[name] = (this.counters[name] ?? 0) + 1;
  }

  private reject(sink: FeedSink, now_ms: number, reason: string, detail: string, text: string): void {
    if (Math.abs(now_ms - this.rejects.from_ms) >= 1_000) this.rejects = { from_ms: now_ms, count: 0 };
    if (this.rejects.count++ < REJECTS_PER_SEC) sink.reject(reason, `${this.options.venue.title}: ${detail}`, text);
  }

  /** How long trades take to come, at worst: what is younger may still be under way. */
  private measure(now_ms: number): void {
    if (Math.abs(now_ms - this.measured_ms) < LATENCY_EVERY_MS) return;
    this.measured_ms = now_ms;
    const usual_ms = this.latency.quantile(0.5, now_ms) ?? 100;
    // A few trades with a time long past must not hold the clock back.
    this.behind_ms = Math.min(this.latency.quantile(0.99, now_ms) ?? 100, usual_ms + BEHIND_MAX_MS);
  }
}
