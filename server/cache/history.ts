import { intervalMs } from "../../core/messages/index.ts";
import type { Position } from "../../core/ports/bus.ts";
import type { Clock } from "../../core/ports/clock.ts";
import { TOPICS } from "../../core/topics.ts";
import type { Archive } from "./archive.ts";
import { scanBars } from "./bar-scan.ts";
import { type BarsPage, type BarsQuery, HistoryError } from "./bars-page.ts";
import type { Cache } from "./cache.ts";
import { Gather } from "./gather.ts";
import { type HeldBar, heldBar } from "./held-bar.ts";
import type { BarSeries } from "./series.ts";

export interface HistoryOptions {
  readonly clock: Clock;
  /** Null: there is no store behind this server. */
  readonly archive?: Archive | null;
  /** For all reading one request causes. */
  readonly deadlineMs?: number;
  readonly recordsMax?: number;
  /** Requests that may wait for their turn to read the log. */
  readonly waitingMax?: number;
}

/** A venue's clock differs from the bus's by less than this. */
const SKEW_MS = 60_000;
/** As many as one read of the store gives. */
const STORE_ROWS_MAX = 1_000;
const TOPIC = TOPICS.bars.name;

/** What one request has read of the log so far. */
interface Reading {
  readonly query: BarsQuery;
  readonly gather: Gather;
  readonly until_ms: number;
  scannedFrom: Position;
}

/** What the store says of the range asked for. */
interface Stored {
  readonly bars: readonly HeldBar[];
  readonly isMore: boolean;
}
const NOTHING_STORED: Stored = { bars: [], isMore: false };

/**
 * Bars from the cache; where that does not reach, from the store with what the cache knows newer, and from `tape.bars`
 * while the store is away or behind. One scan of the log runs at a time; the newest bars it finds stay in the cache, so
 * that a series is read once.
 */
export class History {
  private readonly cache: Cache;
  private readonly clock: Clock;
  private readonly archive: Archive | null;
  private readonly deadlineMs: number;
  private readonly recordsMax: number;
  private readonly waitingMax: number;
  private readonly stop = new AbortController();
  private turn: Promise<unknown> = Promise.resolve();
  private waiting = 0;
  scans = 0;

  constructor(cache: Cache, options: HistoryOptions) {
    this.cache = cache;
    this.clock = options.clock;
    this.archive = options.archive ?? null;
    this.deadlineMs = options.deadlineMs ?? 2_000;
    this.recordsMax = options.recordsMax ?? 2_000_000;
    this.waitingMax = options.waitingMax ?? 8;
  }

  async bars(query: BarsQuery): Promise<BarsPage> {
    const reading: Reading = {
      query,
      gather: new Gather(query.limit + 1, query.from_ms === null ? "newest" : "oldest"),
      until_ms: this.clock.now() + this.deadlineMs,
      scannedFrom: Number.POSITIVE_INFINITY,
    };
    let reach = 2;
    let isStoreAsked = this.archive === null;
    for (;;) {
      const { start } = await this.cache.bus.info(TOPIC, 0);
      const wanted_ms = this.need(reading, reach);
      const at = Math.max(start, await this.cache.bus.positionAt(TOPIC, 0, wanted_ms - SKEW_MS));
      const isAll = at <= start;
      const need_ms = isAll && !this.suffices(reading) ? 0 : wanted_ms;
      const isCovered = this.covers(reading, need_ms, at);
      // What was said before the log's beginning may be about any bar: there the store has to be asked.
      if (isCovered && !isAll && this.suffices(reading)) return this.page(reading, NOTHING_STORED, false);
      if (!isStoreAsked) {
        isStoreAsked = true;
        const page = await this.withStore(reading);
        if (page !== null) return page;
        continue;
      }
      // The log holds no more; a store that is away may.
      if (isCovered && isAll) {
        const isWhole = this.covers(reading, 0, at);
        return { ...this.page(reading, NOTHING_STORED, isWhole), complete: this.archive === null };
      }
      if (!(await this.inTurn(() => this.scan(reading, need_ms, at)))) {
        if (query.from_ms !== null || query.to_ms !== null) throw new HistoryError("deadline");
        const held = { ...reading, gather: new Gather(1, "newest") };
        return { ...this.page(held, NOTHING_STORED, false), complete: false };
      }
      reach *= 8;
    }
  }

  close(): void {
    this.stop.abort();
  }

  private series(query: BarsQuery): BarSeries | undefined {
    return this.cache.state.seriesOf(query.symbol, query.interval);
  }

  /** What is known of the range asked for, ascending, the forming bar last. */
  private candidates({ query, gather }: Reading, stored: readonly HeldBar[] = []): HeldBar[] {
    const series = this.series(query);
    const all = new Gather(Number.POSITIVE_INFINITY, "newest");
    for (const bar of stored) all.add(bar);
    for (const bar of gather.list()) all.add(bar);
    for (const bar of series?.finals ?? []) all.add(bar);
    const bars = all.list();
    const forming = series?.forming;
    if (forming && forming.start_ts_ms > (bars.at(-1)?.start_ts_ms ?? -1)) bars.push(forming);
    const from_ms = query.from_ms ?? 0;
    const to_ms = query.to_ms ?? Number.POSITIVE_INFINITY;
    return bars.filter((bar) => bar.start_ts_ms >= from_ms && bar.start_ts_ms < to_ms);
  }

  private suffices(reading: Reading): boolean {
    return reading.query.from_ms !== null || this.candidates(reading).length >= reading.query.limit;
  }

