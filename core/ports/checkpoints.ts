export interface Checkpoint {
  readonly log_id: string;
  /** The next position to read. */
  readonly position: number;
  readonly code_version: string;
  readonly settings_hash: string;
  readonly saved_ms: number;
  /** Plain data. */
  readonly state: unknown;
}

/** Where the shell keeps a graph's state. Keys are like `aggregate-7`; the last two of a key are kept. */
export interface Checkpoints {
  save(key: string, checkpoint: Checkpoint): Promise<void>;
  /** Newest first; unreadable ones are left out and reported through `problems`. */
  load(key: string): Promise<{ readonly found: readonly Checkpoint[]; readonly problems: readonly string[] }>;
  close(): Promise<void>;
}
