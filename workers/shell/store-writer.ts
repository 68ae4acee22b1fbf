import type { z } from "zod";
import { TapebellError } from "../../core/errors.ts";
import type { Bus } from "../../core/ports/bus.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { StopSignal } from "../../core/ports/signal.ts";
import type { Source, WriteResult } from "../../core/ports/store.ts";
import { type RetrySettings, retryMs } from "../../server/backoff.ts";
import { decode } from "./decode.ts";

/** Small enough that the embedded database stays small too, large enough that a burst is written in few statements. */
const ROWS_MAX = 500;
/** How soon an idle writer finds that the store was restored from a backup. */
const LOOK_EVERY_MS = 10_000;

/** How one topic becomes rows of one table. */
export interface TopicWrite<Row> {
  readonly topic: string;
  readonly schema: z.ZodType<Row>;
  /** Rows that are of no use to the table (forming bars) are passed over, not lost: another topic or table has them. */
  readonly wanted: (row: Row) => boolean;
  readonly write: (source: Source | null, rows: readonly Row[]) => Promise<WriteResult>;
}

export interface StoreWriterOptions {
  readonly bus: Bus;
  readonly clock: Clock;
  /** How long is waited between attempts, and after how many in a row it is said. */
  readonly settings: RetrySettings;
  readonly jitter: () => number;
  readonly reader: string;
  /** The position stored for a log, or null when the store has not read it yet. */
  readonly readOffset: (topic: string, log_id: string) => Promise<number | null>;
  readonly onProblem: (topic: string, problem: string | null) => void;
  /** Resolves once it is recorded for good: the position does not pass what nobody has been told of. */
  readonly onDeadLetter: (topic: string, refused: Refused) => Promise<void>;
  readonly onJump: (topic: string, from: number, to: number, time_ms: number) => Promise<void>;
}

/** A record that does not become a row. */
export interface Refused {
  readonly reason: string;
  readonly detail: string;
  readonly raw: string;
}

/**
 * Carries one topic into one table. The position is written in the same statement as the rows, so a crash anywhere
 * neither loses nor doubles a row; while the store is away the log waits and memory does not grow.
 */
export class StoreWriter<Row> {
  private readonly options: StoreWriterOptions;
  private readonly what: TopicWrite<Row>;
  position = 0;
  rows = 0;

  constructor(options: StoreWriterOptions, what: TopicWrite<Row>) {
    this.options = options;
    this.what = what;
  }

  get topic(): string {
    return this.what.topic;
  }

  async run(signal: StopSignal): Promise<void> {
    while (!signal.aborted) {
      const round = new AbortController();
      const stop = (): void => round.abort();
      signal.addEventListener("abort", stop);
      const watching = this.watch(round);
      // Ends early only when the store turned out to be behind us (restored from a backup): follow from where it is.
      await this.follow(round.signal).finally(() => {
        signal.removeEventListener("abort", stop);
        stop();
      });
      await watching;
    }
  }

  /** A topic may be quiet for hours: whether the store still has its rows is looked at without waiting for the next one. */
  private async watch(round: AbortController): Promise<void> {
    const { bus, clock, readOffset } = this.options;
    for (;;) {
      await clock.sleep(LOOK_EVERY_MS, round.signal);
      if (round.signal.aborted) return;
      const { position } = this;
      try {
        const { log_id } = await bus.info(this.what.topic, 0);
        const stored = await readOffset(this.what.topic, log_id);
        if ((stored ?? 0) < position) round.abort();
      } catch {
        // Who writes next meets the same error and says so.
      }
    }
  }

  private async follow(signal: StopSignal): Promise<void> {
    const { bus, reader } = this.options;
    const { topic } = this.what;
    const { log_id } = await bus.info(topic, 0);
    const stored = await this.insist(signal, () => this.options.readOffset(topic, log_id));
    if (stored === undefined) return;
    this.position = stored ?? 0;
    for await (const batch of bus.follow(topic, 0, this.position, { signal, maxRecords: ROWS_MAX })) {
      const { position } = this;
      if (batch.first > position) {
        const told = await this.insist(signal, async () => {
          await this.options.onJump(topic, position, batch.first, batch.time_ms);
          return true;
        });
        if (told === undefined) return;
      }
      const source: Source = {
        reader,
        log_id: batch.log_id,
        topic,
        partition: 0,
        from: position,
        position: batch.next,
      };
      const { rows, refused } = this.parse(batch.values);
      const outcome = await this.insist(signal, async () => {
        await this.setAside(refused);
        return this.store(source, rows);
      });
      if (outcome === undefined || outcome === "behind") return;
      this.position = batch.next;
      this.rows += rows.length;
    }
  }

  private parse(values: readonly string[]): { rows: Row[]; refused: Refused[] } {
    const { schema, wanted } = this.what;
    const rows: Row[] = [];
    const refused: Refused[] = [];
    const records = decode<unknown>(values, (raw) => refused.push({ reason: "undecodable", detail: "not JSON", raw }));
    records.forEach((record, index) => {
      if (record === null) return;
      const parsed = schema.safeParse(record);
      if (!parsed.success) {
        const issue = parsed.error.issues[0];
        const detail = `${issue?.path.join(".") ?? "record"}: ${issue?.message ?? "does not fit its schema"}`;
        refused.push({ reason: "schema", detail, raw: values[index] ?? "" });
      } else if (wanted(parsed.data)) rows.push(parsed.data);
    });
    return { rows, refused };
  }

  /** Each only once, however often the batch is tried. */
  private async setAside(refused: Refused[]): Promise<void> {
    for (let next = refused[0]; next !== undefined; next = refused[0]) {
      await this.options.onDeadLetter(this.what.topic, next);
      refused.shift();
    }
  }

  private async store(source: Source, rows: readonly Row[]): Promise<"stored" | "behind"> {
    try {
      await this.what.write(source, rows);
      return "stored";
    } catch (cause) {
      if (!(cause instanceof TapebellError)) throw cause;
      if (cause.code === "store_behind") return "behind";
      if (cause.kind !== "corrupt") throw cause;
      await this.oneByOne(rows);
      await this.what.write(source, []);
      return "stored";
    }
  }

  /** One row the database refuses must not hold up the others: it is set aside with its reason. */
  private async oneByOne(rows: readonly Row[]): Promise<void> {
    for (const row of rows) {
      try {
        await this.what.write(null, [row]);
      } catch (cause) {
        if (!(cause instanceof TapebellError) || cause.kind !== "corrupt") throw cause;
        const refused = { reason: "refused_by_store", detail: cause.message, raw: JSON.stringify(row) };
        await this.options.onDeadLetter(this.what.topic, refused);
      }
    }
  }

  /** Tries until it works or the role stops (then undefined): the store may be away for as long as it likes. */
  private async insist<T>(signal: StopSignal, attempt: () => Promise<T>): Promise<T | undefined> {
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        const result = await attempt();
        if (failures > 0) this.options.onProblem(this.what.topic, null);
        return result;
      } catch (cause) {
        if (cause instanceof TapebellError && cause.kind === "bug") throw cause;
        const { clock, settings, jitter } = this.options;
        if (failures + 1 >= settings.RETRY_MAX_ATTEMPTS)
          this.options.onProblem(this.what.topic, cause instanceof Error ? cause.message : String(cause));
        await clock.sleep(retryMs(failures + 1, settings, jitter), signal);
      }
    }
    return undefined;
  }
}
