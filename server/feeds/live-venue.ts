import type { MarketRecord, PartStatus, PriceRecord, Trade } from "../../core/messages/index.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { FeedSink } from "../../core/ports/feed.ts";
import type { Settings } from "../../core/settings/index.ts";
import { LiveBooks } from "./books/live-books.ts";
import type { Dial } from "./connection/dial.ts";
import { joined } from "./connection/flow.ts";
import { Session } from "./connection/session.ts";
import { at, endpointsOf } from "./endpoints.ts";
import type { Router } from "./failover/router.ts";
import { Filler } from "./gaps/fill.ts";
import { Ledger } from "./gaps/fill-ledger.ts";
import { createLimiter, type Limiter } from "./limiter.ts";
import { LiveMarkets } from "./live-markets.ts";
import { Rejects } from "./live-rejects.ts";
import { partStatus, type Shown } from "./live-report.ts";
import { Vouch } from "./live-vouch.ts";
import { NewestQuotes } from "./newest-quotes.ts";
import { createRest } from "./rest.ts";
import type { Channel, Item, Rest, Venue, VenueSymbol } from "./venue.ts";

export interface LiveVenueOptions {
  readonly venue: Venue;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly dial: Dial;
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly router: Router;
  readonly queue_max?: number;
  readonly out: (records: readonly MarketRecord[]) => void;
  /** How often it is looked whether the watched markets are still there. */
  readonly markets_every_ms?: number | undefined;
}

const AT_ONCE = 2_000;
/** A price dated further ahead than this would silence those that come after it. */
const AHEAD_MS = 1_000;

/** One venue as the live feed runs it: its connections, what it has handed on, what it lacks, what it vouches for. */
export class LiveVenue {
  readonly rest: Rest;
  readonly vouch: Vouch;
  readonly counters: Record<string, number> = { unknown: 0, rejected: 0 };
  readonly filler: Filler;
  readonly ledger: Ledger;
  readonly books: LiveBooks;
  readonly markets: LiveMarkets;
  session: Session | null = null;
  newest_ts_ms: number | null = null;
  private symbols = new Map<string, VenueSymbol>();
  private readonly quotes = new NewestQuotes();
  private readonly connects: Limiter;
  private readonly rejects: Rejects;

  constructor(readonly options: LiveVenueOptions) {
    const { venue, settings, clock, signal, out } = options;
    const { rest: address } = endpointsOf(venue.id, settings);
    const rest = createRest({ clock, limit: venue.limits.rest, signal });
    this.connects = createLimiter(venue.limits.connects, clock);
    this.rest = (url, weight, headers) => rest(at(url, address), weight, headers);
    this.markets = new LiveMarkets({ venue, rest: this.rest, clock, every_ms: options.markets_every_ms });
    this.rejects = new Rejects(venue.title);
    this.vouch = new Vouch(venue.id, settings.HEARTBEAT_MS);
    this.ledger = new Ledger(venue.trade_ids);
    this.filler = new Filler({
      venue,
      rest: this.rest,
      clock,
      signal,
      venueSymbol: (symbol) => this.symbols.get(symbol) ?? venue.toVenue(symbol),
      emit: out,
    });
    this.books = new LiveBooks({
      venue,
      rest: this.rest,
      clock,
      signal,
      connect: (symbols) =>
        venue.limits.one_connection === true && this.session !== null ? this.session : this.connect(symbols, ["book"]),
    });
  }

  get id(): string {
    return this.options.venue.id;
  }

  get title(): string {
    return this.options.venue.title;
  }

  get served(): readonly VenueSymbol[] {
    return [...this.symbols.values()].filter(({ symbol }) => this.session?.refused.has(symbol) !== true);
  }

  /** Watched, and by the venue's newest list no market of it any more. */
  private get delisted(): string[] {
    return [...this.symbols.keys()].filter((symbol) => this.markets.trades(symbol) === false);
  }

  /** Connects for those of the symbols that are markets here. */
  open(symbols: readonly string[]): void {
    const { venue } = this.options;
    this.takeOn(symbols);
    const channels: Channel[] = venue.limits.one_connection === true ? ["trade", "quote", "book"] : ["trade", "quote"];
    this.session = this.connect([...this.symbols.values()], channels);
  }

  /** The same while it is connected; nobody else notices. */
  add(symbols: readonly string[]): void {
    this.session?.add(this.takeOn(symbols));
  }

  remove(symbol: string): void {
    this.symbols.delete(symbol);
    this.session?.remove(symbol);
    this.ledger.forget(symbol);
  }

  stop(): void {
    this.session?.stop();
    this.books.stop();
  }

