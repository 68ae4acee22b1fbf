import type { TopicName } from "../topics.ts";

/** What a graph makes: a record for a topic. */
export type EmitTo = (topic: TopicName, record: object) => void;

/**
 * Stages joined by plain function calls, over one partition of one topic. The shell that runs it knows only this: plain
 * state, one step per record, and a version that tells when saved state can no longer be used.
 */
export interface Graph<State, Record, Settings> {
  readonly version: string;
  init(settings: Settings): State;
  step(state: State, record: Record, emit: EmitTo): void;
}
