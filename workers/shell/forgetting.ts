import type { Clock } from "../../core/ports/clock.ts";
import type { Forgettable, Store } from "../../core/ports/store.ts";
import type { Settings } from "../../core/settings/index.ts";
import type { Log } from "../../server/log.ts";

/** Not at once: at a start the log is caught up with first. */
const FIRST_AFTER_MS = 120_000;
const EVERY_MS = 3_600_000;
/** Between two batches at least this, and as long as the batch took: half of the time the store is the writers' alone. */
const PAUSE_MIN_MS = 10;
/** A clock that was put forward makes a batch look long. */
const PAUSE_MAX_MS = 5_000;
const DAY_MS = 86_400_000;

type Keep = Pick<Settings, "STORE_KEEP_SHORT_DAYS" | "STORE_KEEP_SIGNALS_DAYS">;

const daysOf = (settings: Keep): Readonly<Record<Forgettable, number>> => ({
  short_bars: settings.STORE_KEEP_SHORT_DAYS,
  prices: settings.STORE_KEEP_SHORT_DAYS,
  metrics: settings.STORE_KEEP_SHORT_DAYS,
  signals: settings.STORE_KEEP_SIGNALS_DAYS,
  dead_letters: settings.STORE_KEEP_SIGNALS_DAYS,
});

export interface ForgettingOptions {
  readonly clock: Clock;
  readonly log: Pick<Log, "info" | "warn">;
  readonly settings: Keep;
  readonly store: Pick<Store, "forget">;
}

/** Every hour deletes from the store what the settings say need not be kept any longer, beside the writers. */
export class Forgetting {
  /** Rows deleted since the start. */
  forgotten = 0;
  private readonly options: ForgettingOptions;

  constructor(options: ForgettingOptions) {
    this.options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, settings } = this.options;
    await clock.sleep(FIRST_AFTER_MS, signal);
    while (!signal.aborted) {
      for (const [what, days] of Object.entries(daysOf(settings)) as [Forgettable, number][])
        if (days > 0 && !signal.aborted) await this.forget(what, days, signal);
      await clock.sleep(EVERY_MS, signal);
    }
  }

  private async forget(what: Forgettable, days: number, signal: AbortSignal): Promise<void> {
    const { clock, log, store } = this.options;
    const before = this.forgotten;
    try {
      let started_ms = clock.now();
      for await (const rows of store.forget(what, { now_ms: started_ms, keep_ms: days * DAY_MS })) {
        this.forgotten += rows;
        const took_ms = clock.now() - started_ms;
        await clock.sleep(Math.min(Math.max(took_ms, PAUSE_MIN_MS), PAUSE_MAX_MS), signal);
        if (signal.aborted) break;
        started_ms = clock.now();
      }
    } catch (cause) {
      const problem = cause instanceof Error ? cause.message : String(cause);
      log.warn({ what, problem }, "what is old could not be deleted from the store; tried again in an hour");
    }
    const rows = this.forgotten - before;
    if (rows > 0) log.info({ what, rows, older_than_days: days }, "deleted from the store what was old");
  }
}
