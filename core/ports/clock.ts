/** Wall time and waiting, handed in so that tests and the simulator can own both. */
export interface Clock {
  now(): number;
  /** Rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignalLike): Promise<void>;
}

/** The part of AbortSignal that core may know without DOM or Node types. */
export interface AbortSignalLike {
  readonly aborted: boolean;
}
