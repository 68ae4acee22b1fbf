import type {
  Alert,
  Anomaly,
  Bar,
  DeadLetter,
  Gap,
  Headline,
  Metrics,
  Origin,
  PriceRecord,
  Signal,
} from "../messages/index.ts";
import type { Position } from "./bus.ts";

/**
 * Where a batch of rows comes from and how far it reaches. The position moves in the same statement that writes the
 * rows, so a batch sent twice changes nothing and a position never runs ahead of its rows.
 */
export interface Source {
  readonly reader: string;
  readonly log_id: string;
  readonly topic: string;
  readonly partition: number;
  /**
   * The position this reader believes the store is at. When the store is behind it (it was restored from a backup), the
   * batch is refused with `store_behind` and nothing is written: read `readOffsets` and follow from there. Left out
   * where the log itself jumped and the hole has been recorded.
   */
  readonly from?: Position;
  /** The next position to read once these rows are stored. */
  readonly position: Position;
}

export interface WriteResult {
  /** False when the store was already at or past the position: the rows are there, nothing was done. */
  readonly applied: boolean;
  /** Rows inserted or revised. */
  readonly written: number;
  /** Rows the store had already, or had better. */
  readonly refused: number;
}

export interface StoredOffset {
  readonly reader: string;
  readonly log_id: string;
  readonly topic: string;
  readonly partition: number;
  readonly position: Position;
}

/** A row of the source system's `anomalies`, plus the revision that lets a summary come later. */
export type AnomalyRow = Omit<Anomaly, "kind" | "origin" | "event_id">;

/** One run of a job: what ran, over which time, with what result. */
export interface JobRun {
  readonly id: string;
  readonly job: string;
  readonly started_ms: number;
  readonly finished_ms: number | null;
  readonly from_ms: number | null;
  readonly to_ms: number | null;
  readonly rows: number;
  readonly status: "running" | "succeeded" | "failed";
  readonly error: string | null;
}

/** A page of a list that is read newest first; `next` goes back in as `before`. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

export interface BarQuery {
  readonly symbol: string;
  readonly interval: string;
  /** Start of the first bar, inclusive. Given: the oldest `limit` from here on. Left out: the newest `limit`. */
  readonly from_ms?: number;
  /** Start of the last bar, exclusive. */
  readonly to_ms?: number;
  readonly limit: number;
  /** Left out: own bars and the venue's, the better one where both are there; never replayed ones. */
  readonly origin?: Origin;
}

export interface BarPage {
  /** Ascending by start. */
  readonly items: readonly Bar[];
  /** `from_ms` of the next page, when `from_ms` was given and there is more. */
  readonly next_from_ms: number | null;
}

/** What is of use only while it is new: bars shorter than a minute, and the tables of the same names. */
export type Forgettable = "short_bars" | "prices" | "metrics" | "signals" | "dead_letters";

/**
 * A row goes when its time is more than `keep_ms` before `now_ms` and before the start of the newest bar stored: a clock
 * that is wrong deletes nothing the tape itself does not call old, nor does a bar from the future. Without a bar nothing goes.
 */
export interface ForgetRule {
  readonly now_ms: number;
  readonly keep_ms: number;
}

export interface StoreHealth {
  readonly engine: "pglite" | "postgres";
  readonly ok: boolean;
  /** What is wrong and what to do, in one sentence. Also said while reading and writing go on, when a backup failed. */
  readonly problem: string | null;
  /** Statements waiting for their turn. */
  readonly waiting: number;
  readonly retries: number;
  /** Connections thrown away after a fault. */
  readonly reconnects: number;
  /** When the newest backup was finished (embedded only). */
  readonly backup_ms: number | null;
}

/**
 * What is remembered. Every write is one atomic statement that may be sent twice; rows that can be said again carry a
 * revision and the highest wins. A call never hangs: it resolves when the rows are durable or rejects with a
 * `TapebellError` after its deadline, and a rejected write may still have happened (send it again).
 * Reads are paged and never delay a writer.
 */
export interface Store {
  /** Final bars only. More trades win, then the higher revision (docs/decisions/0011-the-better-bar.md). */
  writeBars(source: Source | null, rows: readonly Bar[]): Promise<WriteResult>;
  writeAlerts(source: Source | null, rows: readonly Alert[]): Promise<WriteResult>;
  writeGaps(source: Source | null, rows: readonly Gap[]): Promise<WriteResult>;
  writePrices(source: Source | null, rows: readonly PriceRecord[]): Promise<WriteResult>;
  /** Windows the source's table has no columns for are not kept. */
  writeMetrics(source: Source | null, rows: readonly Metrics[]): Promise<WriteResult>;
  /** The time of a headline's first statement stays. */
  writeHeadlines(source: Source | null, rows: readonly Headline[]): Promise<WriteResult>;
  writeAnomalies(source: Source | null, rows: readonly Anomaly[]): Promise<WriteResult>;
  writeSignals(source: Source | null, rows: readonly Signal[]): Promise<WriteResult>;
  writeDeadLetters(source: Source | null, rows: readonly DeadLetter[]): Promise<WriteResult>;
  recordJobRun(run: JobRun): Promise<void>;
  /**
   * Deletes what is old. Each step is one statement of at most a few thousand rows, sent again like any write, and gives
   * the number of rows; whoever calls sets the pace between steps and may leave after any of them.
   */
  forget(what: Forgettable, rule: ForgetRule): AsyncIterable<number>;

  readBars(query: BarQuery): Promise<BarPage>;
  /** Newest first, highest revision only. With a symbol: its own and the market alerts that name it. */
  readAlerts(query: { symbol?: string; limit: number; before?: string }): Promise<Page<Alert>>;
  readAlert(id: string): Promise<Alert | null>;
  /** With a symbol: its own gaps and those that concern every symbol. */
  readGaps(query: { symbol?: string; status?: Gap["status"]; limit: number; before?: string }): Promise<Page<Gap>>;
  readHeadlines(query: { since_ms?: number; limit: number; before?: string }): Promise<Page<Headline>>;
  readAnomalies(query: { symbol?: string; limit: number; before?: string }): Promise<Page<AnomalyRow>>;
  readPrices(query: { symbol: string; from_ms: number; to_ms: number; limit: number }): Promise<readonly PriceRecord[]>;
  /** Newest first. */
  readMetrics(query: { symbol: string; limit: number; before?: string }): Promise<Page<Metrics>>;
  readSignals(query: { symbol?: string; limit: number; before?: string }): Promise<Page<Signal>>;
  readDeadLetters(query: { limit: number; before?: string }): Promise<Page<DeadLetter>>;
  readJobRuns(query: { job?: string; limit: number }): Promise<readonly JobRun[]>;
  readOffsets(reader: string): Promise<readonly StoredOffset[]>;

  /** Answers within two seconds, whatever is wrong. */
  health(): Promise<StoreHealth>;
  /** Waits for what is under way, up to its deadline, then lets go of everything. */
  close(): Promise<void>;
}
