import type { Flow, KindFlow, Origin, PartStatus, SystemAlert } from "../../core/messages/index.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Settings } from "../../core/settings/index.ts";
import { TOPICS } from "../../core/topics.ts";
import type { Log } from "../../server/log.ts";
import { Cadence } from "./cadence.ts";
import type { MarketSink, SinkWatch } from "./market-sink.ts";
import type { Outlet, Trouble } from "./outlet.ts";
import { added } from "./tally.ts";

const EVERY_MS = 1_000;

export interface IngestWatchOptions {
  readonly outlet: Outlet;
  readonly clock: Clock;
  readonly origin: Origin;
  readonly log: Pick<Log, "info" | "warn" | "error">;
  readonly settings: Pick<Settings, "BAD_PRICE_LOG_EVERY" | "PRICE_FAILURE_LOG_EVERY" | "INGEST_STUCK_LOG_EVERY">;
}

/** Says how the writing of records goes: the part `ingest` on the status topic, and log lines at the set cadences. */
export class IngestWatch implements SinkWatch {
  private readonly bad: Cadence;
  private readonly failures: Cadence;
  private readonly stuck: Cadence;
  private lastBad = { reason: "", detail: "" };
  private lastFailure = { part: "", text: "" };
  private readonly reconnects = new Map<string, number>();
  private readonly rates = new Map<string, { total: number; at_ms: number }>();
  private trouble: Trouble | null = null;
  private errors = 0;
  private isPaused = false;
  private wasPaused = false;

  constructor(private readonly options: IngestWatchOptions) {
    const { log, settings } = options;
    this.bad = new Cadence(settings.BAD_PRICE_LOG_EVERY, (bad_prices) =>
      log.warn({ bad_prices, ...this.lastBad }, "a price was refused; its raw text is with the dead letters"),
    );
    this.failures = new Cadence(settings.PRICE_FAILURE_LOG_EVERY, (price_failures) =>
      log.warn({ price_failures, ...this.lastFailure }, "prices could not be read or written; it is tried again"),
    );
    this.stuck = new Cadence(settings.INGEST_STUCK_LOG_EVERY, (stuck_seconds) =>
      log.warn({ stuck_seconds, text: this.trouble?.text, is_paused: this.isPaused }, "records wait to be written"),
    );
  }

  rejected(reason: string, detail: string): void {
    this.lastBad = { reason, detail };
    this.bad.count();
  }

  /** What feeds say of themselves passes here. */
  status(status: PartStatus, received: Readonly<Record<string, number>> = {}): PartStatus {
    const { part, text, counters } = status;
    const reconnects = counters?.reconnects ?? 0;
    const more = reconnects - (this.reconnects.get(part) ?? 0);
    this.reconnects.set(part, reconnects);
    if (more > 0) {
      this.lastFailure = { part, text };
      this.failures.count(more);
    }
    if (status.flow !== undefined) return status;
    const kinds = Object.fromEntries(
      Object.entries(received).map(([kind, n]): [string, KindFlow] => [kind, { received: n, dropped: {} }]),
    );
    const queue = { waiting: 0, capacity: 0, is_paused: this.isPaused };
    return { ...status, flow: { kinds, per_s: this.rate(part, received), queue } };
  }

  /** Once a second until the signal. */
  async report(sink: MarketSink, signal: AbortSignal): Promise<void> {
    const { clock } = this.options;
    while (!signal.aborted) {
      sink.status(this.own(sink));
      await clock.sleep(EVERY_MS, signal);
    }
  }

  private own(sink: MarketSink): PartStatus {
    const { outlet, origin, clock } = this.options;
    const { waiting, capacity } = sink.outputs.fill;
    this.isPaused = waiting > capacity;
    this.wasPaused ||= this.isPaused;
    const trouble = outlet.trouble();
    const spool = outlet.spool?.();
    if (outlet.errors > this.errors)
      this.lastFailure = { part: "ingest", text: trouble?.text ?? "a write was refused" };
    this.failures.count(outlet.errors - this.errors);
    this.errors = outlet.errors;
    const isSafe = spool?.now.state === "spooling" && !this.isPaused;
    this.tell(sink, trouble);
    return {
      kind: "part_status",
      origin,
      part: "ingest",
      ts_ms: clock.now(),
      state: trouble === null ? "live" : isSafe ? "stale" : "offline",
      text: (trouble === null ? "Writes what the feeds bring" : this.inWords(trouble)).slice(0, 500),
      newest_ts_ms: sink.newest_ts_ms,
      counters: { rejected: sink.rejects, undelivered_letters: sink.lettersDropped },
      flow: this.flow(sink),
    };
  }

  private inWords({ text, since_ms }: Trouble): string {
    const seconds = Math.max(0, Math.round((this.options.clock.now() - since_ms) / 1_000));
    return `Not written for ${seconds} s: ${text}${this.isPaused ? "; feeds are held back" : ""}`;
  }

  private flow(sink: MarketSink): Flow {
    const { outlet } = this.options;
    const received = added(Object.values(sink.received));
    const spool = outlet.spool?.();
    const kinds: Record<string, KindFlow> = {};
    for (const [kind, n] of Object.entries(received)) {
      const dropped = spool?.dropped[kind] ?? 0;
      kinds[kind] = {
        received: n,
        written: Math.max(0, (sink.outputs.written[kind] ?? 0) - dropped),
        ...(spool !== undefined && { spooled: spool.spooled[kind] ?? 0, collapsed: spool.collapsed[kind] ?? 0 }),
        dropped: dropped > 0 ? { not_spooled: dropped } : {},
      };
    }
    return {
      kinds,
      per_s: this.rate("ingest", received),
      queue: { ...sink.outputs.fill, is_paused: this.isPaused },
      publish_errors: outlet.errors,
      ...(spool !== undefined && { spool: spool.now }),
    };
  }

  /** The beginning and the end of a trouble go to the log, the end to the tape as well: then it can be written. */
  private tell(sink: MarketSink, trouble: Trouble | null): void {
    const { log, clock, origin } = this.options;
    const before = this.trouble;
    this.trouble = trouble;
    if (trouble !== null) {
      if (before === null) log.error(`not written: ${trouble.text}`);
      this.stuck.count();
      return;
    }
    if (before === null) return;
    const now_ms = clock.now();
    const seconds = Math.round((now_ms - before.since_ms) / 1_000);
    const paused = this.wasPaused ? "; feeds were held back, what a venue dropped meanwhile is on the gap list" : "";
    const text = `For ${seconds} s records could not be written: ${before.text}${paused}`.slice(0, 1_000);
    this.wasPaused = false;
    log.info({ seconds }, "records are written again");
    const alert: SystemAlert = {
      kind: "system_alert",
      origin,
      id: `ingest|backpressure|${before.since_ms}`,
      ts_ms: now_ms,
      reason: "backpressure",
      text,
    };
    sink.outputs.add(TOPICS.system.name, JSON.stringify(alert));
    sink.outputs.send();
  }

  /** Records a second since it was last asked for. */
  private rate(part: string, counts: Readonly<Record<string, number>>): number {
    const at_ms = this.options.clock.now();
    const total = Object.values(counts).reduce((sum, n) => sum + n, 0);
    const before = this.rates.get(part);
    this.rates.set(part, { total, at_ms });
    if (before === undefined || at_ms <= before.at_ms) return 0;
    return Math.round(((total - before.total) * 1_000) / (at_ms - before.at_ms));
  }
}
