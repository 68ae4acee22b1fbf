import type { Gap } from "../../../core/messages/gap.ts";
import type { MarketRecord } from "../../../core/messages/index.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import type { FeedSink } from "../../../core/ports/feed.ts";
import type { StopSignal } from "../../../core/ports/signal.ts";
import { createHeartbeats, type Heartbeats } from "../heartbeats.ts";
import { Backlog, type DueTrade } from "./backlog.ts";
import { missingMinutes } from "./history.ts";
import { LATENCY_MAX_MS } from "./lanes.ts";
import { type Market, ORIGIN, PROVIDER, toTrade } from "./market.ts";
import { Orders, QUOTE_EVERY_MS } from "./orders.ts";
import { gapOf, type Outage, outageOf, STREAM } from "./outage.ts";
import type { Report } from "./report.ts";
import { minuteOf, type Resume, startTimes, TRADE_HISTORY_MS } from "./resume.ts";

export interface Mute {
  readonly from_ms: number;
  readonly to_ms: number;
}

export interface LineDeps {
  readonly market: Market;
  readonly seed: number;
  readonly clock: Clock;
  readonly heartbeatMs: number;
  readonly resume: Resume | null;
  readonly report: Report;
  readonly sink: FeedSink;
  readonly signal: StopSignal;
  /** Whether the stream is silent at a moment. */
  muteAt(ts_ms: number): Mute | undefined;
}

const HISTORY_AT_ONCE = 256;
/** A clock set back by less is waited out without a word. */
const CLOCK_BACK_MS = 2_500;
/** Nothing new was made for this long: a slow reader, or a machine that slept. */
const BEHIND_MS = 2_000;

/**
 * The connection to the synthetic exchange: what is missing first (candles, then trades), then trades when they arrive,
 * heartbeats behind them, silences with their gap and fill. A slow sink, a sleeping machine and a new start are one case:
 * the line is behind and catches up in order.
 */
export class Line {
  private readonly beats: Heartbeats;
  private readonly backlog: Backlog;
  private readonly from_ms: number[];
  private outage: Outage | null = null;
  private openGaps: readonly Gap[];
  private readonly orders: Orders;
  private quoted_ms: number;

  constructor(private readonly deps: LineDeps) {
    const now_ms = deps.clock.now();
    this.orders = new Orders(deps.market, deps.seed);
    this.quoted_ms = now_ms;
    this.beats = createHeartbeats(PROVIDER, ORIGIN, deps.heartbeatMs);
    this.from_ms = startTimes(deps.resume, now_ms);
    this.backlog = new Backlog(deps.market, this.from_ms, Math.min(...this.from_ms));
    const left = deps.resume?.open_gaps ?? [];
    this.openGaps = left.filter((gap) => gap.provider === PROVIDER && gap.stream === STREAM);
  }

  /** Until nothing of the past is missing. */
  async catchUp(): Promise<void> {
    while (!this.deps.signal.aborted && !(await this.step()));
  }

  async live(): Promise<void> {
    const { clock, signal } = this.deps;
    while (!signal.aborted) {
      const current = await this.step();
      if (!current || signal.aborted) continue;
      const now_ms = clock.now();
      await clock.sleep(Math.max(1, this.nextWake(now_ms) - now_ms), signal);
    }
  }

  /** One round: true when the line has caught up with the clock. */
  private async step(): Promise<boolean> {
    const { clock, sink } = this.deps;
    const now_ms = clock.now();
    const cut_ms = minuteOf(now_ms - TRADE_HISTORY_MS);
    if (cut_ms > this.backlog.made_ms) {
      await this.emit(this.collect(now_ms, false));
      await this.bridge(cut_ms);
      return false;
    }
    const behind_ms = now_ms - this.backlog.made_ms;
    const current = this.backlog.extend(now_ms);
    const records = this.collect(now_ms, current);
    if (current) records.push(...this.settledGaps(now_ms));
    this.speak(now_ms, behind_ms);
    if (records.length > 0) await sink.emit(records);
    return current;
  }

  private async emit(records: readonly MarketRecord[]): Promise<void> {
    if (records.length > 0) await this.deps.sink.emit(records);
  }

  /**
   * Candles for the long part of a hole; the trades go on behind them. Where readers have seen trades before, a heartbeat
   * behind each minute takes their clocks along: a candle far ahead of all they know would be no history to them.
   */
  private async bridge(cut_ms: number): Promise<void> {
    const { market, report, clock, signal, resume } = this.deps;
    const from_ms = this.from_ms.map((ms) => Math.max(ms, this.backlog.made_ms));
    const known = resume !== null || report.newest_ts_ms !== null;
    let batch: MarketRecord[] = [];
    for (const { end_ms, bars } of missingMinutes(market, from_ms, cut_ms)) {
      if (signal.aborted) return;
      report.say(clock.now(), "catching_up", `history up to ${new Date(end_ms).toISOString()}`);
      report.count("history_bars", bars.length);
      batch.push(...bars);
      if (known) batch.push(this.beats.vouch(end_ms - 1));
      if (batch.length < HISTORY_AT_ONCE) continue;
      await this.emit(batch);
      batch = [];
    }
    await this.emit(batch);
    this.backlog.skipTo(cut_ms);
  }

