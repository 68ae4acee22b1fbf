import { DeadLetter, Gap, INTERVALS, intervalMs, Nearest, PartStatus, SystemAlert } from "../../core/messages/index.ts";
import type { Position } from "../../core/ports/bus.ts";
import type { TopicKey } from "../../core/topics.ts";
import { epochMs } from "../../db/index.ts";
import type { CacheEvent, EventName, KeptTopic } from "./events.ts";
import { heldBar } from "./held-bar.ts";
import { Ledger } from "./ledger.ts";
import { isNewest, Newest } from "./newest.ts";
import { asBar, identity, type Json, oneLine, ownText, readRecord, symbolsOf } from "./read-record.ts";
import { BarSeries } from "./series.ts";

export interface CacheBounds {
  /** Bars held per symbol and interval. */
  readonly barsPerSeries: number;
  /** Over all series; with more series each holds fewer. */
  readonly barsTotal: number;
  readonly seriesMax: number;
  readonly ledgerMax: number;
  readonly gapsMax: number;
  /** Of those kept whole; they are counted by reason without an end. */
  readonly deadLettersMax: number;
  readonly partsMax: number;
}

const CACHE_BOUNDS: CacheBounds = {
  barsPerSeries: 600,
  barsTotal: 400_000,
  seriesMax: 8_000,
  ledgerMax: 1_000,
  gapsMax: 5_000,
  deadLettersMax: 500,
  partsMax: 256,
};

const DEAD_REASONS_MAX = 200;
const DEAD_IDS_MAX = 20_000;

/** What a part last said, when that reached us, and since when it has been in that state. */
export interface HeldPart {
  readonly status: PartStatus;
  readonly received_ms: number;
  readonly since_ms: number;
}

/** Topics whose newest records are held. */
export type HeldTopic = KeptTopic | "deadLetter";

/** Everything the server knows about now, from the records alone: no IO, no clock. */
export class CacheState {
  readonly bounds: CacheBounds;
  readonly series = new Map<string, BarSeries>();
  readonly parts = new Map<string, HeldPart>();
  readonly newest: Newest;
  /** What each share of the market last said is nearest to firing. */
  readonly nearest = new Map<string, Nearest>();
  readonly ledgers: Readonly<Record<Exclude<KeptTopic, "bars">, Ledger>>;
  /** Dead letters, as texts. */
  readonly letters: Ledger<string>;
  readonly gapCounts: Record<Gap["status"], number> = { open: 0, filled: 0, lost: 0 };
  readonly deadLetters = new Map<string, number>();
  /** Records that could not be used, by topic. */
  readonly rejected = new Map<TopicKey, number>();
  /** Where reading of `tape.bars` began. */
  barsFrom: Position = 0;
  /** Of intervals whose oldest records were passed over: where taking them in began. */
  private readonly intervalsFrom = new Map<string, Position>();
  /** Event time of the newest trade that reached a bar. */
  newest_ts_ms: number | null = null;
  private readonly gapStatuses = new Map<string, Gap["status"]>();
  private readonly deadIds = new Set<string>();

  constructor(bounds: Partial<CacheBounds> = {}) {
    this.bounds = { ...CACHE_BOUNDS, ...bounds };
    const { ledgerMax, gapsMax, deadLettersMax, seriesMax } = this.bounds;
    this.ledgers = {
      alerts: new Ledger(ledgerMax),
      headlines: new Ledger(ledgerMax),
      signals: new Ledger(ledgerMax),
      gaps: new Ledger(gapsMax),
      system: new Ledger(ledgerMax),
    };
    this.letters = new Ledger(deadLettersMax);
    this.newest = new Newest(seriesMax);
  }

  /** Takes one log entry in; the event when something changed that others may want to know. */
  apply(topic: TopicKey, position: Position, text: string, received_ms: number): CacheEvent | null {
    const record = readRecord(text);
    const applied = record === null ? "bad" : this.take(topic, position, text, record, received_ms);
    if (applied !== "bad") return applied;
    this.rejected.set(topic, (this.rejected.get(topic) ?? 0) + 1);
    return null;
  }

