import { intervalMs } from "../../core/messages/index.ts";
import type { Position } from "../../core/ports/bus.ts";
import type { Clock } from "../../core/ports/clock.ts";
import { TOPICS } from "../../core/topics.ts";
import type { Cache } from "./cache.ts";
import { Gather } from "./gather.ts";
import { asBar, ownText, readRecord } from "./read-record.ts";
import type { BarSeries, HeldBar } from "./series.ts";

export interface BarsQuery {
  readonly symbol: string;
  readonly interval: string;
  /** Bars that start at or after this; when given, the oldest `limit` of them, else the newest. */
  readonly from_ms: number | null;
  /** Bars that start before this. */
  readonly to_ms: number | null;
  readonly limit: number;
}

export interface BarsPage {
  /** JSON texts, ascending, the forming bar last. */
  readonly items: readonly string[];
  /** What to ask for the page after this one (with `from_ms`) or before it; null when there is none. */
  readonly next: { readonly from_ms: number } | { readonly to_ms: number } | null;
  /** False: the log was too long to be read in time, so there may be bars older than these. */
  readonly complete: boolean;
  /** False while the newest of these may still change by itself. */
  readonly settled: boolean;
}

export interface HistoryOptions {
  readonly clock: Clock;
  /** For all reading one request causes. */
  readonly deadlineMs?: number;
  readonly recordsMax?: number;
  /** Requests that may wait for their turn to read the log. */
  readonly waitingMax?: number;
}

/** A venue's clock differs from the bus's by less than this. */
const SKEW_MS = 60_000;
const SCAN_BATCH = 2_000;
const TOPIC = TOPICS.bars.name;

export class HistoryError extends Error {
  readonly why: "busy" | "deadline";
  constructor(why: "busy" | "deadline") {
    super(why === "busy" ? "too many requests read old bars at once" : "the log is too long to be read in time");
    this.why = why;
  }
}

/** What one request has read of the log so far. */
interface Reading {
  readonly query: BarsQuery;
  readonly gather: Gather;
  readonly until_ms: number;
  scannedFrom: Position;
}

/**
 * Bars from the cache and, where that does not reach, from `tape.bars`. One scan runs at a time; the newest bars it finds
 * stay in the cache, so that a series is read once.
 */
export class History {
  private readonly cache: Cache;
  private readonly clock: Clock;
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
    for (;;) {
      const { start } = await this.cache.bus.info(TOPIC, 0);
      const need_ms = this.need(reading, reach);
      const at = Math.max(start, await this.cache.bus.positionAt(TOPIC, 0, need_ms - SKEW_MS));
      const isAll = at <= start;
      if (this.covers(reading, need_ms, at) && (isAll || this.suffices(reading))) return this.page(reading, isAll);
      if (!(await this.inTurn(() => this.scan(reading, need_ms, at)))) {
        if (query.from_ms !== null || query.to_ms !== null) throw new HistoryError("deadline");
        return { ...this.page({ ...reading, gather: new Gather(1, "newest") }, false), complete: false };
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
  private candidates({ query, gather }: Reading): HeldBar[] {
    const series = this.series(query);
    const all = new Gather(Number.POSITIVE_INFINITY, "newest");
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

  /** A bar is stated after its end: what ends after `need_ms` stands at or behind `at`. */
  private covers(reading: Reading, need_ms: number, at: Position): boolean {
    if (reading.scannedFrom <= at) return true;
    const series = this.series(reading.query);
    if (series === undefined) return this.cache.state.barsKnownFrom(reading.query.interval) <= at;
    return series.knownFrom <= at && series.droppedStart < need_ms;
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
    this.scans++;
    const isRead = await this.read(at, end, reading.until_ms, query, (bar) => {
      if (joins) keep.add(bar);
      if (bar.start_ts_ms >= (query.from_ms ?? 0) && bar.start_ts_ms < (query.to_ms ?? Number.POSITIVE_INFINITY))
        reading.gather.add(bar);
    });
    if (!isRead) return false;
    reading.scannedFrom = at;
    if (joins && series.knownFrom === knownFrom) series.fill(keep, at, state.capacity);
    return true;
  }

  private async read(
    from: Position,
    end: Position,
    until_ms: number,
    query: BarsQuery,
    take: (bar: HeldBar) => void,
  ): Promise<boolean> {
    const left_ms = until_ms - this.clock.now();
    if (from >= end) return true;
    if (left_ms <= 0 || end - from > this.recordsMax) return false;
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), left_ms);
    const signal = AbortSignal.any([this.stop.signal, stop.signal]);
    // Our own writer spells its records without spaces; looking for the text first spares parsing nearly all of them.
    const symbol = `"symbol":${JSON.stringify(query.symbol)}`;
    const interval = `"interval":${JSON.stringify(query.interval)}`;
    try {
      for await (const batch of this.cache.bus.follow(TOPIC, 0, from, { signal, maxRecords: SCAN_BATCH })) {
        for (const [i, text] of batch.values.entries()) {
          if (!text.includes(symbol) || !text.includes(interval)) continue;
          const record = readRecord(text);
          const bar = record === null ? null : asBar(record);
          if (bar === null || bar.symbol !== query.symbol || bar.interval !== query.interval || !bar.final) continue;
          take({
            start_ts_ms: bar.start_ts_ms,
            end_ts_ms: bar.end_ts_ms,
            revision: bar.revision,
            position: batch.first + i,
            text: ownText(text),
          });
        }
        if (batch.next >= end) return true;
        if (this.clock.now() > until_ms) return false;
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
      return false;
    } finally {
      clearTimeout(timer);
    }
  }

  private page(reading: Reading, isAll: boolean): BarsPage {
    const { query } = reading;
    const known = this.candidates(reading);
    const forming = this.series(query)?.forming ?? null;
    const items = query.from_ms === null ? known.slice(-query.limit) : known.slice(0, query.limit);
    const last = items.at(-1);
    let next: BarsPage["next"] = null;
    if (query.from_ms !== null) {
      if (known.length > items.length && last) next = { from_ms: last.start_ts_ms + 1 };
    } else if (items[0] && (known.length > items.length || !isAll)) next = { to_ms: items[0].start_ts_ms };
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
