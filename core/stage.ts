/**
 * One step per record, in the log's order. State is plain data (it goes into checkpoints as JSON); time is the records'
 * own; same input, same output, byte for byte, however the input is cut into batches.
 */
export interface Stage<State, In, Out, Settings> {
  /** Counts up when the same input would give other output or other state. */
  readonly version: number;
  init(settings: Settings): State;
  step(state: State, record: In, emit: (out: Out) => void): void;
}