  /** Reading of a topic whose records are held starts at `from` of a log not seen before. */
  begin(topic: HeldTopic, from: Position): void {
    if (topic !== "bars") this.ledgerOf(topic).rebase(from);
    else {
      this.barsFrom = from;
      this.intervalsFrom.clear();
      for (const series of this.series.values()) series.rebase(from);
    }
  }

  /** Bars of this interval before `from` were not taken in. */
  passedOver(interval: string, from: Position): void {
    this.intervalsFrom.set(interval, from);
    for (const series of this.series.values()) if (series.interval === interval) series.knownFrom = from;
  }

  /** From where on every bar of this interval has been taken in. */
  barsKnownFrom(interval: string): Position {
    return Math.max(this.barsFrom, this.intervalsFrom.get(interval) ?? 0);
  }

  /** Records before `from` were never seen here. */
  skipped(topic: HeldTopic, from: Position): void {
    if (topic !== "bars") this.ledgerOf(topic).knownFrom = from;
    else {
      this.barsFrom = from;
      for (const series of this.series.values()) series.knownFrom = from;
    }
  }

  seriesOf(symbol: string, interval: string): BarSeries | undefined {
    return this.series.get(seriesKey(symbol, interval));
  }

  /** Symbols that feeds watch, with their prices' decimals; before any has named some, those that bars name. */
  symbols(): Map<string, number | null> {
    const found = new Map<string, number | null>();
    for (const { status } of this.parts.values())
      for (const { symbol, decimals } of status.symbols ?? []) found.set(symbol, decimals);
    if (found.size === 0) for (const { symbol } of this.series.values()) found.set(symbol, null);
    return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  knowsSymbol(symbol: string): boolean {
    if (INTERVALS.some((interval) => this.series.has(seriesKey(symbol, interval)))) return true;
    for (const { status } of this.parts.values()) if (status.symbols?.some((one) => one.symbol === symbol)) return true;
    return false;
  }

  gapStatus(id: string): Gap["status"] | undefined {
    return this.gapStatuses.get(id);
  }

  /** Bars each series may hold now. */
  get capacity(): number {
    const { barsPerSeries, barsTotal } = this.bounds;
    return Math.max(1, Math.min(barsPerSeries, Math.floor(barsTotal / Math.max(1, this.series.size))));
  }

  private ledgerOf(topic: Exclude<HeldTopic, "bars">): Ledger | Ledger<string> {
    return topic === "deadLetter" ? this.letters : this.ledgers[topic];
  }

  private take(
    topic: TopicKey,
    position: Position,
    text: string,
    record: Json,
    received_ms: number,
  ): CacheEvent | null | "bad" {
    switch (topic) {
      case "bars":
      case "forming":
        return this.takeBar(topic, position, text, record);
      case "alerts":
        return this.takeKept("alerts", "alert", position, text, record);
      case "headlines":
        return this.takeKept("headlines", "headline", position, text, record);
      case "signals":
        return this.takeKept("signals", "signal", position, text, record);
      case "system":
        if (!SystemAlert.safeParse(record).success) return "bad";
        return this.takeKept("system", "system_alert", position, text, record);
      case "gaps":
        return this.takeGap(position, text, record);
      case "status":
        return record.kind === "nearest" ? this.takeNearest(record) : this.takePart(record, received_ms);
      case "deadLetter":
        return this.takeDeadLetter(position, text, record);
      default:
        return isNewest(topic) ? this.newest.take(topic, position, text, record) : "bad";
    }
  }

  private takeBar(
    topic: "bars" | "forming",
    position: Position,
    text: string,
    record: Json,
  ): CacheEvent | null | "bad" {
    const bar = asBar(record);
    if (bar === null || intervalMs(bar.interval) === null || bar.final !== (topic === "bars")) return "bad";
    const series = this.ensureSeries(bar.symbol, bar.interval);
    if (series === null) return "bad";
    const line = oneLine(text, record);
    const isNews = bar.final
      ? series.putFinal(heldBar(bar, position, ownText(line)), this.capacity)
      : series.putForming(heldBar(bar, -1, line));
    if (!isNews) return null;
    if (bar.last_ts_ms !== undefined && bar.last_ts_ms > (this.newest_ts_ms ?? 0)) this.newest_ts_ms = bar.last_ts_ms;
    return {
      topic: "bars",
      event: "bar",
      text: line,
      symbols: [bar.symbol],
      interval: bar.interval,
      start_ts_ms: bar.start_ts_ms,
      latestKey: bar.final ? null : seriesKey(bar.symbol, bar.interval),
    };
  }

  private takeKept(
    topic: Exclude<KeptTopic, "bars">,
    event: EventName,
    position: Position,
    text: string,
    record: Json,
  ): CacheEvent | null | "bad" {
    const named = identity(record);
    if (named === null) return "bad";
    const news = said(topic, event, ownText(oneLine(text, record)), symbolsOf(record));
    return this.ledgers[topic].put({ ...named, position, time_ms: timeOf(record), event: news }) ? news : null;
  }

  private takeGap(position: Position, text: string, record: Json): CacheEvent | null | "bad" {
    const parsed = Gap.safeParse(record);
    if (!parsed.success) return "bad";
    const news = this.takeKept("gaps", "gap", position, text, record);
    if (news === null || news === "bad") return news;
    const { id, status } = parsed.data;
    const before = this.gapStatuses.get(id);
    if (before !== undefined) this.gapCounts[before]--;
    this.gapCounts[status]++;
    this.gapStatuses.delete(id);
    this.gapStatuses.set(id, status);
    dropOldest(this.gapStatuses, this.bounds.gapsMax);
    return news;
  }

  private takePart(record: Json, received_ms: number): null | "bad" {
    const parsed = PartStatus.safeParse(record);
    if (!parsed.success) return "bad";
    const { part, state } = parsed.data;
    const before = this.parts.get(part);
    if (before === undefined && this.parts.size >= this.bounds.partsMax) return "bad";
    const since_ms = before?.status.state === state ? before.since_ms : received_ms;
    this.parts.set(part, { status: parsed.data, received_ms, since_ms });
    return null;
  }

  private takeNearest(record: Json): null | "bad" {
    const parsed = Nearest.safeParse(record);
    if (!parsed.success) return "bad";
    const { part } = parsed.data;
    if (!this.nearest.has(part) && this.nearest.size >= this.bounds.partsMax) return "bad";
    this.nearest.set(part, parsed.data);
    return null;
  }

  private takeDeadLetter(position: Position, text: string, record: Json): null | "bad" {
    const parsed = DeadLetter.safeParse(record);
    if (!parsed.success) return "bad";
    const { id, reason } = parsed.data;
    const line = ownText(oneLine(text, record));
    this.letters.put({ id, revision: 0, position, time_ms: parsed.data.ts_ms ?? 0, event: line });
    if (this.deadIds.has(id)) return null;
    this.deadIds.add(id);
    dropOldest(this.deadIds, DEAD_IDS_MAX);
    const name = this.deadLetters.has(reason) || this.deadLetters.size < DEAD_REASONS_MAX ? reason : "other";
    this.deadLetters.set(name, (this.deadLetters.get(name) ?? 0) + 1);
    return null;
  }

  /** Null when no more series fit. */
  ensureSeries(symbol: string, interval: string): BarSeries | null {
    const key = seriesKey(symbol, interval);
    const known = this.series.get(key);
    if (known !== undefined) return known;
    if (this.series.size >= this.bounds.seriesMax) return null;
    const made = new BarSeries(symbol, interval, this.barsKnownFrom(interval));
    this.series.set(key, made);
    return made;
  }
}

export const seriesKey = (symbol: string, interval: string): string => `${symbol}|${interval}`;

/** Alerts, headlines and signals say their time as text, others in milliseconds; 0 for what says none. */
function timeOf({ time, ts, from_ms, ts_ms }: Json): number {
  const text = time ?? ts;
  if (typeof text === "string") return Number.isNaN(Date.parse(text)) ? 0 : epochMs(text);
  const ms = from_ms ?? ts_ms;
  return typeof ms === "number" && Number.isFinite(ms) ? ms : 0;
}

const said = (
  topic: Exclude<CacheEvent["topic"], "status">,
  event: EventName,
  text: string,
  symbols: readonly string[] | null,
): CacheEvent => ({ topic, event, text, symbols, interval: null, start_ts_ms: 0, latestKey: null });

function dropOldest(kept: Map<string, unknown> | Set<string>, max: number): void {
  for (const key of kept.keys()) {
    if (kept.size <= max) return;
    kept.delete(key);
  }
}
