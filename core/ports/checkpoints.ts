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

/** What a save was: how much was written, and how long it kept the caller's thread from other work. */
export interface Saved {
  readonly bytes: number;
  readonly busy_ms: number;
}

/** Where the shell keeps a graph's state. Keys are like `aggregate-7`; the last two of a key are kept. */
export interface Checkpoints {
  /** The state may not change until this resolves. */
  save(key: string, checkpoint: Checkpoint): Promise<Saved>;
  /** Newest first; unreadable ones are left out and reported through `problems`. */
  load(key: string): Promise<{ readonly found: readonly Checkpoint[]; readonly problems: readonly string[] }>;
  close(): Promise<void>;
}