  /**
   * The store's bars, over them what the log holds beyond the store's position; null while the store is away, or when that
   * part of the log is too long to be read. Together they hold every statement, and so the page any of them belongs to.
   */
  private async withStore(reading: Reading): Promise<BarsPage | null> {
    const { query } = reading;
    const { symbol, interval, from_ms, to_ms } = query;
    const limit = Math.min(query.limit + 1, STORE_ROWS_MAX);
    const series = this.series(query);
    const enough = Math.max(series?.knownFrom ?? this.cache.state.barsKnownFrom(interval), series?.droppedNext ?? 0);
    const archived = await this.archive!.read("bars", enough, (store) =>
      store.readBars({
        symbol,
        interval,
        limit,
        ...(from_ms !== null && { from_ms }),
        ...(to_ms !== null && { to_ms }),
      }),
    );
    if (archived === null) return null;
    const { upTo, found } = archived;
    const need_ms = from_ms ?? 0;
    if (!this.covers(reading, need_ms, upTo) && !(await this.inTurn(() => this.scan(reading, need_ms, upTo))))
      return null;
    const isMore = from_ms === null ? found.items.length >= limit : found.next_from_ms !== null;
    return this.page(reading, { bars: found.items.map((bar) => heldBar(bar, -1, JSON.stringify(bar))), isMore }, true);
  }

  /** Every bar that starts at or after this has to be known for the answer to be right. */
  private need(reading: Reading, reach: number): number {
    const { query } = reading;
    if (query.from_ms !== null) return query.from_ms;
    const known = this.candidates(reading);
    const oldest = known.at(-query.limit);
    if (oldest !== undefined && known.length >= query.limit) return oldest.start_ts_ms;
    const newest_ms = query.to_ms ?? this.series(query)?.newest?.start_ts_ms ?? this.clock.now();
    return newest_ms - reach * query.limit * (intervalMs(query.interval) ?? 1);
  }

  /** Whether every statement from `at` on about bars that start at or after `need_ms` is known. */
  private covers(reading: Reading, need_ms: number, at: Position): boolean {
    if (reading.scannedFrom <= at) return true;
    const series = this.series(reading.query);
    if (series === undefined) return this.cache.state.barsKnownFrom(reading.query.interval) <= at;
    return series.knownFrom <= at && (series.droppedNext <= at || series.droppedStart < need_ms);
  }

  /** False when the deadline came first. */
  private async scan(reading: Reading, need_ms: number, at: Position): Promise<boolean> {
    if (this.covers(reading, need_ms, at)) return true;
    const { query } = reading;
    const { state, bus } = this.cache;
    const series = state.ensureSeries(query.symbol, query.interval);
    const knownFrom = series?.knownFrom ?? Number.POSITIVE_INFINITY;
    // Joined to what the cache knows, the newest of what is found can stay there.
    const joins = series !== null && series.droppedStart < need_ms;
    const end = joins ? knownFrom : (await bus.info(TOPIC, 0)).end;
    const keep = new Gather(state.capacity, "newest");
    const gather = (bar: HeldBar): void => {
      if (bar.start_ts_ms >= (query.from_ms ?? 0) && bar.start_ts_ms < (query.to_ms ?? Number.POSITIVE_INFINITY))
        reading.gather.add(bar);
    };
    // What is held now may have made room by the time the log is read.
    for (const bar of series?.finals ?? []) gather(bar);
    this.scans++;
    const isRead = await this.read([at, end], reading.until_ms, query, (bar) => {
      if (joins) keep.add(bar);
      gather(bar);
    });
    if (!isRead) return false;
    reading.scannedFrom = at;
    if (joins && series.knownFrom === knownFrom) series.fill(keep, at, state.capacity);
    return true;
  }

  private async read(
    range: readonly [Position, Position],
    until_ms: number,
    query: BarsQuery,
    take: (bar: HeldBar) => void,
  ): Promise<boolean> {
    const left_ms = until_ms - this.clock.now();
    if (range[0] >= range[1]) return true;
    if (left_ms <= 0 || range[1] - range[0] > this.recordsMax) return false;
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), left_ms);
    const signal = AbortSignal.any([this.stop.signal, stop.signal]);
    try {
      return await scanBars(this.cache.bus, query, range, signal, take);
    } finally {
      clearTimeout(timer);
    }
  }

  /** `isAll`: nothing is known to be left out before these. */
  private page(reading: Reading, stored: Stored, isAll: boolean): BarsPage {
    const { query } = reading;
    const known = this.candidates(reading, stored.bars);
    const forming = this.series(query)?.forming ?? null;
    const items = query.from_ms === null ? known.slice(-query.limit) : known.slice(0, query.limit);
    const last = items.at(-1);
    const isMore = known.length > items.length || stored.isMore;
    let next: BarsPage["next"] = null;
    if (query.from_ms !== null) {
      if (isMore && last) next = { from_ms: last.start_ts_ms + 1 };
    } else if (items[0] && (isMore || !isAll)) next = { to_ms: items[0].start_ts_ms };
    return {
      items: items.map((bar) => bar.text),
      next,
      complete: true,
      settled: last === undefined || last !== forming,
    };
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.waiting >= this.waitingMax) throw new HistoryError("busy");
    this.waiting++;
    const mine = this.turn.then(work, work);
    this.turn = mine.catch(() => undefined);
    try {
      return await mine;
    } finally {
      this.waiting--;
    }
  }
}
