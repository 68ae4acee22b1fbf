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
  /** False: the log was too long to be read in time, or the store is away, so there may be bars older than these. */
  readonly complete: boolean;
  /** False while the newest of these may still change by itself. */
  readonly settled: boolean;
}

export class HistoryError extends Error {
  readonly why: "busy" | "deadline";
  constructor(why: "busy" | "deadline") {
    super(why === "busy" ? "too many requests read old bars at once" : "the log is too long to be read in time");
    this.why = why;
  }
}