  /** What is to be sent now, in order: trades, what a silence needs, and a heartbeat behind them. */
  private collect(now_ms: number, current: boolean): MarketRecord[] {
    const records: MarketRecord[] = [];
    if (this.outage === null && current) {
      const mute = this.deps.muteAt(now_ms);
      if (mute !== undefined && mute.from_ms <= now_ms && now_ms < mute.to_ms) this.outage = outageOf(mute);
    }
    if (this.outage !== null) this.passOutage(this.outage, now_ms, records);
    if (this.outage === null) {
      for (const due of this.backlog.take(now_ms, Number.POSITIVE_INFINITY)) records.push(this.send(due));
    }
    if (this.outage === null && current) records.push(...this.quote(now_ms));
    const beat = current || records.length > 0 ? this.beat(now_ms, current) : null;
    if (beat !== null) records.push(beat);
    return records;
  }

  /** What stands in the book now: what stood there in moments that were missed interests nobody. */
  private quote(now_ms: number): MarketRecord[] {
    const due_ms = now_ms - (now_ms % QUOTE_EVERY_MS);
    if (due_ms <= this.quoted_ms) return [];
    this.quoted_ms = due_ms;
    return this.orders.at(due_ms, now_ms);
  }

  private passOutage(outage: Outage, now_ms: number, records: MarketRecord[]): void {
    for (const due of this.backlog.take(now_ms, outage.from_ms)) records.push(this.send(due));
    if (!outage.announced && now_ms >= outage.noticed_ms) {
      outage.announced = true;
      this.deps.report.count("gaps");
      records.push(gapOf(outage, "open"));
    }
    if (now_ms < outage.to_ms) return;
    for (const due of this.backlog.take(Number.POSITIVE_INFINITY, outage.to_ms)) {
      this.deps.report.count("fills");
      records.push(toTrade(this.deps.market.symbols[due.index]!, due.raw, due.ordinal, now_ms, outage.gap_id));
    }
    records.push(gapOf(outage, "filled"));
    this.outage = null;
  }

  private send(due: DueTrade): MarketRecord {
    const { report, market } = this.deps;
    const latency_ms = due.recv_ms - due.raw.ts_ms;
    if (latency_ms > LATENCY_MAX_MS) report.count("history_trades");
    else report.latency.add(due.recv_ms, latency_ms);
    report.count("trades");
    report.newest_ts_ms = Math.max(report.newest_ts_ms ?? 0, due.raw.ts_ms);
    return toTrade(market.symbols[due.index]!, due.raw, due.ordinal, due.recv_ms);
  }

  /**
   * A connection that fell silent does not know it at once: for two seconds its heartbeats still follow the clock, so candles
   * go out that the fill will revise. Then it says `silence`, which moves nothing.
   */
  private beat(now_ms: number, current: boolean): MarketRecord | null {
    const { beats, backlog, outage } = this;
    const beat = !current
      ? beats.vouch(backlog.sentUpTo(now_ms))
      : beats.take(now_ms, outage?.from_ms ?? now_ms, outage === null ? backlog.sentUpTo(now_ms) : now_ms);
    if (beat !== null) this.deps.report.count("heartbeats");
    return beat;
  }

  /** A gap an earlier run left open holds nothing missing any more once this one has caught up. */
  private settledGaps(now_ms: number): Gap[] {
    const settled = this.openGaps.map(
      (gap): Gap => ({ ...gap, revision: gap.revision + 1, status: "filled", to_ms: Math.max(gap.to_ms, now_ms) }),
    );
    this.openGaps = [];
    return settled;
  }

  private speak(now_ms: number, behind_ms: number): void {
    const { report } = this.deps;
    const ahead_ms = this.backlog.made_ms - 1_000 - now_ms;
    if (this.outage?.announced) {
      report.say(now_ms, "stale", `silent for ${Math.floor((now_ms - this.outage.from_ms) / 1_000)} s`);
    } else if (ahead_ms > CLOCK_BACK_MS) {
      const until = new Date(now_ms + ahead_ms).toISOString();
      report.say(
        now_ms,
        "stale",
        `this machine's clock went back ${Math.ceil(ahead_ms / 1_000)} s; waiting for ${until}`,
      );
    } else if (behind_ms > BEHIND_MS) {
      report.say(now_ms, "catching_up", `${Math.round(behind_ms / 1_000)} s behind`);
    } else {
      report.say(now_ms, "live", "running");
    }
  }

  private nextWake(now_ms: number): number {
    const { outage, beats, backlog } = this;
    const turn_ms = outage === null ? Number.POSITIVE_INFINITY : outage.announced ? outage.to_ms : outage.noticed_ms;
    const arrival_ms = backlog.nextArrival(outage?.from_ms ?? Number.POSITIVE_INFINITY);
    const quote_ms = now_ms - (now_ms % QUOTE_EVERY_MS) + QUOTE_EVERY_MS;
    return Math.min(quote_ms, beats.next_ms, arrival_ms, turn_ms, backlog.made_ms);
  }
}