  /** Moves what has come into the router, and what is to be handed on to `batch`. True: nothing is left waiting. */
  drain(batch: MarketRecord[], sink: FeedSink): boolean {
    const { session } = this;
    if (session === null) return true;
    const now_ms = this.options.clock.now();
    this.markets.keepUp(now_ms);
    const { alive_ms, data_ms } = session;
    this.vouch.begin(now_ms);
    this.quotes.begin();
    for (const item of session.queue.take(AT_ONCE)) this.take(item, now_ms, batch, sink);
    const isEmpty = session.queue.size === 0;
    const isWell = alive_ms > 0 && session.said().said === "live";
    this.vouch.end(now_ms, isEmpty, isWell ? alive_ms : null, data_ms);
    for (const hole of this.ledger.due(now_ms)) this.filler.add(hole);
    this.books.step(now_ms);
    this.books.drain(batch, now_ms);
    return isEmpty;
  }

  /** The word on how far this venue's time has come, when it is due. */
  beat(batch: MarketRecord[]): void {
    const heartbeat = this.vouch.beat(this.options.clock.now(), this.session?.alive_ms ?? 0);
    if (heartbeat !== null) batch.push(heartbeat);
  }

  handOn(trade: Trade, batch: MarketRecord[]): void {
    this.ledger.take(trade, this.options.clock.now());
    this.quotes.traded(trade.symbol);
    if (trade.ts_ms > (this.newest_ts_ms ?? 0)) this.newest_ts_ms = trade.ts_ms;
    // By a clock that is behind it would come before it happened, and be taken for a mistake.
    const { early_ms } = this.vouch;
    batch.push(early_ms > 0 && trade.recv_ms !== undefined ? { ...trade, recv_ms: trade.recv_ms + early_ms } : trade);
  }

  report(shown: Shown, now_ms: number): PartStatus {
    const { session, filler, newest_ts_ms, id } = this;
    return partStatus(
      {
        id,
        title: this.title,
        ...(session?.said() ?? { said: "trying", reason: "" }),
        ...shown,
        refused: [...(session?.refused.keys() ?? [])],
        delisted: this.delisted,
        books: this.books.trouble,
        early_ms: this.vouch.early_ms,
        gaps_filling: filler.open,
        latency: this.vouch.latency.percentiles(now_ms),
        newest_ts_ms,
        counters: {
          ...this.counters,
          ...filler.counters,
          ...this.options.router.counters,
          ...this.books.counters,
          markets_failed: this.markets.failed,
          quotes_replaced: this.quotes.replaced,
          reconnects: session?.reconnects ?? 0,
        },
        flow: joined([session?.queue.flow(now_ms), this.books.flow(now_ms)]),
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
        this.vouch.seen(item, now_ms);
        if (this.options.router.take(item, now_ms)) this.handOn(item, batch);
        return;
      }
      case "quote":
        if (this.tells(item.symbol)) this.quotes.put(item, batch);
        return;
      case "price":
        if (this.tells(item.symbol)) batch.push(notAhead(item, now_ms));
        return;
      case "book_update":
        this.books.take(item);
        return;
      case "broken":
        this.ledger.broken(item.symbols);
        if (this.options.venue.limits.one_connection === true) this.books.broken(item.symbols);
        return;
      case "unknown":
        this.count("unknown");
        this.rejects.put(sink, now_ms, "unknown_frame", item.why, item.text);
        return;
      case "rejected":
        this.count("rejected");
        this.rejects.put(sink, now_ms, item.reason, item.detail, item.text);
        return;
      default:
        this.count(item.kind);
    }
  }

  private takeOn(symbols: readonly string[]): VenueSymbol[] {
    const { venue } = this.options;
    const mapped = symbols.flatMap((symbol) =>
      this.markets.trades(symbol) === false ? [] : (venue.toVenue(symbol) ?? []),
    );
    for (const one of mapped) this.symbols.set(one.symbol, one);
    return mapped;
  }

  private readonly tells = (symbol: string): boolean => this.options.router.providerOf(symbol) === this.id;

  private connect(symbols: readonly VenueSymbol[], channels: readonly Channel[]): Session {
    const { venue, settings } = this.options;
    const { stream } = endpointsOf(venue.id, settings);
    return new Session({ ...this.options, symbols, channels, stream, connects: this.connects });
  }

  private count(name: string): void {
    this.counters[name] = (this.counters[name] ?? 0) + 1;
  }
}

const notAhead = (price: PriceRecord, now_ms: number): PriceRecord =>
  Date.parse(price.time) <= now_ms + AHEAD_MS ? price : { ...price, time: new Date(now_ms).toISOString() };
